/**
 * A tenant at the machine without a phone: `Authorization: Pin <machine>:<digits>` for the booking that holds there
 * now. Few digits are guessed quickly, so tries are counted per machine, before anything is looked up; whatever is
 * wrong, the answer and its time are the same. To end a session one names it by an id that nobody guesses, and those
 * tries are counted apart: wrong PINs of others never keep a tenant from ending. Never logs digits. Why:
 * decisions/016-wrong-pins-and-the-end.md.
 * Read next: tries.ts, auth.ts, core/permission/permission.ts (what a PIN may open).
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../../../config/site.ts'
import { type Booking, earlyStartMs, isHolding } from '../../../core/booking/booking.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { isOpen, type Session } from '../../../core/session/session.ts'
import type { Authentication, Clock } from './caller.ts'
import { createGate, type Gate } from './gate.ts'
import { noPin, verifyKey } from './key.ts'
import { createTries, type Keep, keepAt, nowhere, type Tries } from './tries.ts'

/** Bookings that can hold at one machine at one moment: one that ends, and one that may begin early. */
const MOST_BOOKINGS = 2
/** Bookings of one machine that are looked through: those that hold, and those within its grace. */
const LOOK_THROUGH = 64

/** PINs checked at once, and waiting for it. Apart from keys: guessing PINs must not keep people with keys out. */
const MAX_CHECKS = 2
const MAX_WAITING = 16
/** How long the first check is taken to last, ms; then as long as the last one did. */
const FIRST_CHECK_MS = 300

export type PinDeps = {
  readonly config: Pick<SiteConfig, 'machines' | 'bookings' | 'dataDir'> & {
    readonly api: Pick<SiteConfig['api'], 'pinTries' | 'pinWindowMs'>
  }
  readonly reader: {
    bookingsAt(machine: string, begunByMs: number, endsAfterMs: number, limit: number, nowMs?: number): Booking[]
    booking(id: string): Booking | undefined
    session(id: string): Session | undefined
  }
  readonly clock: Clock
  readonly log: Logger
}

/** `ending`: the session that is asked to end. */
type PinCheck = (machine: string, digits: string, ending?: string) => Promise<Authentication>

/** Where a PIN is tried: what its tries are counted by, and what is done once they are counted. */
type Place = {
  readonly of: string
  readonly tries: Tries
  readonly gate: Gate
  judge(digits: string): Promise<Booking | undefined>
}

export function createPinCheck(deps: PinDeps): PinCheck {
  const { config, clock, log } = deps
  const { pinTries, pinWindowMs } = config.api
  const counted = (keep: Keep) => createTries(pinTries, pinWindowMs, clock, keep)
  const guarded = (keep: Keep) => ({ tries: counted(keep), gate: createGate(MAX_CHECKS, MAX_WAITING) })
  const known = guarded(keepAt(join(config.dataDir, 'pin-tries.json'), log))
  /** For callers who name the open session: guessing at a machine cannot fill these. */
  const toEnd = guarded(keepAt(join(config.dataDir, 'pin-tries-to-end.json'), log))
  /** Machines that there are not: they look like any other and cost a wait instead of work. */
  const unknown = guarded(nowhere)
  const judge = createJudge()

  function placeOf(id: string, ending: string | undefined): Place {
    const own = bookingToEnd(deps, id, ending)
    if (own !== undefined) return { of: ending!, ...toEnd, judge: (digits) => judge.against(digits, [own]) }
    const machine = config.machines.find((known) => known.id === id)
    if (machine === undefined) return { of: id, ...unknown, judge: judge.nothing }
    return { of: id, ...known, judge: (digits) => judge.against(digits, candidates(deps, machine)) }
  }

  return async (id, digits, ending) => {
    const { of, tries, gate, judge } = placeOf(id, ending)
    // Counted before anything is looked up or known, so that many at once get no more tries and cost no work.
    if (!tries.begin(of))
      return { kind: 'refused', refusal: refuse('rate-limited', 'too many wrong PINs at this machine') }
    const answer = await gate(async () => ({ booking: await judge(digits) }))
    if (answer?.booking === undefined && answer !== undefined) return { kind: 'refused', refusal: refuse('pin-wrong') }
    tries.undo(of)
    if (answer?.booking === undefined) return { kind: 'refused', refusal: refuse('busy') }
    return { kind: 'caller', caller: { principal: toTenant(answer.booking), untilMs: answer.booking.endMs } }
  }
}

/** Always as much work, however many bookings there are; where there is no machine, as much time. */
function createJudge() {
  const dummy = noPin()
  let lastMs = FIRST_CHECK_MS
  return {
    async against(digits: string, found: readonly Booking[]): Promise<Booking | undefined> {
      const began = performance.now()
      const hashes = found.map(({ pin }) => pin!)
      while (hashes.length < MOST_BOOKINGS) hashes.push(dummy)
      const good: boolean[] = []
      for (const hash of hashes) good.push(await verifyKey(digits, hash))
      lastMs = performance.now() - began
      const matching = found.filter((_booking, index) => good[index])
      // The same PIN for two tenants opens for neither.
      return new Set(matching.map(({ tenant }) => tenant)).size === 1 ? matching[0] : undefined
    },
    async nothing(): Promise<undefined> {
      await pause(lastMs)
    },
  }
}

/** Bookings with a PIN that hold now, and those within the grace of the machine, so that a tenant can still end. */
function candidates({ config, reader, clock }: PinDeps, machine: SiteConfig['machines'][number]): Booking[] {
  const nowMs = clock.nowMs()
  const { earlyStartMs: siteMs } = config.bookings
  const hasBegun = (booking: Booking) => nowMs >= booking.startMs - earlyStartMs(booking, siteMs)
  return reader
    .bookingsAt(machine.id, nowMs + siteMs, nowMs - machine.endOfBooking.graceMs, LOOK_THROUGH, nowMs)
    .filter(
      (booking) =>
        booking.pin !== undefined &&
        isHolding(booking) &&
        hasBegun(booking) &&
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
