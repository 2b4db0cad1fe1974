/**
 * The front's copy of the board: what the control thread last said of each machine and link. Nothing in it may be
 * believed for longer than its row says; see `freshRow`. Read next: core/board/board.ts (what a row says).
 */
import type { BoardRow, Health, LinkRow, ToFront } from '../../core/board/message.ts'

type BoardMessage = Extract<ToFront, { kind: 'board' }>

export type BoardCopy = {
  take(message: BoardMessage, nowNs: bigint): void
  /** Another configuration is in force: what it does not have is gone. */
  follow(machines: readonly string[], links: readonly string[]): void
  /** A row is the same object as long as nothing but its time has changed. */
  rows(): readonly BoardRow[]
  row(machine: string): BoardRow | undefined
  links(): readonly LinkRow[]
  /** Undefined before the first message. */
  health(): Health | undefined
  /** When the last message came; undefined before the first. */
  tookAtNs(): bigint | undefined
}

/** `atStart`: ids of the machines in the order of the site file. */
export function createBoardCopy(atStart: readonly string[]): BoardCopy {
  let machines = atStart
  const rows = new Map<string, { -readonly [K in keyof BoardRow]: BoardRow[K] }>()
  const links = new Map<string, LinkRow>()
  let health: Health | undefined
  let tookAtNs: bigint | undefined

  return {
    take(message, nowNs) {
      const { asOf } = message
      for (const row of message.rows) rows.set(row.machine, row)
      for (let at = 0; at < asOf.length; at += 3) {
        const row = rows.get(machines[asOf[at]!] ?? '')
        if (row === undefined) continue
        row.asOfMs = asOf[at + 1]!
        row.asOfNs = BigInt(asOf[at + 2]!)
      }
      for (const link of message.links) links.set(link.id, link)
      health = message.health ?? health
      tookAtNs = nowNs
    },
    follow(next, nextLinks) {
      machines = next
      for (const id of rows.keys()) if (!next.includes(id)) rows.delete(id)
      for (const id of links.keys()) if (!nextLinks.includes(id)) links.delete(id)
    },
    rows: () => [...rows.values()],
    row: (machine) => rows.get(machine),
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
