/**
 * Answers to the questions of a machine. Those before a use come with the unlock and are recorded with its intent; a
 * bad one refuses the unlock, or makes a report. Those after a use are taken once, until the next use begins: they say
 * in what state a tenant left the machine. They keep nobody from ending. Read next: session/answers.ts, reports.ts.
 */
import type { QuestionConfig } from '../ground/config.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import { cutText } from '../ground/text.ts'
import type { MachineEvent } from '../machine/event.ts'
import type { MachineState } from '../machine/state.ts'
import { commit, putRow, record, reply, type Turn } from '../machine/turn.ts'
import {
  type Answers,
  answersJson,
  askedNow,
  type Given,
  isOutside,
  missingAnswers,
  strayAnswers,
} from '../session/answers.ts'
import { isOpen } from '../session/session.ts'
import { openReport } from './reports.ts'

/** Most characters of what a report says. */
const LONGEST_TEXT = 500

type Asking = Pick<MachineState, 'config' | 'row'>
/** `tenant`: pseudonym. */
type Answered = Given & { readonly session: string; readonly tenant: string }

const askedAt = ({ config, row }: Asking, when: QuestionConfig['when']) =>
  askedNow(config.questions ?? [], when, (row.reports ?? []).length > 0)

/** Why the answers that came with an unlock do not let in. */
export function refuseAnswers(m: Asking, answers: Answers = {}): Refusal | undefined {
  const asked = askedAt(m, 'before')
  const bad = asked.find((each) => each.outside === 'refuse' && isBad(each, answers))
  if (bad !== undefined) return refuse('answer-refused', `the answer to ${bad.id} lets nobody in`, { question: bad.id })
  return refuseIncomplete(asked, answers)
}

function refuseIncomplete(asked: readonly QuestionConfig[], answers: Answers): Refusal | undefined {
  const questions = [...new Set([...strayAnswers(asked, answers), ...missingAnswers(asked, answers)])].sort()
  return questions.length === 0 ? undefined : refuse('answers-due', undefined, { questions: questions.join(' ') })
}

/** With the intent: they are durable before a byte is written. */
export function recordBefore(turn: Turn, answered: Answered): void {
  take(turn, 'before', askedAt(turn.m, 'before'), answered)
}

export function onAnswers(turn: Turn, event: Extract<MachineEvent, { kind: 'answers' }>): void {
  const { m } = turn
  const { command, answered } = event
  const { session, answers } = answered
  const refuseWith = (refusal: Refusal) => reply(turn, command, { kind: 'refused', refusal })
  const last = m.session !== undefined && isOpen(m.session) ? m.session.id : m.row.lastUse?.session
  if (session !== last) return refuseWith(refuse('session-ended', 'another use has begun since'))
  const before = m.row.answered
  if (before?.session === session)
    return isSame(before.answers, answers)
      ? reply(turn, command, { kind: 'done' })
      : refuseWith(refuse('already-answered'))
  const asked = askedAt(m, 'after')
  const incomplete = refuseIncomplete(asked, answers)
  if (incomplete) return refuseWith(incomplete)
  putRow(turn, { ...m.row, answered: { session, answers } })
  take(turn, 'after', asked, answered)
  commit(turn, command, { kind: 'done' })
}

function take(turn: Turn, when: QuestionConfig['when'], asked: readonly QuestionConfig[], answered: Answered): void {
  const { session, tenant, by, answers } = answered
  const given = answersJson(asked, answers)
  if (given.length === 0) return
  record(turn, 'AnswersGiven', { when, tenant, by, answers: given }, session)
  for (const question of asked) if (isBad(question, answers)) report(turn, question, answered)
}

/** One at a time for a question: while it is open, another bad answer adds nothing to it. */
function report(turn: Turn, { id, text, answer, outside }: QuestionConfig, { session, by, answers }: Answered): void {
  const begin = `answer.${id}.`
  if (outside === 'refuse' || turn.m.row.reports?.some((each) => each.id.startsWith(begin))) return
  const unit = answer.kind === 'number' && answer.unit !== undefined ? ` ${answer.unit}` : ''
  // Whoever sees to it may read one of its languages alone.
  const said = cutText(`${Object.values(text).join(' / ')} ${answers[id]}${unit}`, LONGEST_TEXT)
  openReport(
    turn,
    { id: `${begin}${session}`, severity: outside, text: said, photos: [], cause: 'answer', by },
    session,
  )
}

const isBad = (question: QuestionConfig, answers: Answers) => {
  const given = answers[question.id]
  return given !== undefined && isOutside(question, given)
}

const isSame = (one: Answers, other: Answers) =>
  Object.keys(one).length === Object.keys(other).length && Object.entries(one).every(([id, text]) => other[id] === text)
