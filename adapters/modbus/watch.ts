/**
 * What timeouts mean: a unit that is silent, or a connection that is lost. Pure; time is an argument.
 *
 *   a timeout, and the one before was one too
 *     ├─ a unit that answered on this connection has not been asked since  → ask it before judging
 *     ├─ none has answered yet, and one that was not tried is waiting      → go on, it may answer
 *     └─ else                                                              → the connection is lost
 *   `silentAfter` timeouts of a unit in a row while another answers          → it is set aside, and probed
 *
 * Units keep their history over a reconnect: those switched off must not break the link of those that are on again and
 * again. Read next: link.ts.
 */
import type { ReadRequest } from './plan.ts'

export type Verdict =
  | { readonly kind: 'go-on' }
  | { readonly kind: 'lost' }
  /** Send this once, ahead of polls: its answer tells a silent unit from a lost connection. */
  | { readonly kind: 'ask'; readonly request: ReadRequest }

export type Watch = {
  /** A new connection: nothing is known to answer on it. */
  connected(): void
  /** Any answer of the device behind `unit`, exceptions included. `request`: a read that can be asked again. */
  answered(unit: number, request?: ReadRequest): 'as-before' | 'returned'
  /** The link answered in the unit's place (exceptions 10 and 11): the unit is silent, the connection is not. */
  answeredFor(unit: number, nowMs: number): void
  /** `waiting`: the units that requests wait for. */
  timedOut(unit: number, nowMs: number, waiting: Iterable<number>): Verdict
  isSilent(unit: number): boolean
  /** It did not answer the last time: others are asked first, so that it costs them one timeout at most. */
  isSuspect(unit: number): boolean
  /** True once for each `probeEveryMs` of a silent unit. */
  takeProbe(unit: number, nowMs: number): boolean
}

type Unit = { timeouts: number; probeAtMs: number | undefined }

export function createWatch(limits: { silentAfter: number; probeEveryMs: number }): Watch {
  const units = new Map<number, Unit>()
  /** Units that answered on this connection and have not timed out since, the latest last. */
  const answering = new Map<number, ReadRequest | undefined>()
  /** Units that timed out since anything answered. */
  const triedInVain = new Set<number>()
  let timeoutsInARow = 0
  let asked = false
  let established = false

  const unitOf = (id: number): Unit => {
    const known = units.get(id)
    if (known) return known
    const unit: Unit = { timeouts: 0, probeAtMs: undefined }
    units.set(id, unit)
    return unit
  }
  const linkAnswered = () => {
    timeoutsInARow = 0
    triedInVain.clear()
    asked = false
  }
  const missed = (id: number, nowMs: number) => {
    const unit = unitOf(id)
    unit.timeouts += 1
    if (unit.timeouts >= limits.silentAfter && answering.size > 0) unit.probeAtMs ??= nowMs + limits.probeEveryMs
  }

  return {
    connected() {
      answering.clear()
      linkAnswered()
      established = false
    },
    answered(id, request) {
      linkAnswered()
      established = true
      const before = request ?? answering.get(id)
      answering.delete(id)
      answering.set(id, before)
      const unit = unitOf(id)
      const returned = unit.probeAtMs !== undefined
      unit.timeouts = 0
      unit.probeAtMs = undefined
      return returned ? 'returned' : 'as-before'
    },
    answeredFor(id, nowMs) {
      linkAnswered()
      answering.delete(id)
      missed(id, nowMs)
    },
    timedOut(id, nowMs, waiting) {
      answering.delete(id)
      // A probe that fails says nothing new while another unit answers.
      if (unitOf(id).probeAtMs !== undefined && answering.size > 0) return { kind: 'go-on' }
      missed(id, nowMs)
      timeoutsInARow += 1
      triedInVain.add(id)
      if (timeoutsInARow < 2) return { kind: 'go-on' }
      const witness = [...answering.values()].filter((known) => known !== undefined).at(-1)
      if (witness && !asked) {
        asked = true
        return { kind: 'ask', request: witness }
      }
      if (!established && [...waiting].some((other) => !triedInVain.has(other))) return { kind: 'go-on' }
      return { kind: 'lost' }
    },
    isSuspect: (id) => (units.get(id)?.timeouts ?? 0) > 0,
    isSilent: (id) => units.get(id)?.probeAtMs !== undefined,
    takeProbe(id, nowMs) {
      const unit = units.get(id)
      if (unit?.probeAtMs === undefined || nowMs < unit.probeAtMs) return false
      unit.probeAtMs = nowMs + limits.probeEveryMs
      return true
    },
  }
}
