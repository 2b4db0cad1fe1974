/**
 * What a site file will do to the meters of a ledger that exists: for `latchkey check`, also beside a running gateway.
 * It reads the ledger and changes nothing. Read next: core/meter/meter.ts (`redefinedSince`), check.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { LEDGER } from '../control/host/names.ts'
import type { MeterConfig } from '../core/ground/config.ts'
import { type Redefined, redefinedWords } from '../core/ground/definition.ts'
import { type MeterState, redefinedSince } from '../core/meter/meter.ts'
import { createReader } from '../ledger/store/reader.ts'

export type MeterOutlook = {
  readonly meter: string
  readonly what: 'redefined' | 'new' | 'gone'
  /** Of a meter that is redefined: from what to what. */
  readonly parts?: readonly Redefined[]
  /** What becomes of it, in words. */
  readonly text: string
}

/** Undefined while there is no ledger; a text when it cannot be read. */
export function meterOutlook({ dataDir, machines }: SiteConfig): readonly MeterOutlook[] | string | undefined {
  const path = join(dataDir, LEDGER)
  if (!existsSync(path)) return undefined
  try {
    const reader = createReader(path)
    try {
      const busy = reader.sessions({ onlyOpen: true, limit: machines.length + 1 }).map(({ machine }) => machine)
      return outlookOf(
        reader.meters(),
        machines.flatMap(({ meters }) => meters),
        new Set(busy),
      )
    } finally {
      reader.close()
    }
  } catch (error) {
    return `the ledger ${path} cannot be read: ${(error as Error).message}`
  }
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
