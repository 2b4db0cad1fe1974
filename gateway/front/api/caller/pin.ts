/**
 * A tenant at the machine without a phone: `Authorization: Pin <machine>:<digits>` for the booking that holds there
 * now. Few digits are guessed quickly, so tries are counted per machine; whatever is wrong, the answer and the work are
 * the same. To end a session one names it by an id that nobody guesses, and those tries are counted apart: wrong PINs
 * of others never keep a tenant from ending. Never logs digits. Why: decisions/016-wrong-pins-and-the-end.md.
 * Read next: auth.ts, core/permission/permission.ts (what a PIN may open).
 */
import type { SiteConfig } from '../../../../config/site.ts'
import { type Booking, isHolding } from '../../../core/booking/booking.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { isOpen, type Session } from '../../../core/session/session.ts'
import type { Authentication, Clock } from './caller.ts'
import { createGate } from './gate.ts'
import { hashKey, verifyKey } from './key.ts'
import { createTries, type Tries } from './tries.ts'

/** Bookings that can hold at one machine at one moment: one that ends, and one that may begin early. */
const MOST_BOOKINGS = 2
/** Bookings of the site that are looked through; those that end next come first. */
const LOOK_THROUGH = 10_000
/** One count for all machines that do not exist, or guessing among them would be work without end. */
const UNKNOWN = ''

/** PINs checked at once, and waiting for it. Apart from keys: guessing PINs must not keep people with keys out. */
const MAX_CHECKS = 2
const MAX_WAITING = 16

export type PinDeps = {
  readonly config: Pick<SiteConfig, 'machines' | 'bookings'> & {
    readonly api: Pick<SiteConfig['api'], 'pinTries' | 'pinWindowMs'>
  }
  readonly reader: {
    bookings(endsAfterMs: number, limit: number): Booking[]
    booking(id: string): Booking | undefined
    session(id: string): Session | undefined
  }
  readonly clock: Clock
}

/** `ending`: the session that is asked to end. */
type PinCheck = (machine: string, digits: string, ending?: string) => Promise<Authentication>

export function createPinCheck(deps: PinDeps): PinCheck {
  const { config, clock } = deps
  const machines = new Map(config.machines.map((machine) => [machine.id, machine]))
  const { pinTries, pinWindowMs } = config.api
  const triesAt = createTries(pinWindowMs, clock)
  const gate = createGate(MAX_CHECKS, MAX_WAITING)
  /** For callers who name the open session: guessing at a machine cannot fill these. */
  const triesToEnd = createTries(pinWindowMs, clock)
  const gateToEnd = createGate(MAX_CHECKS, MAX_WAITING)
  /** A hash that no digits fit, so that the work is the same where there is no booking. */
  let dummy: Promise<string> | undefined

  async function check(digits: string, found: readonly Booking[], counted: Tries): Promise<Authentication> {
    if (counted.failed >= pinTries)
      return { kind: 'refused', refusal: refuse('rate-limited', 'too many wrong PINs at this machine') }
    // Counted before it is known, so that many at once do not get more tries.
    counted.failed += 1
    dummy ??= hashKey('no PIN')
    const hashes = found.map(({ pin }) => pin!)
    while (hashes.length < MOST_BOOKINGS) hashes.push(await dummy)
    const good: boolean[] = []
    for (const hash of hashes) good.push(await verifyKey(digits, hash))
    const matching = found.filter((_booking, index) => good[index])
    // The same PIN for two tenants opens for neither.
    const booking = new Set(matching.map(({ tenant }) => tenant)).size === 1 ? matching[0] : undefined
    if (booking === undefined) return { kind: 'refused', refusal: refuse('pin-wrong') }
    counted.failed -= 1
    return { kind: 'caller', caller: { principal: toTenant(booking), untilMs: booking.endMs } }
  }

  return async (id, digits, ending) => {
    const machine = machines.get(id)
    const own = bookingToEnd(deps, id, ending)
    const answer =
      own === undefined
        ? await gate(() => check(digits, machine ? candidates(deps, machine) : [], triesAt(machine ? id : UNKNOWN)))
        : await gateToEnd(() => check(digits, [own], triesToEnd(ending!)))
    return answer ?? { kind: 'refused', refusal: refuse('busy') }
  }
}

/** Bookings with a PIN that hold now, and those within the grace of the machine, so that a tenant can still end. */
function candidates({ config, reader, clock }: PinDeps, machine: SiteConfig['machines'][number]): Booking[] {
  const nowMs = clock.nowMs()
  return reader
    .bookings(nowMs - machine.endOfBooking.graceMs, LOOK_THROUGH)
    .filter(
      (booking) =>
        booking.machine === machine.id &&
        booking.pin !== undefined &&
        isHolding(booking) &&
        booking.startMs - config.bookings.earlyStartMs <= nowMs &&
        (nowMs < booking.endMs || booking.status === 'used'),
    )
    .toSorted((a, b) => Number(a.endMs <= nowMs) - Number(b.endMs <= nowMs))
    .slice(0, MOST_BOOKINGS)
}

/** The booking of the session to end, if it is open here, however long its time is over. */
function bookingToEnd({ reader }: PinDeps, machine: string, ending: string | undefined): Booking | undefined {
  const session = ending === undefined ? undefined : reader.session(ending)
  if (session === undefined || session.machine !== machine || !isOpen(session)) return undefined
  const booking = reader.booking(session.booking)
  return booking?.pin !== undefined && booking.tenant === session.tenant ? booking : undefined
}

function toTenant({ id: booking, tenant, version, machine, startMs, endMs, limits }: Booking) {
  const claims = { issuer: 'pin', tenant, jti: '', booking, version, machine, startMs, endMs, expMs: endMs, limits }
  return { role: 'tenant', id: tenant, issuer: 'pin', claims, pin: true } as const
}
