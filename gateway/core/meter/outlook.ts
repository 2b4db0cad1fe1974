/**
 * What another configuration will do to meters that have counted, in words. Pure. Read next: meter.ts
 * (`redefinedSince`), ground/definition.ts.
 */
import type { MeterConfig } from '../ground/config.ts'
import { type Redefined, redefinedWords } from '../ground/definition.ts'
import { type MeterState, redefinedSince } from './meter.ts'

export type MeterOutlook = {
  readonly meter: string
  readonly what: 'redefined' | 'new' | 'gone'
  /** Of a meter that is redefined: from what to what. */
  readonly parts?: readonly Redefined[]
  /** What becomes of it, in words. */
  readonly text: string
}

/** `busy`: machines with an open session. */
export function outlookOf(
  known: readonly MeterState[],
  configs: readonly MeterConfig[],
  busy: ReadonlySet<string>,
): MeterOutlook[] {
  const counted = known.filter(({ atMs }) => atMs !== 0)
  if (counted.length === 0) return []
  const states = new Map(counted.map((state) => [state.meter, state]))
  const ids = new Set(configs.map(({ id }) => id))
  return [
    ...configs.flatMap((config): MeterOutlook[] => {
      const state = states.get(config.id)
      if (state === undefined)
        return [
          { meter: config.id, what: 'new', text: 'the ledger does not know it: it counts from its first reading on' },
        ]
      const parts = redefinedSince(state, config)
      if (parts.length === 0) return []
      return [
        { meter: config.id, what: 'redefined', parts, text: textOf(state, config, parts, busy.has(config.machine)) },
      ]
    }),
    ...counted
      .filter(({ meter }) => !ids.has(meter))
      .map(({ meter, total, unit }): MeterOutlook => {
        return { meter, what: 'gone', text: `it is not configured: it stays in the ledger with its ${total} ${unit}` }
      }),
  ]
}

function textOf(state: MeterState, config: MeterConfig, parts: readonly Redefined[], isBusy: boolean): string {
  const { unit, total, otherUnits = [] } = state
  const earlier = otherUnits.find((other) => other.unit === config.unit)?.total ?? 0n
  const goesOn =
    unit === config.unit
      ? `it counts on in a new epoch, its total of ${total} ${unit} stays`
      : `it counts on in a new epoch from ${earlier} ${config.unit}, and the ${total} ${unit} stay as they are`
  const waits = isBusy && unit !== config.unit ? '; while the session on its machine is open it does not count' : ''
  return `${redefinedWords(parts)}: ${goesOn}, and what it makes up to its first reading is not booked${waits}`
}
