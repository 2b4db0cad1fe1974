/**
 * Usage added up, and the way from a total down to what it is made of. Quantities are decimal text of the smallest
 * unit and are added as whole numbers: nothing is rounded. Pure.
 */
import { dayOf } from '../../../core/ground/day.ts'
import type { UsageLine } from './wire.ts'

export const sums = ['machine', 'tenant', 'owner', 'day', 'month'] as const
export type By = (typeof sums)[number]

export type Total = {
  readonly key: string
  /** What is added: a machine, a tenant, an owner, a day, a month. */
  readonly of: string
  readonly unit: string
  /** The one meter, when it is one. */
  readonly meter?: string
  readonly quantity: string
  readonly lines: readonly UsageLine[]
}

/**
 * By machine each meter has its own total; otherwise what has the same unit is one. A use is of the day on which it
 * began, in the zone of the site.
 */
export function totalsOf(lines: readonly UsageLine[], by: By, zone: string): readonly Total[] {
  const groups = Map.groupBy(lines, (line) => `${nameOf(line, by, zone)} ${by === 'machine' ? line.meter : line.unit}`)
  return [...groups]
    .map(([key, group]) => {
      const first = group[0]!
      const meters = new Set(group.map(({ meter }) => meter))
      return {
        ...{ key, of: nameOf(first, by, zone), unit: first.unit, lines: group },
        ...(meters.size === 1 ? { meter: first.meter } : {}),
        quantity: String(group.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)),
      }
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

function nameOf({ machine, tenant, tenantRef, owner, startedAt }: UsageLine, by: By, zone: string): string {
  switch (by) {
    case 'machine':
      return machine
    case 'owner':
      return owner
    case 'tenant':
      return tenant ?? tenantRef
    default: {
      const day = startedAt === undefined ? '' : dayOf(Date.parse(startedAt), zone)
      return by === 'day' ? day : day.slice(0, 7)
    }
  }
}

/**
 * Whether the two readings a quantity is said to come from are so far apart. Undefined: there are not both, or they are
 * of two lives of the counter, and what lies between is more than a difference.
 */
export function isDifference({ begin, end, quantity }: UsageLine): boolean | undefined {
  if (begin === undefined || end === undefined) return undefined
  return BigInt(end.total) - BigInt(begin.total) === BigInt(quantity)
}

/** The names of those who signed a checkpoint: the log itself, then whoever watches it from outside. */
export function signersOf(note: string): readonly string[] {
  return [...note.matchAll(/^— (\S+) \S+$/gm)].map(([, name]) => name!)
}
