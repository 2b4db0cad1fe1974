/**
 * Gateway and broker are killed at random while machines work: what a consumer has counted in the end is what the
 * ledger has, each entry once and each machine in order. The broker keeps nothing over its death, so that the consumer
 * has to notice what is missing and read it from the log.
 */
import { connect } from 'mqtt'
import { type Chained, createInbox } from '../../../gateway/client/inbox.ts'
import type { LedgerEntry } from '../../support/gateway-api.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { found, nowMs, pause, randomBetween, type Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

const SITE = 'kills'
const MACHINES = 3
/** Between a return and the next death, and how long the dead stay so, ms. */
const CALM = [3_000, 8_000] as const
const AWAY = [200, 4_000] as const
/** A gap that is older is read from the log. */
const LOOK_MS = 1_000
const DRAIN_MS = 60_000

export const kills: Item = {
  name: 'kills',
  async run({ scope, say, quick }) {
    const checks = createChecks(say)
    const broker = await startMosquitto()
    scope.defer(() => broker.remove())
    const plant = await startPlant(scope, {
      site: SITE,
      machines: { 'spray-booth': MACHINES },
      cycleMs: 300,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const consumer = startConsumer(scope, broker.url, plant)
    for (const machine of plant.machines) await plant.api.unlocked(machine.id, await machine.token())
    const endsMs = nowMs() + (quick ? 20_000 : 600_000)
    let deaths = 0
    while (nowMs() < endsMs) {
      await pause(randomBetween(...CALM))
      deaths += 1
      if (deaths % 2 === 0) {
        await broker.kill()
        await pause(randomBetween(...AWAY))
        await broker.start()
      } else {
        await plant.gateway.kill()
        await pause(randomBetween(...AWAY))
        await plant.gateway.start()
      }
    }
    say(`${deaths} deaths`)
    const entries = await plant.api.entries()
    const lastOf = (machine: string) => entries.findLast((entry) => entry.machine === machine)?.seq ?? -1
    const caughtUp = () => plant.machines.every(({ id }) => (consumer.last.get(id) ?? -1) >= lastOf(id)) || undefined
    await found(caughtUp, DRAIN_MS, 'the consumer never catches up').catch(() => undefined)
    const newest = entries.at(-1)?.seq ?? -1
    judge(
      checks,
      consumer,
      entries.filter(({ machine }) => machine !== undefined),
      newest,
    )
    return checks.verdict(`${deaths} deaths, ${entries.length} entries, ${consumer.doubles()} doubles passed over`)
  },
}

type Consumer = {
  /** How often each entry was handed on. */
  readonly taken: ReadonlyMap<number, number>
  /** By machine: the entry that was handed on last. */
  readonly last: ReadonlyMap<string, number>
  disorder(): number
  doubles(): number
}

function startConsumer(scope: Scope, url: string, plant: Plant): Consumer {
  const inbox = createInbox<Chained>()
  const taken = new Map<number, number>()
  const last = new Map<string, number>()
  let disorder = 0
  function take(events: readonly { readonly seq: number; readonly machine?: string }[]): void {
    for (const { seq, machine = '' } of events) {
      taken.set(seq, (taken.get(seq) ?? 0) + 1)
      if ((last.get(machine) ?? -1) >= seq) disorder += 1
      last.set(machine, seq)
    }
  }
  const client = connect(url, { protocolVersion: 5, reconnectPeriod: 200 })
  client.on('error', () => undefined)
  client.on('connect', () => client.subscribe(`latchkey/v1/${SITE}/+/events`, { qos: 1 }))
  client.on('message', (_topic, payload) => take(inbox.put(JSON.parse(payload.toString()) as Chained)))
  let looking = false
  const look = async () => {
    if (looking) return
    looking = true
    // The gateway may be dead just now.
    for (const gap of inbox.gaps()) take(inbox.fill(gap, await plant.api.entries(gap.after + 1).catch(() => [])))
    looking = false
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  scope.defer(() => clearInterval(timer))
  scope.defer(() => client.endAsync(true))
  return { taken, last, disorder: () => disorder, doubles: inbox.doubles }
}

/** `newest`: of the ledger when it was read; what came later is not judged. */
function judge(
  checks: ReturnType<typeof createChecks>,
  { taken, disorder }: Consumer,
  entries: readonly LedgerEntry[],
  newest: number,
): void {
  const lost = entries.filter(({ seq }) => !taken.has(seq)).map(({ seq, kind }) => `${seq} ${kind}`)
  const known = new Set(entries.map(({ seq }) => seq))
  const twice = [...taken].filter(([, times]) => times > 1).map(([seq]) => seq)
  const made = [...taken.keys()].filter((seq) => seq <= newest && !known.has(seq))
  checks.check('nothing is lost', lost.length === 0, lost.slice(0, 10))
  checks.check('nothing is counted twice', twice.length === 0, twice.slice(0, 10))
  checks.check('nothing is made up', made.length === 0, made.slice(0, 10))
  checks.check('each machine in order', disorder() === 0, disorder())
}
