/**
 * More time for a session that runs, and another tenant for a booking, from the command to the booking. The machine
 * sees to its session as after any change of a booking. Nothing is answered before it is durable.
 * Read next: core/booking/amendment.ts (what is decided), bookings.ts, sessions.ts.
 */
import { decideHandOver, latestEnd, withEnd } from '../../core/booking/amendment.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { authoriseSession } from '../../core/permission/permission.ts'
import { isOpen } from '../../core/session/session.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { Bookings } from './bookings.ts'

type AmendmentDeps = { readonly machines: ReadonlyMap<string, MachineLoop>; readonly bookings: Bookings }

type Amend = Extract<Command, { kind: 'extend' | 'hand-over' }>

export async function amend(command: Amend, deps: AmendmentDeps): Promise<Outcome> {
  if (command.kind === 'extend') return extendSession(command, deps)
  return command.principal.role === 'platform' ? handOver(command, deps) : refused(refuse('forbidden'))
}

/** Asked for the end that it has, it changes nothing. */
async function extendSession(
  { principal, session: id, untilMs }: Extract<Command, { kind: 'extend' }>,
  { machines, bookings }: AmendmentDeps,
): Promise<Outcome> {
  const machine = [...machines.values()].find(({ state }) => state.session?.id === id)
  const session = machine?.state.session
  if (machine === undefined || session === undefined || !isOpen(session) || session.status === 'finishing')
    return refused(refuse('session-ended'))
  const refusal = authoriseSession(principal, session, 'extend')
  if (refusal) return refused(refusal)
  const booking = machine.state.bookings.find((item) => item.id === session.booking)
  if (booking === undefined) return refused(refuse('no-booking', 'an override has a time of its own'))
  if (untilMs === booking.endMs) return { kind: 'session', session }
  if (untilMs < booking.endMs) return refused(refuse('bad-request', 'the session may go on until then already'))
  const by = principal.role === 'tenant' ? 'tenant' : 'platform'
  const latestMs = latestEnd(booking, takenAt(machine), by)
  if (untilMs > latestMs) return refused(tooLate(latestMs, booking.endMs))
  await bookings.amend(withEnd(booking, untilMs), { because: 'extended', by })
  return { kind: 'session', session: machine.state.session ?? session }
}

/** What else needs the time of a machine. */
const takenAt = ({ state: { bookings, row, config } }: MachineLoop) => ({
  bookings,
  blocks: row.blocks ?? [],
  cleanDownMs: config.afterUse.cleanDownMs,
})

function tooLate(latestMs: number, endMs: number) {
  const latest = new Date(latestMs).toISOString()
  const why = latestMs > endMs ? `it can be extended until ${latest}` : 'it cannot be extended'
  return refuse('booking-conflict', `${why}: the time after that is taken, or not in its terms`, { latest })
}

async function handOver(
  { handOver: asked }: Extract<Command, { kind: 'hand-over' }>,
  { machines, bookings }: AmendmentDeps,
): Promise<Outcome> {
  const known = bookings.find(asked.id)
  const session = known && machines.get(known.machine)?.state.session
  const inUse = session !== undefined && isOpen(session) && session.booking === asked.id
  const decision = decideHandOver(known, asked, inUse)
  if (decision.kind === 'refused') return refused(decision.refusal)
  if (decision.kind === 'handed-over')
    await bookings.amend(decision.booking, { because: 'handed-over', by: 'platform' })
  return { kind: 'booking', booking: decision.booking, created: false }
}
