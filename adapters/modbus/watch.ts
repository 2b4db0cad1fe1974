/**
 * What timeouts mean: a unit that is silent, or a connection that is lost. Pure; time is an argument.
 *
 *   a timeout, and the one before was one too
 *     ├─ a unit that answered on this connection has not been asked since  → ask it before judging
 *     ├─ none has answered yet, and one that was not tried is waiting      → go on, it may answer
 *     └─ else                                                              → the connection is lost
 *   `silentAfter` timeouts of a unit in a row while another answers          → it is set aside, and probed
 *
 * Units keep their history over a reconnect: one that is switched off must not break, again and again, the link of
 * those that are on. Read next: line.ts.
 */
import type { ReadRequest } from './plan.ts'

type Verdict =
  | { readonly kind: 'go-on' }
  /** `units`: those that did not answer. */
  | { readonly kind: 'lost'; readonly units: readonly number[] }
  /** Send this once, ahead of polls: its answer distinguishes a silent unit from a lost connection. */
  | { readonly kind: 'ask'; readonly request: ReadRequest }

export type Watch = {
  /** A new connection: nothing is known to answer on it. */
  connected(): void
  /** Any answer of the device behind `unit`, exceptions included. `request`: a read that can be asked again. */
  answered(unit: number, request?: ReadRequest): 'as-before' | 'returned'
  /** The link answered in the unit's place (exceptions 10 and 11): the unit is silent, the connection is not. */
  answeredFor(unit: number, nowMs: number): void
  /** `waiting`: the units that waiting requests are for. */
  timedOut(unit: number, nowMs: number, waiting: Iterable<number>): Verdict
  isSilent(unit: number): boolean
  isAnySilent(): boolean
  /** It did not answer the last time: others are asked first, so that it costs them at most one timeout. */
  isSuspect(unit: number): boolean
  /** True once for each `probeEveryMs` of a silent unit. */
  takeProbe(unit: number, nowMs: number): boolean
}

type Unit = { timeouts: number; probeAtMs: number | undefined }

type Known = {
  /** Over all connections. */
  readonly units: Map<number, Unit>
  /** Units that answered on this connection and have not timed out since, the latest last. */
  readonly answering: Map<number, ReadRequest | undefined>
  /** Units that timed out since anything answered. */
  readonly triedInVain: Set<number>
  timeoutsInARow: number
  /** A witness has been asked since anything answered. */
  asked: boolean
  /** Something has answered on this connection. */
  established: boolean
}

export function createWatch(limits: { silentAfter: number; probeEveryMs: number }): Watch {
  const known: Known = {
    units: new Map(),
    answering: new Map(),
    triedInVain: new Set(),
    timeoutsInARow: 0,
    asked: false,
    established: false,
  }
  const { units, answering } = known

  function unitOf(id: number): Unit {
    const known = units.get(id)
    if (known !== undefined) return known
    const unit: Unit = { timeouts: 0, probeAtMs: undefined }
    units.set(id, unit)
    return unit
  }

  function missed(id: number, nowMs: number): void {
    const unit = unitOf(id)
    unit.timeouts += 1
    if (unit.timeouts >= limits.silentAfter && answering.size > 0) unit.probeAtMs ??= nowMs + limits.probeEveryMs
  }

  return {
    connected() {
      answering.clear()
      linkAnswered(known)
      known.established = false
    },
    answered(id, request) {
      linkAnswered(known)
      known.established = true
      const before = request ?? answering.get(id)
      if (answering.size > 1) answering.delete(id)
      answering.set(id, before)
      const unit = unitOf(id)
      const returned = unit.probeAtMs !== undefined
      unit.timeouts = 0
      unit.probeAtMs = undefined
      return returned ? 'returned' : 'as-before'
    },
    answeredFor(id, nowMs) {
      linkAnswered(known)
      answering.delete(id)
      missed(id, nowMs)
    },
    timedOut(id, nowMs, waiting) {
      answering.delete(id)
      // A probe that fails says nothing new while another unit answers.
      if (unitOf(id).probeAtMs !== undefined && answering.size > 0) return { kind: 'go-on' }
      missed(id, nowMs)
      known.timeoutsInARow += 1
      known.triedInVain.add(id)
      return judge(known, waiting)
    },
    isSuspect: (id) => (units.get(id)?.timeouts ?? 0) > 0,
    isSilent: (id) => units.get(id)?.probeAtMs !== undefined,
    isAnySilent: () => isAnySilent(units),
    takeProbe(id, nowMs) {
      const unit = units.get(id)
      if (unit?.probeAtMs === undefined || nowMs < unit.probeAtMs) return false
      unit.probeAtMs = nowMs + limits.probeEveryMs
      return true
    },
  }
}

function isAnySilent(units: Known['units']): boolean {
  for (const { probeAtMs } of units.values()) if (probeAtMs !== undefined) return true
  return false
}

function linkAnswered(known: Known): void {
  known.timeoutsInARow = 0
  known.triedInVain.clear()
  known.asked = false
}

function judge(known: Known, waiting: Iterable<number>): Verdict {
  if (known.timeoutsInARow < 2) return { kind: 'go-on' }
  const witness = [...known.answering.values()].filter((request) => request !== undefined).at(-1)
  if (witness && !known.asked) {
    known.asked = true
    return { kind: 'ask', request: witness }
  }
  if (!known.established && [...waiting].some((other) => !known.triedInVain.has(other))) return { kind: 'go-on' }
  return { kind: 'lost', units: [...known.triedInVain] }
}
