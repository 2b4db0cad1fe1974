/**
 * What waits to be written: of each machine and gateway the newest only, so that it is bounded by how many there are.
 * Pure but for the clock that is given. Read next: store.ts, which writes it.
 */
import { type About, type Fact, keyOf, type Plan, type State } from './fact.ts'

type OfMachine = { site: string; machine: string; about?: About; state?: State; plan?: Plan; gone?: true }
type OfGateway = { site: string; gateway: number; online: boolean; freshMs: number; lost?: true }
/** `freshMs`: when what it says of its machines held, by our monotonic clock. */
export type Batch = { readonly machines: Map<string, OfMachine>; readonly gateways: Map<string, OfGateway> }

export const emptyBatch = (): Batch => ({ machines: new Map(), gateways: new Map() })

export function addFact({ machines, gateways }: Batch, given: Exclude<Fact, { fact: 'event' }>, nowMs: number): void {
  const { site } = given
  if (given.fact === 'beat') {
    const { gateway, online, ageMs } = given
    const key = keyOf(site, gateway)
    const lost = gateways.get(key)?.lost
    gateways.set(key, { site, gateway, online, freshMs: nowMs - ageMs, ...(lost && { lost }) })
    return
  }
  const { machine } = given
  const key = keyOf(site, machine)
  if (given.fact === 'gone') machines.set(key, { site, machine, gone: true })
  else if (given.fact === 'about') machines.set(key, { ...machines.get(key), site, machine, about: given.about })
  else machines.set(key, { ...machines.get(key), site, machine, state: given.state })
}

/** A plan of an older event than the one that waits is passed over. */
export function addPlan({ machines }: Batch, site: string, machine: string, plan: Plan): void {
  const key = keyOf(site, machine)
  const waiting = machines.get(key)
  if (waiting?.plan !== undefined && waiting.plan.seq > plan.seq && plan.begins !== true) return
  const begins = plan.begins ?? waiting?.plan?.begins
  machines.set(key, { ...waiting, site, machine, plan: { ...plan, ...(begins && { begins }) } })
}

/** The gateway was away: nobody knows what it was told meanwhile. */
export function addLost({ gateways }: Batch, site: string, gateway: number): void {
  const key = keyOf(site, gateway)
  const waiting = gateways.get(key)
  if (waiting !== undefined) gateways.set(key, { ...waiting, lost: true })
}
