/**
 * The schema of the questions of a machine: what its tenant is asked before and after a use.
 * Read next: config/check/questions.ts (what no schema can say), gateway/core/session/answers.ts.
 */
import Type from 'typebox'
import { closed, ID, LANGUAGE, literals } from './field.ts'

const text = (description: string) =>
  Type.Record(Type.String({ pattern: LANGUAGE }), Type.String({ minLength: 1, maxLength: 200 }), {
    minProperties: 1,
    description: `${description}, by language tag (BCP 47): \`en\`, \`zh\`.`,
  })

const choices = Type.Optional(
  Type.Record(
    Type.String({ pattern: ID }),
    Type.Object(
      {
        text: text('What people choose'),
        outside: Type.Optional(Type.Boolean({ default: false, description: 'Whether it is no good answer.' })),
      },
      closed,
    ),
    { minProperties: 2, maxProperties: 16, description: 'Of a `choice`: what there is to choose.' },
  ),
)

export const questions = Type.Optional(
  Type.Record(
    Type.String({ pattern: ID }),
    Type.Object(
      {
        when: literals(['before', 'after'] as const, 'Asked with the unlock, or once the use is over.'),
        text: text('The question'),
        answer: literals(['yes-no', 'number', 'choice', 'text'] as const, 'What the answer is.'),
        must: Type.Optional(literals(['yes', 'no'] as const, 'Of a `yes-no`: the only good answer.')),
        min: Type.Optional(Type.Number({ description: 'Of a `number`: the least that is good.' })),
        max: Type.Optional(Type.Number({ description: 'Of a `number`: the most that is good.' })),
        unit: Type.Optional(Type.String({ minLength: 1, maxLength: 16, description: 'Of a `number`, for people.' })),
        choices,
        required: Type.Optional(
          Type.Boolean({
            default: true,
            description: 'Without its answer there is no unlock; after a use it stays due.',
          }),
        ),
        asked: Type.Optional(
          literals(
            ['always', 'after-problem'] as const,
            'Asked of everyone, or only while a report of the machine is open.',
            'always',
          ),
        ),
        outside: Type.Optional(
          literals(
            ['refuse', 'note', 'wrench', 'stop'] as const,
            'What an answer does that is not good: it refuses the unlock, or makes a report of this severity.',
            'wrench',
          ),
        ),
      },
      closed,
    ),
    { maxProperties: 24, description: 'What the tenant is asked before and after a use. Answers go into the ledger.' },
  ),
)
