/** Rows as the board, the meters and the ring hold them, for tests to vary. */
import type { BoardRow } from '../../../gateway/core/board/message.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import type { Memory, Published } from '../../../gateway/front/sinks/published.ts'
import type { Sample } from '../../../gateway/live/sample.ts'

/** What is published, and how often it is repeated, as in a site file that says nothing. */
export const BEATS = { heartbeatMs: 5_000, repeatMs: 60_000, publish: 'all' } as const
/** A site without machines and a gateway that remembers nothing of its broker. */
export const NO_MACHINES = { fencingId: 0, machines: [] } as const
export const forgetful = (): Memory => {
  let known: Published = { topics: [] }
  return {
    read: () => known,
    async write(next) {
      known = next
    },
  }
}

const AT_MS = Date.UTC(2026, 10, 1)

export function boardRow(more: Partial<BoardRow> = {}): BoardRow {
  return {
    machine: 'saw',
    availability: { state: 'Available' },
    itemState: 'NotExecuting',
    mode: 'Processing',
    access: 'Locked',
    maintenance: false,
    simulated: false,
    silent: [],
    commissioning: { kind: 'commissioned' },
    clock: 'synchronised',
    asOfMs: AT_MS,
    asOfNs: 1n,
    maxAgeMs: 3000,
    ...more,
  }
}

export function meterState(more: Partial<MeterState> = {}): MeterState {
  return {
    meter: 'saw/energy.total',
    machine: 'saw',
    kind: 'register',
    unit: 'Wh',
    epoch: 1,
    raw: 5n,
    firstRaw: 0n,
    wraps: 0n,
    total: 5n,
    accounts: { session: 0n, unassigned: 5n, disputed: 0n },
    atMs: AT_MS,
    atNs: 1n,
    bootId: 'boot',
    carryNs: 0n,
    holding: false,
    recordedTotal: 0n,
    ...more,
  }
}

export function sample(more: Partial<Sample> = {}): Sample {
  return {
    n: 1,
    kind: 'signal',
    machine: 'saw',
    id: 'saw/energy.power',
    atMs: AT_MS,
    quality: 'good',
    unit: 'W',
    value: 1,
    ...more,
  }
}

/** Of version 1, for stubs. */
export const INFLUX = { url: '', version: 1, database: 'd', batch: 10, ageMs: 0, gzip: false, timeoutMs: 400 } as const
