/**
 * Questions at the machine. Those before a use are sent with the unlock; those after it when the tenant is done, and
 * nobody waits for them: a use ends without. Read next: model/questions.ts.
 */
import { useState } from 'preact/hooks'
import { answersOf, dueOf, type Given, isComplete } from '../../model/questions.ts'
import type { Problem, Session } from '../../model/wire.ts'
import type { Question } from '../../model/wire-upkeep.ts'
import { Refused } from '../../parts/parts.tsx'
import { QuestionFields } from '../../parts/question-fields.tsx'
import { ask } from '../../shell/api.ts'
import { useAnswer, useConnected, useWords } from '../../shell/context.ts'

const EVERY_MS = 15_000

type Asked = { readonly questions: readonly Question[]; readonly answered?: string }

/** The questions before a use, and the answers so far. */
export function useQuestions(machine: string) {
  const { body, again } = useAnswer<Asked>(`/v1/machines/${machine}/questions`, EVERY_MS)
  const [given, give] = useState<Given>({})
  const questions = dueOf(body?.questions ?? [], 'before')
  const answers = answersOf(questions, given)
  return {
    ...{ questions, given, give, again },
    complete: isComplete(questions, given),
    body: Object.keys(answers).length === 0 ? {} : { answers },
  }
}

export function AskedBefore({ asked }: { readonly asked: ReturnType<typeof useQuestions> }) {
  const { t } = useWords()
  if (asked.questions.length === 0) return null
  return (
    <div class="report questions">
      <h3>{t('question.before')}</h3>
      <QuestionFields questions={asked.questions} given={asked.given} give={asked.give} />
      <p class="small">{t('question.note')}</p>
    </div>
  )
}

export function AskedAfter({ session }: { readonly session: Session }) {
  const { t } = useWords()
  const connected = useConnected()
  const { body, again } = useAnswer<Asked>(`/v1/machines/${session.machine}/questions`, EVERY_MS)
  const [given, give] = useState<Given>({})
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const questions = dueOf(body?.questions ?? [], 'after')
  if (body === undefined || questions.length === 0) return null
  if (body.answered === session.id)
    return (
      <p class="note" role="status">
        {t('question.thanks')}
      </p>
    )

  async function send(event: Event): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setRefused(undefined)
    const answers = answersOf(questions, given)
    const answer = await ask('POST', `/v1/sessions/${session.id}/answers`, { body: { answers } })
    setBusy(false)
    if (!answer.ok) setRefused({ problem: answer.problem })
    again()
  }

  const isReady = isComplete(questions, given) && Object.keys(answersOf(questions, given)).length > 0
  return (
    <form class="report questions" onSubmit={send}>
      <h3>{t('question.after')}</h3>
      <QuestionFields questions={questions} given={given} give={give} />
      <p class="small">{t('question.note')}</p>
      <button type="submit" class="primary" disabled={!connected || busy || !isReady}>
        {t('report.do')}
      </button>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </form>
  )
}
