/**
 * What the pages are told of the floor, as text that is made once: every machine, those that look different from
 * before, and the beat. It looks at the copy of the board and never asks the control thread.
 * Read next: card.ts (what is shown of a machine), live.ts (who is told).
 */
import type { BoardRow } from '../../../core/board/message.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import type { Report } from '../../../core/session/report.ts'
import type { Api } from '../api.ts'
import { isFresh } from '../board.ts'
import { type Card, type Plan, planOf, toCard, toFreeCard } from './card.ts'

/** Bookings are read again this often. */
const PLAN_MS = 5_000
/** And reports. */
const REPORTS_MS = 1_000

/** Whether each is free and nothing else, or all but people. */
export type Sees = 'free' | 'states'
type Texts = Readonly<Record<Sees, string>>

type Kept = {
  readonly row: BoardRow | undefined
  readonly fresh: boolean
  readonly plan: Plan
  readonly planAtMs: number
  readonly text: Texts
}

export function createFloor(api: Api) {
  /** Another configuration brings another list. */
  let machines = api.config.machines
  let powerSignals = machines.map(powerSignalOf)
  const kept = new Map<string, Kept>()
  let reports = { atMs: Number.NEGATIVE_INFINITY, of: new Map<string, readonly Report[]>() }

  function takeList(): boolean {
    if (api.config.machines === machines) return false
    machines = api.config.machines
    powerSignals = machines.map(powerSignalOf)
    kept.clear()
    return true
  }

  const board = (sees: Sees) =>
    event('board', `{"machines":[${machines.map(({ id }) => kept.get(id)?.text[sees] ?? 'null').join()}]}`)

  /** All at once: one read for every machine of a look. */
  function reportsOf(machine: string, nowMs: number): readonly Report[] {
    if (nowMs - reports.atMs >= REPORTS_MS)
      reports = { atMs: nowMs, of: new Map(api.reader.machines().map((row) => [row.machine, row.reports ?? []])) }
    return reports.of.get(machine) ?? []
  }

  function changed(machine: MachineConfig, nowNs: bigint): Kept | undefined {
    const nowMs = Number(nowNs / 1_000_000n)
    const before = kept.get(machine.id)
    const row = api.board.row(machine.id)
    const fresh = row !== undefined && isFresh(row, nowNs)
    const isDue = before === undefined || nowMs - before.planAtMs >= PLAN_MS
    if (before?.row === row && before?.fresh === fresh && !isDue) return undefined
    const plan = isDue || before.row !== row ? planOf(api, machine.id, reportsOf(machine.id, nowMs)) : before.plan
    const text = textsOf(toCard(machine, row, fresh, plan))
    const now = { row, fresh, plan, planAtMs: isDue ? nowMs : before.planAtMs, text }
    kept.set(machine.id, now)
    return before?.text.states === text.states ? undefined : now
  }

  return {
    /** The machines that are shown differently from before; all of them when they are other ones. */
    look(): Texts {
      const nowNs = api.clock.nowNs()
      const isOther = takeList()
      const news = machines.flatMap((machine) => changed(machine, nowNs) ?? [])
      if (isOther) return { free: board('free'), states: board('states') }
      const text = (sees: Sees) => news.map((each) => event('card', each.text[sees])).join('')
      return { free: text('free'), states: text('states') }
    },
    /** Every machine, as it was last looked at. */
    board: (): Texts => ({ free: board('free'), states: board('states') }),
    beat(): Texts {
      const now = api.clock.nowMs()
      const asOf = machines.map(({ id }) => api.board.row(id)?.asOfMs ?? 0)
      const power = powerSignals.map((signal) => powerOf(api, signal))
      const head = api.reader.head().nextSeq
      return {
        free: event('beat', JSON.stringify({ now, asOf })),
        states: event('beat', JSON.stringify({ now, asOf, power, head })),
      }
    },
  }
}

/** JSON holds no line break, so an event is one line of data. */
const event = (name: string, data: string) => `event: ${name}\ndata: ${data}\n\n`

/** The tags of two cards differ when what is said differs; the time at which it was so is in the beat. */
function textsOf(card: Card): Texts {
  const { asOf: _, ...availability } = card.machine.availability
  const steady: Card = { ...card, machine: { ...card.machine, availability } }
  return { free: JSON.stringify(toFreeCard(steady)), states: JSON.stringify(steady) }
}

/** The first signal that is electric power. */
function powerSignalOf({ signals }: MachineConfig): MachineConfig['signals'][number] | undefined {
  return signals.find(({ unit, name }) => (unit === 'W' || unit === 'kW') && /power/i.test(name))
}

/** W; null when there is no good value now. */
function powerOf(api: Api, signal: MachineConfig['signals'][number] | undefined): number | null {
  const live = signal && api.signal(signal.id)
  if (signal === undefined || live === undefined || live.quality !== 'good' || typeof live.value !== 'number')
    return null
  if (Number(api.clock.nowNs()) / 1e6 - live.readAtMonoMs > live.maxAgeMs) return null
  return Math.round(signal.unit === 'kW' ? live.value * 1000 : live.value)
}
