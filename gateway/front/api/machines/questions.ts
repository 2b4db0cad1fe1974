/**
 * What the tenant of a machine is asked before and after a use, and what of it is due now. Answers come with the
 * unlock, and with sessions/answers.ts. Read next: core/session/answers.ts.
 */
import Type, { type Static } from 'typebox'
import type { QuestionConfig } from '../../../core/ground/config.ts'
import { askedNow } from '../../../core/session/answers.ts'
import type { Api, App } from '../api.ts'
import { machineFor } from '../guard.ts'
import { machineParams, words } from '../http/schema.ts'

const names = (description: string) => Type.Record(Type.String(), Type.String(), { description })

const questionSchema = Type.Object(
  {
    id: Type.String(),
    when: words(['before', 'after'] as const, 'With the unlock, or once the use is over.'),
    text: names('The question, by language tag.'),
    answer: words(['yes-no', 'number', 'choice', 'text'] as const, 'What the answer is.'),
    must: Type.Optional(words(['yes', 'no'] as const, 'The only good answer.')),
    min: Type.Optional(Type.Number({ description: 'The least that is good.' })),
    max: Type.Optional(Type.Number({ description: 'The most that is good.' })),
    unit: Type.Optional(Type.String()),
    choices: Type.Optional(
      Type.Array(Type.Object({ id: Type.String(), text: names('What people choose.'), outside: Type.Boolean() })),
    ),
    required: Type.Boolean({ description: 'Without its answer there is no unlock.' }),
    outside: words(['refuse', 'note', 'wrench', 'stop'] as const, 'What an answer does that is not good.'),
    due: Type.Boolean({ description: 'It is asked now: of everyone, or because a report of the machine is open.' }),
  },
  { title: 'Question' },
)

const listQuestions = {
  config: { action: 'question.read', problems: ['not-found'] },
  schema: {
    operationId: 'listQuestions',
    summary: 'What is asked before and after a use',
    tags: ['machines'],
    params: machineParams,
    response: {
      200: Type.Object(
        {
          questions: Type.Array(questionSchema),
          answered: Type.Optional(Type.String({ description: 'The session after which they were answered last.' })),
        },
        { description: 'As configured.' },
      ),
    },
  },
} as const

export function questionRoutes(app: App, api: Api): void {
  app.get('/machines/:id/questions', listQuestions, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { questions = [] } = machine
    const row = api.reader.machines().find((each) => each.machine === machine.id)
    const hasProblem = (row?.reports ?? []).length > 0
    const due = new Set([...askedNow(questions, 'before', hasProblem), ...askedNow(questions, 'after', hasProblem)])
    return {
      questions: questions.map((question) => toQuestion(question, due.has(question))),
      ...(row?.answered === undefined ? {} : { answered: row.answered.session }),
    }
  })
}

function toQuestion({ answer, ...question }: QuestionConfig, due: boolean): Static<typeof questionSchema> {
  const { id, when, text, required, outside } = question
  const { kind, ...limits } = answer
  return { id, when, text: { ...text }, answer: kind, ...mutable(limits), required, outside, due }
}

type Limits = Pick<Static<typeof questionSchema>, 'must' | 'min' | 'max' | 'unit' | 'choices'>
const mutable = (limits: object): Limits => structuredClone(limits) as Limits
