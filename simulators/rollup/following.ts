/**
 * What is made of news: a message becomes what is written, and whatever may have changed a plan becomes a question to
 * the gateway, which alone knows its bookings, clean-downs, blocks and windows. Nothing is taken from retained
 * messages: the broker may have kept them for long.
 * Read next: batch.ts (what waits to be written), chains.ts (which events change a plan), asking.ts.
 */
import { type Address, startAsking } from './asking.ts'
import { addFact, addLost, addPlan, type Batch } from './batch.ts'
import { concernsAll, createChains } from './chains.ts'
import { type AboutFact, type EventFact, type Fact, keyOf, type StateFact } from './fact.ts'
import { readMessage } from './read.ts'

/** A site that makes up machines ends at this. */
const MOST_MACHINES = 1_000_000

type Deps = Readonly<{
  addresses: readonly Address[]
  lanes: number
  /** Each gateway is asked anew after so long, whatever it said. */
  askEveryMs: number
  /** Without a heartbeat for so long a gateway was away. */
  awayMs: number
  nowMs: () => number
  authorization: () => Promise<string | undefined>
  /** What may be written now. */
  batch: () => Batch | undefined
}>

type Following = {
  readonly deps: Deps
  readonly chains: ReturnType<typeof createChains>
  readonly asking: ReturnType<typeof startAsking>
  readonly known: ReadonlyMap<string, Address>
  readonly sites: ReadonlyMap<string, readonly Address[]>
  /** When each gateway was heard last, and whether it said that it is there. */
  readonly heard: Map<string, { readonly online: boolean; readonly atMs: number }>
  /** When each machine said what it does: an older answer to a question is older news. */
  readonly stateMs: Map<string, number>
  readonly gatewayOf: Map<string, number>
  forgottenMs: number
  readonly counts: { messages: number; retained: number; rubbish: number; foreign: number }
}

export function startFollowing(deps: Deps) {
  const { addresses, askEveryMs, lanes, nowMs, authorization, batch } = deps
  const chains = createChains()
  const asking = startAsking({
    ...{ lanes, nowMs, authorization },
    seqOf: (site, machine) => chains.seqOf(keyOf(site, machine)),
    onMachines: (facts, askedMs) => takeMachines(following, facts, askedMs),
    onPlan(site, machine, plan, askedMs) {
      const open = batch()
      if (open !== undefined && askedMs >= following.forgottenMs) addPlan(open, site, machine, plan)
    },
  })
  const following: Following = {
    ...{ deps, chains, asking, heard: new Map(), stateMs: new Map(), gatewayOf: new Map() },
    known: new Map(addresses.map((address) => [keyOf(address.site, address.gateway), address])),
    sites: Map.groupBy(addresses, ({ site }) => site),
    forgottenMs: nowMs(),
    counts: { messages: 0, retained: 0, rubbish: 0, foreign: 0 },
  }
  let turn = 0
  const timer = setInterval(
    () => {
      const address = addresses[turn++ % addresses.length]
      if (address && following.heard.get(keyOf(address.site, address.gateway))?.online) asking.all(address)
    },
    Math.max(1, askEveryMs / Math.max(1, addresses.length)),
  )
  return {
    message: (topic: string, payload: string, isRetained: boolean) =>
      takeMessage(following, topic, payload, isRetained),
    /** Nothing is known: each gateway is asked when it says that it is there. */
    begin(): void {
      following.forgottenMs = nowMs()
      chains.forget()
      for (const map of [following.heard, following.stateMs]) map.clear()
    },
    counts: () => ({ ...following.counts, ...asking.counts() }),
    close(): void {
      clearInterval(timer)
      asking.close()
    },
  }
}

function takeMessage(following: Following, topic: string, payload: string, isRetained: boolean): void {
  const { deps, counts, sites, stateMs } = following
  const open = deps.batch()
  if (open === undefined) return
  counts.messages += 1
  if (isRetained) {
    counts.retained += 1
    return
  }
  const fact = readMessage(topic, payload)
  if (fact === undefined) counts.rubbish += 1
  else if (sites.has(fact.site) && stateMs.size < MOST_MACHINES) take(following, open, fact)
  else counts.foreign += 1
}

function take(following: Following, open: Batch, fact: Fact): void {
  const { stateMs, gatewayOf, deps } = following
  if (fact.fact === 'event') return takeEvent(following, open, fact)
  if (fact.fact === 'beat') return takeBeat(following, open, fact)
  addFact(open, fact, deps.nowMs())
  const key = keyOf(fact.site, fact.machine)
  if (fact.fact === 'state') stateMs.set(key, deps.nowMs())
  if (fact.fact === 'about') gatewayOf.set(key, fact.about.gateway)
  if (fact.fact === 'gone') for (const map of [stateMs, gatewayOf]) map.delete(key)
}

function takeEvent(following: Following, open: Batch, event: EventFact): void {
  const { asking, chains, sites } = following
  const { site, machine, seq } = event
  if (machine === undefined) {
    if (concernsAll(event)) for (const address of sites.get(site) ?? []) asking.all(address)
    return
  }
  const meaning = chains.hear(keyOf(site, machine), event)
  if (meaning === 'nothing') return
  addPlan(open, site, machine, { seq, free: null, ...(meaning === 'begun' && { begins: true }) })
  for (const address of addressesOf(following, site, machine)) asking.plan(address, machine)
}

function takeBeat(following: Following, open: Batch, beat: Extract<Fact, { fact: 'beat' }>): void {
  const { known, heard, asking, counts, deps } = following
  const { site, gateway, online } = beat
  const key = keyOf(site, gateway)
  const [address, before, nowMs] = [known.get(key), heard.get(key), deps.nowMs()]
  if (address === undefined) {
    counts.foreign += 1
    return
  }
  heard.set(key, { online, atMs: nowMs })
  addFact(open, beat, nowMs)
  if (!online || (before?.online === true && nowMs - before.atMs < deps.awayMs)) return
  addLost(open, site, gateway)
  asking.all(address)
}

/** The gateway of a machine, or all of its site while that is not known. */
function addressesOf({ gatewayOf, known, sites }: Following, site: string, machine: string): readonly Address[] {
  const gateway = gatewayOf.get(keyOf(site, machine))
  const address = gateway === undefined ? undefined : known.get(keyOf(site, gateway))
  return address === undefined ? (sites.get(site) ?? []) : [address]
}

function takeMachines(following: Following, facts: readonly (AboutFact | StateFact)[], askedMs: number): void {
  const { deps, gatewayOf, stateMs, forgottenMs } = following
  const open = deps.batch()
  if (open === undefined || askedMs < forgottenMs) return
  for (const fact of facts) {
    const key = keyOf(fact.site, fact.machine)
    if (fact.fact === 'about') gatewayOf.set(key, fact.about.gateway)
    if (fact.fact === 'about' || (stateMs.get(key) ?? askedMs - 1) < askedMs) addFact(open, fact, deps.nowMs())
  }
}
