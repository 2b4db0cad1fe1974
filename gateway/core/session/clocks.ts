/**
 * The four clocks of a session, which run in parallel. Pure; on the monotonic clock, from one look at the machine to the
 * next, and only while both know what it does: time that was not seen is not counted.
 *
 * With the booking as the order that ISO 22400-2 asks for, they stand for its time elements:
 *   booked     planned busy time (PBT): the machine is set aside for this order; the booking's length, not measured
 *   occupied   actual unit busy time (AUBT): the unit is unlocked for the order, whether it works or not
 *   powered    occupied time in which the unit is ready; occupied − powered is down time (ADOT)
 *   executing  actual production time (APT); powered − executing is set-up and delay time (AUST, ADET)
 * So executing ≤ powered ≤ occupied; a use may stop before the booked time is over, or run over it.
 */

import { INTERLOCK_POINT, type MachineState, type Turn } from '../machine/turn.ts'
import { intervalOf } from '../reading/condition.ts'
import { NS_PER_MS } from '../reading/reading.ts'
import type { Session } from './session.ts'

/** Decimal text of ns, and how it stood at the last look: on the monotonic clock of `bootId`. */
export type Clocks = {
  readonly occupiedNs: string
  readonly poweredNs: string
  readonly executingNs: string
  readonly atNs: string
  readonly bootId: string
  readonly occupied: boolean
  readonly powered: boolean
  readonly executing: boolean
}

export type ClockTimes = {
  readonly bookedMs: number
  readonly occupiedMs: number
  readonly poweredMs: number
  readonly executingMs: number
}

/** Added to two polls, ms: readings of one poll do not arrive to the millisecond. */
const SLACK_MS = 500

/** Runs the clocks of the open session on. Kept in memory, and made durable with whatever else changes the session. */
export function runClocks({ m, env }: Turn): void {
  const { session } = m
  if (session === undefined) return
  const occupied = isOccupied(m)
  const before = session.clocks
  if (before === undefined && !occupied) return
  const { itemState } = m.condition
  const powered = occupied && itemState !== 'Unknown' && itemState !== 'NotAvailable'
  const now = {
    atNs: env.now.ns.toString(),
    bootId: env.stamp.bootId,
    occupied,
    powered,
    executing: powered && itemState === 'Executing',
  }
  const zero = { occupiedNs: '0', poweredNs: '0', executingNs: '0' }
  if (before === undefined) {
    m.session = { ...session, clocks: { ...zero, ...now } }
    return
  }
  const apartNs = env.now.ns - BigInt(before.atNs)
  const seen = before.bootId === now.bootId && apartNs >= 0n && apartNs <= BigInt(mostApartMs(m)) * NS_PER_MS
  const run = (ns: string, ran: boolean) => (seen && ran ? (BigInt(ns) + apartNs).toString() : ns)
  const known = itemState !== 'Unknown'
  m.session = {
    ...session,
    clocks: {
      occupiedNs: run(before.occupiedNs, before.occupied),
      poweredNs: run(before.poweredNs, before.powered && known),
      executingNs: run(before.executingNs, before.executing && known),
      ...now,
    },
  }
}

/** Unlocked, or locking again: the permission is this session's. */
function isOccupied({ access }: MachineState): boolean {
  return access.kind === 'Unlocked' || (access.kind === 'Finishing' && access.phase !== 'reading')
}

function mostApartMs(m: MachineState): number {
  const rule = m.config.state
  const signals = rule.kind === 'priority' ? rule.rules.map(({ when }) => when) : [rule.signal]
  return 2 * Math.max(...[...signals, INTERLOCK_POINT].map((id) => intervalOf(m.config, id))) + SLACK_MS
}

/** As an entry states them: whole ms. */
export function clockTimes({ clocks, bookedFromMs, bookedUntilMs, intendedAtMs }: Session): ClockTimes {
  const ms = (ns: string | undefined) => Number(BigInt(ns ?? '0') / NS_PER_MS)
  return {
    bookedMs: Math.max(0, bookedUntilMs - (bookedFromMs ?? intendedAtMs)),
    occupiedMs: ms(clocks?.occupiedNs),
    poweredMs: ms(clocks?.poweredNs),
    executingMs: ms(clocks?.executingNs),
  }
}
