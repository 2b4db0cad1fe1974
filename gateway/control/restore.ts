/**
 * The machines as the ledger has kept them: meters, bookings, the open session, what is planned. What an interlock does
 * now is read later. Read next: core/machine/state.ts (`newMachine`), core/access/adoption.ts.
 */
import type { SiteConfig } from '../../config/site.ts'
import type { MachineConfig } from '../core/ground/config.ts'
import { type MachineState, newMachine } from '../core/machine/state.ts'
import type { MeterState } from '../core/meter/meter.ts'
import { FORGOTTEN_AFTER_MS } from '../core/people/bookings.ts'
import type { Session } from '../core/session/session.ts'
import type { Reader } from '../ledger/store/reader.ts'
import { createMachineLoop, type MachineLoop, type MachineLoopDeps } from './loops/machine-loop.ts'

export function restoreMachines(
  { machines, bounds }: SiteConfig,
  reader: Reader,
  leastMs: number,
  deps: Omit<MachineLoopDeps, 'state'>,
): Map<string, MachineLoop> {
  const meters = reader.meters()
  const rows = reader.machines()
  const bookings = reader.bookings(leastMs - FORGOTTEN_AFTER_MS, bounds.maxBookings)
  return new Map(
    machines.map((config) => {
      const { id } = config
      const session = reader.sessions({ machine: id, onlyOpen: true, limit: 1 })[0]
      const row = rows.find(({ machine }) => machine === id)
      const state = newMachine(config, {
        meters: meters.filter(
          ({ machine, meter }) =>
            machine === id && (config.meters.some((known) => known.id === meter) || isOfSession(meter, session)),
        ),
        bookings: bookings.filter(({ machine }) => machine === id),
        ...(session ? { session } : {}),
        ...(row ? { row } : {}),
      })
      return [id, createMachineLoop({ state, ...deps })]
    }),
  )
}

/**
 * A machine that nobody uses, as another configuration has it: what is durable of it stays, with the meters as they
 * stand in memory; one that it had long ago comes back from the ledger. What it does is read anew.
 */
export function renewMachine(
  config: MachineConfig,
  { meters, bookings, row }: MachineState,
  reader: Reader,
  deps: Omit<MachineLoopDeps, 'state'>,
): MachineLoop {
  const isConfigured = ({ meter }: MeterState) => config.meters.some(({ id }) => id === meter)
  const earlier = reader.meters().filter(({ machine, meter }) => machine === config.id && !meters.has(meter))
  const kept = [...meters.values(), ...earlier].filter(isConfigured)
  return createMachineLoop({ state: newMachine(config, { meters: kept, bookings, row }), ...deps })
}

/** A meter that was taken out of the configuration stands where it stood until the session that has it is over. */
function isOfSession(meter: string, session: Session | undefined): boolean {
  return session !== undefined && [...session.begin, ...session.use].some((item) => item.meter === meter)
}
