/**
 * A tenant at the machine without a phone: `Authorization: Pin <machine>:<digits>` for the booking that holds there now.
 * Few digits are guessed quickly, so tries are counted for each machine on its own; whatever is wrong is answered alike
 * and after the same work. Never logs digits. Read next: auth.ts, ../core/permission.ts (what a PIN may open).
 */
import { type Booking, isHolding } from '../core/booking.ts'
import { refuse } from '../core/error.ts'
import type { Authentication } from './auth.ts'
import type { ServerDeps } from './deps.ts'
import { hashKey, verifyKey } from './key.ts'

/** Of one machine at one moment: that which ends, and that which may begin early. */
const MOST_BOOKINGS = 2
/** Bookings looked through; those of a site that end next come first. */
const LOOK_THROUGH = 10_000

type PinDeps = Pick<ServerDeps, 'config' | 'reader' | 'clock'>
type Tries = { sinceNs: bigint; failed: number }

export function createPinCheck({ config, reader, clock }: PinDeps) {
  const machines = new Map(config.machines.map((machine) => [machine.id, machine]))
  const { pinTries, pinWindowMs } = config.api
  const tries = new Map<string, Tries>()
  /** Hash of nothing anybody can type, for the same work. */
  let dummy: Promise<string> | undefined

  function triesOf(machine: string): Tries {
    const known = tries.get(machine)
    const nowNs = clock.nowNs()
    if (known !== undefined && nowNs - known.sinceNs < BigInt(pinWindowMs) * 1_000_000n) return known
    const fresh = { sinceNs: nowNs, failed: 0 }
    if (machines.has(machine)) tries.set(machine, fresh)
    return fresh
  }

  /** By their end; with the grace of the machine, so that a tenant can still end what he began. */
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
      .slice(0, MOST_BOOKINGS)
  }

  return async (machine: string, digits: string): Promise<Authentication> => {
    const counted = triesOf(machine)
    if (counted.failed >= pinTries)
      return { kind: 'refused', refusal: refuse('rate-limited', 'too many wrong PINs here') }
    // Counted before it is known, so that many at once are not more.
    counted.failed += 1
    const found = candidates(machine)
    dummy ??= hashKey('no PIN')
    const hashes = [...found.map(({ pin }) => pin!)]
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
}

function toTenant({ id: booking, tenant, version, machine, startMs, endMs, limits }: Booking) {
  const claims = { issuer: 'pin', tenant, jti: '', booking, version, machine, startMs, endMs, expMs: endMs, limits }
  return { role: 'tenant', id: tenant, issuer: 'pin', claims, pin: true } as const
}
