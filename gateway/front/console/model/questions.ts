/**
 * What a tenant is asked and has answered so far, before it is sent, and how an answer is read later. The gateway
 * judges; this only keeps from sending what is no answer yet. Pure. Read next: parts/question-fields.tsx.
 */
import type { Words } from '../words/words.ts'
import type { Answered, Question } from './wire-upkeep.ts'

/** By the id of the question; empty: not answered. */
export type Given = Readonly<Record<string, string>>

export const dueOf = (questions: readonly Question[], when: Question['when']): Question[] =>
  questions.filter((each) => each.due && each.when === when)

/** As the gateway takes them. A comma is a point to those who write so. */
export function answersOf(questions: readonly Question[], given: Given): Given {
  const texts = questions.map(({ id, answer }) => {
    const text = (given[id] ?? '').trim()
    return [id, answer === 'number' ? text.replace(',', '.') : text] as const
  })
  return Object.fromEntries(texts.filter(([, text]) => text !== ''))
}

export function isComplete(questions: readonly Question[], given: Given): boolean {
  const answers = answersOf(questions, given)
  return questions.every(({ id, answer, required }) => {
    const text = answers[id]
    return text === undefined ? !required : answer !== 'number' || /^-?[0-9]{1,9}([.][0-9]{1,6})?$/.test(text)
  })
}

/** An answer in the language of the page. A question that is asked no more has no choices: then the id is shown. */
export function sayAnswer(
  { question, answer, unit }: Answered,
  asked: readonly Question[],
  { t, name }: Words,
): string {
  const known = asked.find(({ id }) => id === question)
  const choice = known?.choices?.find(({ id }) => id === answer)
  if (choice !== undefined) return name(choice.text, answer)
  if ((answer === 'yes' || answer === 'no') && known?.answer !== 'text') return t(`question.${answer}`)
  return unit === undefined ? answer : `${answer} ${unit}`
}
