/**
 * The front's copy of the board: what the control thread last said of each machine, signal and link. Nothing in it may
 * be believed for longer than its row says; see `freshRow`. Read next: core/board/board.ts (what a row says).
 */
import type { BoardRow, Health, LinkRow, SignalRow, ToFront } from '../../core/board/message.ts'

type BoardMessage = Extract<ToFront, { kind: 'board' }>

export type BoardCopy = {
  take(message: BoardMessage, nowNs: bigint): void
  rows(): readonly BoardRow[]
  row(machine: string): BoardRow | undefined
  signals(machine: string): readonly SignalRow[]
  links(): readonly LinkRow[]
  /** Undefined before the first message. */
  health(): Health | undefined
  /** When the last message came; undefined before the first. */
  tookAtNs(): bigint | undefined
}

export function createBoardCopy(): BoardCopy {
  const rows = new Map<string, BoardRow>()
  const signals = new Map<string, Map<string, SignalRow>>()
  const links = new Map<string, LinkRow>()
  let health: Health | undefined
  let tookAtNs: bigint | undefined

  return {
    take(message, nowNs) {
      for (const row of message.rows) rows.set(row.machine, row)
      for (const signal of message.signals) {
        const ofMachine = signals.get(signal.machine) ?? new Map<string, SignalRow>()
        ofMachine.set(signal.id, signal)
        signals.set(signal.machine, ofMachine)
      }
      for (const link of message.links) links.set(link.id, link)
      health = message.health
      tookAtNs = nowNs
    },
    rows: () => [...rows.values()],
    row: (machine) => rows.get(machine),
    signals: (machine) => [...(signals.get(machine)?.values() ?? [])],
    links: () => [...links.values()],
    health: () => health,
    tookAtNs: () => tookAtNs,
  }
}

/**
 * A row as it may be shown now. Once it is older than its `maxAgeMs`, everything it says of the machine is unknown; a
 * reason that the control thread has already given for that stays.
 */
export function freshRow(row: BoardRow, nowNs: bigint): BoardRow {
  return isFresh(row, nowNs) ? row : unknownRow(row)
}

export function isFresh({ asOfNs, maxAgeMs }: BoardRow, nowNs: bigint): boolean {
  return Number((nowNs - asOfNs) / 1_000_000n) <= maxAgeMs
}

export function unknownRow(row: BoardRow): BoardRow {
  const availability =
    row.availability.state === 'Unknown' ? row.availability : ({ state: 'Unknown', reason: 'stale:board' } as const)
  return { ...row, availability, itemState: 'Unknown', mode: 'Unknown', access: 'Unknown' }
}
