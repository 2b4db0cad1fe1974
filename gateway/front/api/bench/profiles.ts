/**
 * A profile out of signals that somebody found behind a display: its text, which is saved with the machine that uses
 * it. It writes nothing and asks no device.
 * Read next: config/stub.ts (what is made of it), configuration/configuration.ts (who judges and keeps it).
 */
import Type, { type Static } from 'typebox'
import { profileStub, type StubSignal } from '../../../../config/stub.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { App } from '../api.ts'
import { sendProblem } from '../http/problem.ts'
import { words } from '../http/schema.ts'

const MOST_SIGNALS = 64
const line = (description: string, example: string, maxLength = 100) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{C}]+$', description, examples: [example] })

const signalSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][A-Za-z0-9]{0,31}$',
      description: 'Name of the signal.',
      examples: ['energy'],
    }),
    title: Type.Optional(line('Its title, for people.', 'Energy')),
    unit: Type.Optional(line('Unit of its values.', 'kWh', 12)),
    table: words(['holding', 'input'] as const, 'Function 3 or 4.'),
    address: Type.Integer({ minimum: 0, maximum: 65_535, description: 'First register, on the wire from 0.' }),
    type: words(
      ['u16', 's16', 'u32', 's32', 'u64', 's64', 'f32', 'f64', 'bcd16', 'bcd32', 'bcd64'] as const,
      'How it is read.',
    ),
    order: words(['ABCD', 'CDAB', 'BADC', 'DCBA'] as const, 'Bytes over the registers.'),
    scale: Type.Number({ exclusiveMinimum: 0, description: 'What a count is worth in the unit.' }),
    offset: Type.Number({ description: 'Added to it.' }),
    counts: Type.Boolean({ description: 'It only rises, and is metered.' }),
    step: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'The last digit of the display.' })),
  },
  { additionalProperties: false },
)

const makeProfile = {
  config: { action: 'configuration.write', problems: [] },
  schema: {
    operationId: 'makeProfile',
    summary: 'A profile out of signals that somebody found',
    description: 'Nothing is kept: send the text as one of `profiles` together with a device that uses it.',
    tags: ['configuration'],
    body: Type.Object(
      {
        profile: Type.String({
          pattern: '^[a-z0-9-]{1,32}$',
          description: 'Name of the profile: 1 to 32 of a-z, 0-9 and "-".',
          examples: ['press-meter'],
        }),
        maker: line('Who makes the device.', 'ABB'),
        model: line('Model of the device.', 'B23'),
        signals: Type.Array(signalSchema, { minItems: 1, maxItems: MOST_SIGNALS, description: 'What was found.' }),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object({ text: Type.String({ description: 'Text of the file.' }) }, { title: 'MadeProfile' }),
    },
  },
} as const

export function profileRoutes(app: App): void {
  app.post('/bench/profiles', makeProfile, async (request, reply) => {
    const { signals, ...about } = request.body
    const text = profileStub(signals.map(toStub), {
      ...about,
      ...{ document: 'read off the display of the device', page: 'found by its values', protocol: 'modbus' },
    })
    return typeof text === 'string' ? { text } : sendProblem(request, reply, refuse('bad-request', text.why))
  })
}

function toStub(found: Static<typeof signalSchema>): StubSignal {
  const { name, title, unit, table, address, type, order, scale, offset, counts, step } = found
  return {
    ...{ name, scale, offset, isMeter: counts },
    address: { table, address, type, ...(order === 'ABCD' ? {} : { order }) },
    ...(title === undefined ? {} : { title }),
    ...(unit === undefined ? {} : { unit }),
    ...(step === undefined ? {} : { step }),
  }
}
