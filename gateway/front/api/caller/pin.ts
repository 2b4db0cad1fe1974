/**
 * A tenant at the machine without a phone: `Authorization: Pin <machine>:<digits>` for the booking that holds there now.
 * Few digits are guessed quickly, so tries are counted for each machine on its own; whatever is wrong is answered alike
 * and after the same work. Whoever ends a session names it by an id that nobody guesses, and is counted apart: wrong PINs
 * of others never keep him from it. Never logs digits. Why: decisions/016-wrong-pins-and-the-end.md. Read next:
 * auth.ts, core/permission/permission.ts (what a PIN may open).
 */
import { type Booking, isHolding } from '../../../core/booking/booking.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { isOpen } from '../../../core/session/session.ts'
import type { ServerDeps } from '../api.ts'
import type { Authentication } from './auth.ts'
import { createGate } from './gate.ts'
import { hashKey, verifyKey } from './key.ts'

/** Of one machine at one moment: that which ends, and that which may begin early. */
const MOST_BOOKINGS = 2
/** Bookings looked through; those of a site that end next come first. */
const LOOK_THROUGH = 10_000
/** All machines that there are not: one count, or guessing would be work without end. */
const UNKNOWN = ''

/** Checked at once, and waiting for it. Of their own: who guesses PINs must not keep people with keys out. */
const MAX_CHECKS = 2
const MAX_WAITING = 16

type PinDeps = Pick<ServerDeps, 'config' | 'reader' | 'clock'>
type Tries = { sinceNs: bigint; failed: number }

export function createPinCheck({ config, reader, clock }: PinDeps) {
  const machines = new Map(config.machines.map((machine) => [machine.id, machine]))
  const { pinTries, pinWindowMs } = config.api
  const triesAt = createTries()
  const gate = createGate(MAX_CHECKS, MAX_WAITING)
  /** For who names the open session: nobody who guesses can fill these. */
  const triesToEnd = createTries()
  const gateToEnd = createGate(MAX_CHECKS, MAX_WAITING)
  /** Hash of nothing anybody can type, for the same work. */
  let dummy: Promise<string> | undefined

  function createTries(): (of: string) => Tries {
    const tries = new Map<string, Tries>()
    const over = ({ sinceNs }: Tries) => clock.nowNs() - sinceNs >= BigInt(pinWindowMs) * 1_000_000n
    return (of) => {
      const known = tries.get(of)
      if (known !== undefined && !over(known)) return known
      for (const [each, old] of tries) if (over(old)) tries.delete(each)
      const fresh = { sinceNs: clock.nowNs(), failed: 0 }
      tries.set(of, fresh)
      return fresh
    }
  }

  /** Those that hold first; with the grace of the machine, so that a tenant can still go on with what he began. */
  function candidates(id: string): Booking[] {
    const machine = machines.get(id)
    if (machine === undefined) return []
    const nowMs = clock.nowMs()
    const { graceMs } = machine.endOfBooking
    return reader
      .bookings(nowMs - graceMs, LOOK_THROUGH)
      .filter(
        (booking) =>
          booking.machine === id &&
          booking.pin !== undefined &&
          isHolding(booking) &&
          booking.startMs - config.bookings.earlyStartMs <= nowMs &&
          (nowMs < booking.endMs || booking.status === 'used'),
      )
      .toSorted((a, b) => Number(a.endMs <= nowMs) - Number(b.endMs <= nowMs))
      .slice(0, MOST_BOOKINGS)
  }

  /** That of the session which is to end, if it is open here: however long its booking is over, and whoever comes next. */
  function bookingToEnd(ending: string | undefined, machine: string): Booking | undefined {
    const session = ending === undefined ? undefined : reader.session(ending)
    if (session === undefined || session.machine !== machine || !isOpen(session)) return undefined
    const booking = reader.booking(session.booking)
    return booking?.pin !== undefined && booking.tenant === session.tenant ? booking : undefined
  }

  async function check(digits: string, found: readonly Booking[], counted: Tries): Promise<Authentication> {
    if (counted.failed >= pinTries)
      return { kind: 'refused', refusal: refuse('rate-limited', 'too many wrong PINs here') }
    // Counted before it is known, so that many at once are not more.
    counted.failed += 1
    dummy ??= hashKey('no PIN')
    const hashes = found.map(({ pin }) => pin!)
    while (hashes.length < MOST_BOOKINGS) hashes.push(await dummy)
    const good: boolean[] = []
    for (const hash of hashes) good.push(await verifyKey(digits, hash))
    const matching = found.filter((_booking, index) => good[index])
    // One PIN for two tenants opens for neither.
    const booking = new Set(matching.map(({ tenant }) => tenant)).size === 1 ? matching[0] : undefined
    if (booking === undefined) return { kind: 'refused', refusal: refuse('pin-wrong') }
    counted.failed -= 1
    return { kind: 'caller', caller: { principal: toTenant(booking), untilMs: booking.endMs } }
  }

  /** `ending`: the session that is asked to end. */
  return async (machine: string, digits: string, ending?: string): Promise<Authentication> => {
    const own = bookingToEnd(ending, machine)
    const answer =
      own === undefined
        ? await gate(() => check(digits, candidates(machine), triesAt(machines.has(machine) ? machine : UNKNOWN)))
        : await gateToEnd(() => check(digits, [own], triesToEnd(ending!)))
    return answer ?? { kind: 'refused', refusal: refuse('busy') }
  }
}

function toTenant({ id: booking, tenant, version, machine, startMs, endMs, limits }: Booking) {
  const claims = { issuer: 'pin', tenant, jti: '', booking, version, machine, startMs, endMs, expMs: endMs, limits }
  return { role: 'tenant', id: tenant, issuer: 'pin', claims, pin: true } as const
}
