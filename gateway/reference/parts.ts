/**
 * The parts that the data of entries and the payloads are made of, as schemas: what a test holds against what the
 * gateway emits, and what the reference shows. They are closed: a member that is not here is a fault of one of the two.
 * Read next: entries.ts, payloads.ts.
 */
import Type, { type TObject, type TProperties, type TSchema } from 'typebox'
import { decisions, problems } from '../core/ground/problems.ts'
import { accounts, itemStates, plcStateWords, type Words } from './words.ts'

export type EntryRow = {
  readonly what: string
  /** What it is about: the gateway as a whole, a machine, or a machine and, where there is one, its session. */
  readonly about: 'gateway' | 'machine' | 'session'
  readonly data: TObject
}

export const of = (about: EntryRow['about'], what: string, data: TProperties): EntryRow => ({
  what,
  about,
  data: members(data),
})

/** An object with these members and no others. */
export const members = <T extends TProperties>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })

/** An object that the reference shows once, under its name. */
const named = <T extends TProperties>(title: PartName, description: string, properties: T) =>
  Type.Object(properties, { additionalProperties: false, title, description })

export type PartName = 'point' | 'use' | 'share' | 'limits' | 'person'

export const text = (description: string) => Type.String({ description })
export const flag = (description: string) => Type.Boolean({ description })
export const whole = (description: string) => Type.Integer({ description })
/** Decimal text. */
export const count = (description: string) => Type.String({ pattern: '^-?\\d+$', description, title: 'count' })
export const instant = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$', description, title: 'instant' })
export const list = <T extends TSchema>(item: T, description: string) => Type.Array(item, { description })
export const only = <T extends boolean | number | string>(value: T, description: string) =>
  Type.Literal(value, { description })
export const either = (one: TSchema, other: TSchema, description: string) => Type.Union([one, other], { description })
export const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema)

/** One of the words of a table; `table` is the name under which the reference lists what they mean. */
export const word = (table: string, words: Words | readonly string[], description: string) =>
  Type.Enum(Array.isArray(words) ? [...words] : Object.keys(words), { description, title: table })

export const meter = text('`machine/alias.name`.')
export const unit = text('The smallest unit of the meter.')
export const token = count('Fencing token.')
export const tag = whole('Session tag, u32.')
export const reason = text('Why, in words.')
export const name = text('Name of the person.')
export const failSafe = only(false, 'Losing the gateway does not lock the machine.')
export const account = word('account', accounts, 'Where the units went.')

export const point = named('point', 'A meter at one moment.', {
  meter,
  unit,
  epoch: whole('Epoch of the counter.'),
  total: count('Units since the first reading ever.'),
  raw: maybe(count('The counter as the device holds it; registers only.')),
  at: whole('UTC ms of the reading.'),
})
export const points = (description: string) => list(point, description)

export const use = named('use', 'What was used of one meter.', { meter, unit, quantity: count('Units.') })
export const uses = (description: string) => list(use, description)

export const share = named('share', 'A part of the use.', {
  owner: text('Whose it is.'),
  percent: text('Decimal text, at most two decimals; all shares add up to 100.'),
})
export const shares = list(share, 'Whose the use is.')

export const limits = named('limits', 'The most that a session may use.', {
  minutes: maybe(Type.Number({ description: 'Minutes.' })),
  energyWh: maybe(Type.Number({ description: 'Wh.' })),
  pieces: maybe(Type.Number({ description: 'Pieces.' })),
})

const code = word('refusal', Object.keys(problems), 'A refusal.')
export const refusal = {
  code,
  decision: Type.Enum([...decisions], { description: 'Its decision.', title: 'decision' }),
}

export const by = named('person', 'A person of the site, or the tenant who inspects.', {
  role: text('Their role.'),
  key: maybe(text('Id of their key.')),
  name: maybe(name),
  tenant: maybe(text('Pseudonym of the tenant.')),
})

export const booking = text('Booking.')
export const tenant = text('Pseudonym of the tenant.')
export const inWords = text('In words, by the person.')
export const itemState = word('itemState', itemStates, 'What it does.')
export const plcState = word('plcState', [...Object.keys(plcStateWords), 'unknown', 'unreachable'], 'What it shows.')
export const unrecorded = maybe(whole('So many more for which the quota of entries had no room.'))

/** What the reference lists by itself, because several kinds have it. */
export const parts = [point, use, share, limits, by]
