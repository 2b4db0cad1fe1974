/**
 * What a gateway does for others while it is attacked: a tenant unlocks and ends a machine all the while, another holds
 * one unlocked, and memory and ledger are watched. Read next: attack.ts, which attacks.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LedgerEntry } from '../../support/gateway-api.ts'
import type { Plant, PlantMachine } from '../../support/gateway-plant.ts'
import { nowMs, pause } from '../../support/proof.ts'

export type Seen = {
  readonly seconds: number
  /** Uses from unlock to locked again, and how long each call of the tenant took. */
  readonly rounds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The slowest call of the tenant, and when it began. */
  readonly slowest: string
  /** Calls of the tenant that were refused. */
  readonly refused: readonly string[]
  /** Times the machine that is held was locked, and how late its latest heartbeat was. */
  readonly leasesLost: readonly string[]
  readonly beatLateMs: number
  /** Most resident memory above that before, MiB. */
  readonly growthMib: number
  /** Entries of the ledger, those of the tenant's uses and of the meters aside. */
  readonly entriesPerMinute: number
  readonly denials: number
  /** Starts of the gateway after the first, and sessions that were suspended. */
  readonly restarts: number
  readonly suspended: number
}

const BETWEEN_ROUNDS_MS = 500
const LOCKED_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 500
const HEARTBEAT_MS = 1_000
/** Of a lease of 5 s: less a heartbeat and the deadline of a request. */
const LEASE_MARGIN_MS = 3_000
/** What the two machines write while nobody attacks. */
const OF_USE = /^(Unlock|Session|Lock|Meter|Availability|Booking|Clock|Gateway)/

/** Works until `attack` is over, and for one use at least. `held` is unlocked. */
export async function watched<T>(
  plant: Plant,
  { used, held }: { readonly used: string; readonly held: string },
  attack: () => Promise<T>,
): Promise<{ readonly did: T; readonly seen: Seen }> {
  const { api } = plant
  const own = monitorEventLoopDelay()
  own.enable()
  const [startMs, head, before] = [nowMs(), await api.head(), rssMib(plant)]
  let over = false
  const attacking = attack().finally(() => {
    over = true
  })
  const most = watchMemory(plant, () => over)
  const use = await useUntil(plant, plant.machine(used), () => over)
  const did = await attacking
  const entries = await api.entries(head)
  const seconds = (nowMs() - startMs) / 1000
  const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length
  const seen: Seen = {
    seconds: Math.round(seconds),
    rounds: use.rounds,
    p50Ms: atShare(use.times, 0.5),
    p99Ms: atShare(use.times, 0.99),
    // What the call waited for may have been this process, which is hostile on the side.
    slowest: `${use.slowest}; we were ${Math.round(own.max / 1e6)} ms late ourselves`,
    refused: use.refused,
    ...(await heldOf(plant.machine(held), startMs)),
    growthMib: Math.round((await most) - before),
    entriesPerMinute: Math.round((entries.filter(isOfAttack).length * 60) / seconds),
    denials: count('AccessDenied'),
    restarts: count('GatewayStarted'),
    suspended: count('SessionSuspended'),
  }
  return { did, seen }
}

/** In one line. */
export function figureOf(seen: Seen): string {
  const { seconds, rounds, p50Ms, p99Ms, leasesLost, beatLateMs, growthMib, entriesPerMinute } = seen
  return `${seconds} s; ${rounds} uses, p50 ${p50Ms} ms, p99 ${p99Ms} ms; ${leasesLost.length} leases lost, heartbeats at most ${beatLateMs} ms late; +${growthMib} MiB; ${entriesPerMinute} entries/min`
}

export type Bounds = Partial<Pick<Seen, 'p99Ms' | 'growthMib' | 'entriesPerMinute' | 'denials'>>

/** What was not as it has to be. */
export function missed(seen: Seen, bounds: Bounds): string[] {
  const { refused, leasesLost, restarts, suspended, slowest } = seen
  const over = (Object.keys(bounds) as (keyof Bounds)[]).filter((name) => seen[name] > bounds[name]!)
  return [
    ...over.map((name) => `${name} is ${seen[name]}, above ${bounds[name]}; slowest: ${slowest}`),
    ...refused.map((text) => `the tenant was refused: ${text}`),
    ...leasesLost.map((text) => `a lease was lost: ${text}`),
    ...(seen.beatLateMs > LEASE_MARGIN_MS ? [`a heartbeat was ${seen.beatLateMs} ms late`] : []),
    ...(restarts + suspended > 0 ? [`${restarts} restarts, ${suspended} sessions suspended`] : []),
    ...(seen.rounds === 0 ? ['the tenant used nothing'] : []),
  ]
}

const isOfAttack = ({ kind }: LedgerEntry) => !OF_USE.test(kind)

async function useUntil({ api }: Plant, machine: PlantMachine, isOver: () => boolean) {
  const times: number[] = []
  const refused: string[] = []
  const startMs = performance.now()
  let slowest = { ms: 0, text: '' }
  let rounds = 0
  const timed = async (path: string): Promise<string | undefined> => {
    const token = await machine.token()
    const began = performance.now()
    const { status, body } = await api.call<{ id: string }>('POST', path, { token, body: {} })
    const ms = Math.round(performance.now() - began)
    times.push(ms)
    if (ms > slowest.ms) slowest = { ms, text: `${path} after ${Math.round((began - startMs) / 1000)} s: ${ms} ms` }
    if (status === 200) return body.id
    refused.push(`POST ${path}: ${status} ${JSON.stringify(body)}`)
    return undefined
  }
  do {
    const session = await timed(`/machines/${machine.id}/unlock`)
    await pause(BETWEEN_ROUNDS_MS)
    if (session !== undefined) {
      await timed(`/sessions/${session}/end`)
      await api.untilMachine(machine.id, ({ access }) => access === 'Locked', LOCKED_WITHIN_MS)
      rounds += 1
    }
  } while (!isOver())
  return { times, refused, rounds, slowest: slowest.text }
}

/** The machine that is held unlocked was locked only if its permission lapsed. */
async function heldOf(
  { id, simulator }: PlantMachine,
  fromMs: number,
): Promise<Pick<Seen, 'leasesLost' | 'beatLateMs'>> {
  const { outputEdges, writeFrames } = await simulator.judge()
  const beats = writeFrames.last.filter(({ atMs }) => atMs >= fromMs)
  return {
    leasesLost: outputEdges.flatMap(({ on, atMs, cause }) => (!on && atMs >= fromMs ? [`${id}: ${cause}`] : [])),
    beatLateMs: Math.max(0, ...beats.slice(1).map(({ atMs }, index) => atMs - beats[index]!.atMs - HEARTBEAT_MS)),
  }
}

async function watchMemory(plant: Plant, isOver: () => boolean): Promise<number> {
  let most = 0
  while (!isOver()) {
    most = Math.max(most, rssMib(plant))
    await pause(LOOK_EVERY_MS)
  }
  return Math.max(most, rssMib(plant))
}

/** Resident memory of the gateway, from the kernel. */
function rssMib({ gateway }: Plant): number {
  const isGateway = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(gateway.sitePath)
    } catch {
      return false
    }
  }
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isGateway(name))
  if (pid === undefined) throw new Error(`the gateway is gone: ${gateway.output()}`)
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

const atShare = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(times.length * share) - 1)] ?? 0
