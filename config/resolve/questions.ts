/** Questions of a site file without faults, as the core asks them. Pure. Read next: machine.ts. */
import type { QuestionConfig } from '../../gateway/core/ground/config.ts'
import { canonicalTag, type Names } from '../../gateway/core/ground/language.ts'
import type { SiteFile } from '../schema/site-schema.ts'

type Questions = NonNullable<SiteFile['machines'][string]['questions']>
type Question = Questions[string]

/** By canonical tag. */
export const namesOf = (names: Names): Names =>
  Object.fromEntries(Object.entries(names).map(([tag, name]) => [canonicalTag(tag)!, name]))

export const questionsOf = (questions: Questions): QuestionConfig[] =>
  Object.entries(questions).map(([id, question]) => ({
    id,
    when: question.when,
    text: namesOf(question.text),
    answer: answerOf(question),
    required: question.required!,
    asked: question.asked!,
    outside: question.outside!,
  }))

function answerOf({ answer: kind, must, min, max, unit, choices = {} }: Question): QuestionConfig['answer'] {
  switch (kind) {
    case 'yes-no':
      return { kind, ...(must && { must }) }
    case 'number':
      return { kind, ...(min !== undefined && { min }), ...(max !== undefined && { max }), ...(unit && { unit }) }
    case 'choice':
      return {
        kind,
        choices: Object.entries(choices).map(([id, { text, outside }]) => ({
          id,
          text: namesOf(text),
          outside: outside!,
        })),
      }
    case 'text':
      return { kind }
  }
}
