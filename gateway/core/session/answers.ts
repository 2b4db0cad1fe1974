/**
 * Questions before and after a use, and what their answers are worth. An answer is a text: `yes` or `no`, a decimal
 * number, the id of a choice, or words. Pure. Read next: people/answers.ts (what a machine does with them).
 */
import type { QuestionConfig } from '../ground/config.ts'
import type { JsonObject } from '../ground/entry.ts'

/** By the id of the question. */
export type Answers = Readonly<Record<string, string>>

/** `by`: the person; a tenant by the pseudonym. */
export type Given = { readonly by: JsonObject; readonly answers: Answers }

/** So many digits are told apart exactly by a number of the runtime. */
const NUMBER = /^-?[0-9]{1,9}([.][0-9]{1,6})?$/

/** Most characters of an answer in words. */
export const LONGEST_ANSWER = 500

type Questions = readonly QuestionConfig[]

/** What is asked now: `hasProblem` when a report of the machine is open. */
export const askedNow = (questions: Questions, when: QuestionConfig['when'], hasProblem: boolean): QuestionConfig[] =>
  questions.filter((each) => each.when === when && (each.asked === 'always' || hasProblem))

/** Whether it is an answer to this question at all. */
export function isAnswer({ answer }: Pick<QuestionConfig, 'answer'>, given: string): boolean {
  switch (answer.kind) {
    case 'yes-no':
      return given === 'yes' || given === 'no'
    case 'number':
      return NUMBER.test(given)
    case 'choice':
      return answer.choices.some(({ id }) => id === given)
    case 'text':
      return given.trim() !== '' && given.length <= LONGEST_ANSWER
  }
}

/** Whether an answer is outside its limits. */
export function isOutside({ answer }: Pick<QuestionConfig, 'answer'>, given: string): boolean {
  switch (answer.kind) {
    case 'yes-no':
      return answer.must !== undefined && given !== answer.must
    case 'number':
      return Number(given) < (answer.min ?? -Infinity) || Number(given) > (answer.max ?? Infinity)
    case 'choice':
      return answer.choices.some(({ id, outside }) => id === given && outside)
    case 'text':
      return false
  }
}

/** Ids of what was answered that is not asked, or is no answer to it. */
export const strayAnswers = (asked: Questions, answers: Answers): string[] =>
  Object.entries(answers).flatMap(([id, given]) => {
    const question = asked.find((each) => each.id === id)
    return question !== undefined && isAnswer(question, given) ? [] : id
  })

/** Ids of what has to be answered and was not. */
export const missingAnswers = (asked: Questions, answers: Answers): string[] =>
  asked.flatMap(({ id, required }) => (required && answers[id] === undefined ? id : []))

/** With the question as it was asked: a later site file may word it otherwise. */
export const answersJson = (asked: Questions, answers: Answers): JsonObject[] =>
  asked.flatMap((question) => {
    const given = answers[question.id]
    if (given === undefined) return []
    const { id, text, answer } = question
    const unit = answer.kind === 'number' && answer.unit !== undefined ? { unit: answer.unit } : {}
    return { question: id, text: { ...text }, answer: given, ...unit, outside: isOutside(question, given) }
  })
