/**
 * What no schema can say about questions: each has the limits of its kind and no others, and what a bad answer does can
 * be done then. Pure. Read next: gateway/core/session/answers.ts.
 */
import type { ConfigDocument } from '../document/document.ts'
import type { SiteDraft } from '../document/draft.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import { checkNames } from './names.ts'

type Question = NonNullable<SiteFile['machines'][string]['questions']>[string]

/** A site with other faults is not judged. */
export function checkQuestions(document: ConfigDocument, draft: SiteDraft): void {
  if (document.faults.length > 0) return
  for (const [machine, { questions = {} }] of Object.entries((draft as SiteFile).machines)) {
    checkRoom(document, machine, questions)
    for (const [name, question] of Object.entries(questions)) {
      const path = ['machines', machine, 'questions', name]
      checkNames(document, [...path, 'text'], question.text)
      for (const [choice, { text }] of Object.entries(question.choices ?? {}))
        checkNames(document, [...path, 'choices', choice, 'text'], text)
      const found = faultOf(question)
      if (found === undefined) continue
      const [member, what, advice] = found
      document.fault([...path, member], 'question-unclear', what, advice)
    }
  }
}

/** UTF-8 bytes of the texts of questions that are asked together: the entry of their answers repeats them. */
const MOST_TEXT_BYTES = 40_000

function checkRoom(document: ConfigDocument, machine: string, questions: Readonly<Record<string, Question>>): void {
  for (const when of ['before', 'after'] as const) {
    const texts = Object.values(questions).flatMap((question) => (question.when === when ? [question.text] : []))
    if (Buffer.byteLength(JSON.stringify(texts)) > MOST_TEXT_BYTES)
      document.fault(
        ['machines', machine, 'questions'],
        'question-unclear',
        `the texts that are asked ${when} a use have more than ${MOST_TEXT_BYTES} bytes`,
        'shorten them, or ask less',
      )
  }
}

const limitsOf = { 'yes-no': ['must'], number: ['min', 'max', 'unit'], choice: ['choices'], text: [] } as const
const limits = Object.values(limitsOf).flat()

function faultOf(question: Question): [member: string, what: string, advice: string] | undefined {
  const { answer, when, min, max, choices, outside } = question
  const own: readonly string[] = limitsOf[answer]
  const other = limits.find((member) => question[member] !== undefined && !own.includes(member))
  if (other !== undefined) return [other, `an answer of kind ${answer} has no ${other}`, 'remove it']
  if (answer === 'choice' && choices === undefined) return ['answer', 'there is nothing to choose', 'write choices']
  if (min !== undefined && max !== undefined && min > max) return ['max', 'it is below min', 'exchange them']
  if (choices !== undefined && Object.values(choices).every((choice) => choice.outside))
    return ['choices', 'no answer is good', 'leave `outside` away for one']
  if (when === 'after' && outside === 'refuse')
    return ['outside', 'a use that is over can be refused no more', 'write note, wrench or stop']
  if (when === 'before' && outside === 'stop')
    return ['outside', 'the machine would be stopped by the one who is let in', 'write refuse, note or wrench']
  return undefined
}
