/**
 * Pieces of schema that several nouns share. Objects that come from outside are closed; ids of this gateway are short.
 */
import Type from 'typebox'
import type { Limits } from '../../../core/ground/config.ts'
import { NOT_IN_A_LINE } from '../../../core/ground/text.ts'

/** Ids of this gateway: machines, owners. */
export const id = (description: string) =>
  Type.String({
    pattern: '^[a-z0-9-]{1,32}$',
    description: `${description} 1 to 32 of a-z, 0-9 and "-".`,
    examples: ['booth-1'],
  })

/**
 * Ids the platform gives: bookings, tenants. UUIDs, addresses of mail and what identity services make fit; neither a
 * space, nor what quotes in some language, nor parentheses, which names of our own begin with.
 */
export const FOREIGN_ID = '[A-Za-z0-9_][A-Za-z0-9._:@|+/=,;~!#$%&*?^{}-]{0,63}'
export const foreignId = (description: string) =>
  Type.String({
    pattern: `^${FOREIGN_ID}$`,
    description: `${description} 1 to 64 of A-Z, a-z, 0-9 and _.:@|+/=,;~!#$%&*?^{}-, the first a letter, a digit or "_".`,
    examples: ['a@b.example'],
  })

export const machineParams = Type.Object({ id: id('Machine.') })

export const sessionId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'Session, a UUIDv7 in lower case.',
  examples: ['019a0b1c-2d3e-7f40-8a51-627384950a1b'],
})

export const version = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Grows with each change.',
})

export const limits = Type.Object(
  {
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 44_640, description: 'Minutes of use at most.' })),
    energyWh: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000_000, description: 'Energy at most.' })),
    pieces: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Pieces at most.' })),
  },
  { additionalProperties: false, description: 'What the booking allows.' },
)

/** Always in one order, because two bookings are compared as text. */
export function toLimits({ minutes, energyWh, pieces }: Limits = {}): Limits {
  return {
    ...(minutes === undefined ? {} : { minutes }),
    ...(energyWh === undefined ? {} : { energyWh }),
    ...(pieces === undefined ? {} : { pieces }),
  }
}

export const qualifications = Type.Array(id('Qualification.'), {
  maxItems: 32,
  description: 'What the platform vouches for: qualifications of the tenant.',
})

/** Sorted, because two bookings are compared as text. */
export const toQualifications = (given: readonly string[] | undefined) =>
  given === undefined ? {} : { qualifications: [...new Set(given)].sort() }

/** What a person says for the ledger: one line. */
const ledgerLine = (most: number, description: string) =>
  Type.String({
    pattern: `^[^${NOT_IN_A_LINE}]{3,${most}}$`,
    description: `${description} 3 to ${most} characters in one line.`,
    examples: ['Nozzle changed'],
  })
export const reason = ledgerLine(200, 'Why; goes into the ledger.')
export const ledgerText = (description: string) => ledgerLine(500, `${description} Goes into the ledger.`)

/** What people call a signal or a meter. */
export const titled = {
  title: Type.Optional(Type.String()),
  titles: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'The title in other languages, by language tag.' }),
  ),
}

export const languageField = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$',
      description: `Language tag of BCP 47: ${description}`,
      examples: ['zh-Hans'],
    }),
  )

/** A closed set of words. */
export const words = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description })

const DEFAULT_PAGE = 100

/** Query values are text: the schema demands digits, and `toPageSize` makes them a number. */
export const pageSize = (most: number) =>
  Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,3}$',
      description: `How many at most: 1 to ${most}, default ${DEFAULT_PAGE}.`,
      examples: [String(DEFAULT_PAGE)],
    }),
  )

export function toPageSize(text: string | undefined, most: number): number {
  return text === undefined ? DEFAULT_PAGE : Math.min(Number(text), most)
}

export const sequence = (description: string) =>
  Type.String({
    pattern: '^(0|[1-9][0-9]{0,14})$',
    description: `${description} A whole number of up to 15 digits.`,
    examples: ['42'],
  })
