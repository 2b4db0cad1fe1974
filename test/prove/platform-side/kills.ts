/**
 * Gateway and broker are killed at random while machines are used: what a consumer has counted in the end is what the
 * ledger has, each entry once and each machine in order, and its units are those of the machines' accounts. A broker
 * may forget what it has taken, so that the consumer has to notice what is missing and read it from the log. At the end
 * it is away while the gateway delivers the rest, so that no later event tells it of what it missed.
 * Read next: follower.ts (the consumer); gateway/BROKERS.md (what a broker forgets).
 */
import type { Broker } from '../../support/broker.ts'
import type { LedgerEntry, Machine, Session } from '../../support/gateway-api.ts'
import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { startMosquittoBroker } from '../../support/mosquitto.ts'
import { startNats } from '../../support/nats.ts'
import { found, nowMs, pause, randomBetween } from '../../support/proof.ts'
import { startRabbitmq } from '../../support/rabbitmq.ts'
import { createChecks, type Item } from '../item.ts'
import { type Follower, follow } from './follower.ts'

const MACHINES = 3
type Pace = { readonly forMs: number; readonly calmMs: Range; readonly awayMs: Range }
type Range = readonly [least: number, most: number]
const FULL: Pace = { forMs: 600_000, calmMs: [2_000, 6_000], awayMs: [200, 4_000] }
/** A start of RabbitMQ takes 8 s, 3.5 s of a processor, so that less is left of the time. */
const FULL_SLOW_START: Pace = { forMs: 600_000, calmMs: [1_500, 4_000], awayMs: [200, 2_000] }
const QUICK: Pace = { forMs: 5_000, calmMs: [300, 900], awayMs: [100, 500] }
/** A tenant works so long, and waits so long before trying again after a refusal, ms. */
const WORK_MS = [500, 2_000] as const
const AGAIN_MS = 300
const BEGUN_MS = 30_000
const DRAIN_MS = 60_000
/** More deaths than this of each, and more uses. */
const LEAST = { quick: 0, full: 20 } as const

export const kills = killing('kills', startMosquittoBroker, FULL)
export const killsNats = killing('kills-nats', startNats, FULL)
/** Its starts alone take longer than the whole of a bounded form may. */
export const killsRabbitmq: Item = { ...killing('kills-rabbitmq', startRabbitmq, FULL_SLOW_START), fullOnly: true }

function killing(name: string, startBroker: () => Promise<Broker>, full: Pace): Item {
  return {
    name,
    async run(run) {
      const { scope, say, quick } = run
      const checks = createChecks(say)
      const broker = await startBroker()
      scope.defer(() => broker.remove())
      const plant = await startPlant(scope, {
        site: name,
        machines: { 'spray-booth': MACHINES },
        cycleMs: 300,
        autoStart: true,
        people: { technician: { role: 'technician', name: 'trial' } },
        mqtt: { url: broker.nodes[0]!.url, version: broker.version, publish: broker.publish, ...broker.login },
        bounds: { reconnectMax: '2s' },
      })
      const follower = follow(scope, broker, plant)
      await Promise.all(plant.machines.map((machine) => begun(plant, machine)))
      const day = { isOver: false }
      const tenants = plant.machines.map((machine) => workOn(plant, machine, day))
      const deaths = await kill(quick ? QUICK : full, plant, broker)
      await follower.leave()
      day.isOver = true
      await Promise.all(tenants)
      await found(() => isDelivered(plant), DRAIN_MS, 'the gateway never delivers the rest')
      follower.back()
      const entries = await plant.api.entries()
      const uses = entries.filter(({ kind }) => kind === 'SessionEnded').length
      say(`${deaths.gateway} deaths of the gateway, ${deaths.broker} of the broker, ${uses} uses`)
      await caughtUp(plant, follower, entries)
      judge(checks, follower, entries)
      for (const { id, unitMeter } of plant.machines) {
        const { session } = await plant.api.meter(unitMeter)
        const units = unitsOf(follower.ends, id, unitMeter)
        checks.check(`${id}: the consumer has counted what was used`, String(units) === session, [units, session])
      }
      checks.check(
        'both died, and machines were used',
        Math.min(deaths.gateway, deaths.broker, uses) > (quick ? LEAST.quick : LEAST.full),
      )
      const { doubles, filled } = follower
      return checks.verdict(
        `${deaths.gateway + deaths.broker} deaths, ${uses} uses, ${entries.length} entries: ${doubles()} doubles passed over, ${filled()} read from the log`,
      )
    },
  }
}

function unitsOf(ends: Follower['ends'], machine: string, meter: string): number {
  const uses = ends.flatMap((end) => (end.machine === machine ? (end.data.use as Session['use']) : []))
  return uses.reduce((sum, use) => (use.meter === meter ? sum + Number(use.quantity) : sum), 0)
}

/** On a busy computer a machine may not have been read just now. */
function begun({ api }: Plant, { id, token }: PlantMachine): Promise<Session> {
  const unlocked = async () => api.unlocked(id, await token()).catch(() => undefined)
  return found(unlocked, BEGUN_MS, `${id} is never unlocked`)
}

/** Gateway and broker in turn. Every other time it is the node that the gateway is connected to. */
async function kill({ forMs, calmMs, awayMs }: Pace, { gateway }: Plant, { nodes }: Broker) {
  const deaths = { gateway: 0, broker: 0 }
  for (const endsMs = nowMs() + forMs; nowMs() < endsMs || deaths.broker === 0; ) {
    await pause(randomBetween(...calmMs))
    const isGateway = deaths.gateway <= deaths.broker
    const victim = isGateway ? gateway : nodes[deaths.broker % 2 === 0 ? 0 : randomBetween(0, nodes.length - 1)]!
    deaths[isGateway ? 'gateway' : 'broker'] += 1
    await victim.kill()
    await pause(randomBetween(...awayMs))
    await victim.start()
  }
  return deaths
}

/** One use after the other, as long as the day goes. A death costs a try, and no use is left open. */
async function workOn(
  { api, key }: Plant,
  { id, token }: PlantMachine,
  day: { readonly isOver: boolean },
): Promise<void> {
  for (;;) {
    try {
      await pause(randomBetween(...WORK_MS))
      // Only a technician is told of a session whose unlock was never answered.
      const { body } = await api.call<Machine>('GET', `/machines/${id}`, { token: key('technician') })
      if (body.session !== undefined) await api.ended(body.session)
      else if (body.availability.state === 'Unknown') continue // Just back: it has not been read yet.
      if (day.isOver) return
      await api.unlocked(id, await token())
    } catch {
      // One of them is dead, or just back.
      await pause(AGAIN_MS)
    }
  }
}

async function isDelivered({ api }: Plant): Promise<true | undefined> {
  const health = await fetch(`${api.url}/health/ready`).then(
    (answer) => answer.json() as Promise<{ readonly sinks: readonly { connected: boolean; behind: number }[] }>,
    () => undefined,
  )
  return health?.sinks.every(({ connected, behind }) => connected && behind === 0) || undefined
}

async function caughtUp({ machines }: Plant, { last }: Follower, entries: readonly LedgerEntry[]): Promise<void> {
  const lastOf = (machine: string) => entries.findLast((entry) => entry.machine === machine)?.seq ?? -1
  const isThere = () => machines.every(({ id }) => (last.get(id) ?? -1) >= lastOf(id)) || undefined
  await found(isThere, DRAIN_MS, 'the consumer never catches up').catch(() => undefined)
}

/** Of entries that came after the ledger was read nothing is said. */
function judge(
  checks: ReturnType<typeof createChecks>,
  { taken, disorder }: Follower,
  entries: readonly LedgerEntry[],
): void {
  const newest = entries.at(-1)?.seq ?? -1
  const ofMachines = entries.filter(({ machine }) => machine !== undefined)
  const lost = ofMachines.filter(({ seq }) => !taken.has(seq)).map(({ seq, kind }) => `${seq} ${kind}`)
  const known = new Set(entries.map(({ seq }) => seq))
  const twice = [...taken].filter(([, times]) => times > 1).map(([seq]) => seq)
  const made = [...taken.keys()].filter((seq) => seq <= newest && !known.has(seq))
  checks.check('nothing is lost', lost.length === 0, lost.slice(0, 10))
  checks.check('nothing is counted twice', twice.length === 0, twice.slice(0, 10))
  checks.check('nothing is made up', made.length === 0, made.slice(0, 10))
  checks.check('each machine in order', disorder() === 0, disorder())
}
