/**
 * A whole gateway as an edge node of Sparkplug B, at a real Mosquitto, before a primary host that knows nothing of it
 * but the definitions of the payload: births, data, deaths, a rebirth, an outage, a kill. What the host has read in the
 * end is what the ledger has.
 */
import { encode } from '../../../gateway/front/sinks/sparkplug/payload.ts'
import { needPackages } from '../../support/apt.ts'
import type { LedgerEntry } from '../../support/gateway-api.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { found, pause, type Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { compileDecoder, type Decoder, type Heard, type Host, type Metric, startHost } from './sparkplug/host.ts'
import { readByTahu } from './sparkplug/tahu.ts'

const PACKAGES = ['protobuf-compiler', 'python3-protobuf']
const SITE = 'sparkplug'
const MACHINE = 'booth-1'
const METER = 'plc.parts'
const PATIENCE_MS = 30_000
const ROUNDS = 10
const TYPES = ['NBIRTH', 'DBIRTH', 'NDATA', 'DDATA', 'DDEATH', 'NDEATH']

export const sparkplug: Item = {
  name: 'sparkplug',
  async run({ scope, quick, say }) {
    const checks = createChecks(say)
    needPackages(PACKAGES)
    const decode = await compileDecoder(scope)
    await judgeValues(checks, decode)
    const broker = await startMosquitto()
    scope.defer(() => broker.remove())
    const place = { url: broker.url, group: 'Works 7', node: SITE, host: 'scada' }
    const host = startHost(scope, place, decode)
    const { plant, outages } = await live(scope, { place, broker, host, rounds: quick ? 1 : ROUNDS, say })
    const entries = await plant.api.entries()
    await until(() => host.count('NDATA') >= entries.length, 'the host never has all')
    await pause(200)
    const { total } = await plant.api.meter(`${MACHINE}/${METER}`)
    const heard = await host.heard()
    judgeMessages(checks, heard)
    judgeSessions(checks, heard)
    judgeLedger(checks, heard, entries, total)
    judgeHistory(checks, heard, outages)
    if (!quick) await judgeByTahu(checks, scope, heard)
    return checks.verdict(`${heard.length} messages, ${entries.length} entries, ${total} units`)
  },
}

type Outage = { readonly fromMs: number; readonly toMs: number }
type Stage = {
  readonly place: Parameters<typeof startHost>[1]
  readonly broker: Awaited<ReturnType<typeof startMosquitto>>
  readonly host: Host
  readonly rounds: number
  say(text: string): void
}

const until = (holds: () => boolean, otherwise: string) => found(() => holds() || undefined, PATIENCE_MS, otherwise)

/** A machine works, is cut off and comes back; the broker dies; the gateway is killed. */
async function live(scope: Scope, { place, broker, host, rounds, say }: Stage) {
  const plant = await startPlant(scope, {
    site: SITE,
    machines: { 'spray-booth': 1 },
    cycleMs: 200,
    autoStart: true,
    sparkplug: { ...place, version: 5, historyRate: 10_000 },
    bounds: { reconnectMax: '1s' },
  })
  const next = async (type: string, act: () => Promise<unknown>) => {
    const before = host.count(type)
    await act()
    await until(() => host.count(type) > before, `no ${type}`)
  }
  const outages: Outage[] = []
  await until(() => host.count('DBIRTH') > 0, 'no birth of the machine')
  for (let round = 0; round < rounds; round += 1) {
    const machine = plant.machine(MACHINE)
    await plant.api.untilMachine(MACHINE, ({ availability }) => availability.state !== 'Unknown', PATIENCE_MS)
    const session = await plant.api.unlocked(MACHINE, await machine.token())
    await next('NBIRTH', host.rebirth)
    const fromMs = Date.now()
    await next('NBIRTH', async () => {
      await broker.kill()
      await pause(400)
      await plant.api.end(session.id)
      await plant.api.ended(session.id)
      outages.push({ fromMs, toMs: Date.now() })
      await broker.start()
    })
    await next('DDEATH', () => machine.simulator.kill())
    await next('DBIRTH', () => machine.simulator.start())
    await next('NDEATH', () => plant.gateway.kill())
    await next('DBIRTH', () => plant.gateway.start())
    say(`round ${round + 1} of ${rounds}`)
  }
  return { plant, outages }
}

/** The least, the greatest and what a double would round. */
const VALUES = [
  ['Int64', -(2n ** 63n)],
  ['Int64', 2n ** 63n - 1n],
  ['Int64', -1n],
  ['Int64', 9_007_199_254_740_993n],
  ['UInt64', 2n ** 64n - 1n],
  ['UInt64', 0n],
] as const

async function judgeValues(checks: Checks, decode: Decoder): Promise<void> {
  const payloads = VALUES.map(([type, value]) =>
    encode({ atMs: 1, seq: 0, describes: true, metrics: [{ name: 'value', type, value, atMs: 1 }] }),
  )
  const read = (await decode(payloads)).map(({ metrics }) => metrics[0]?.value)
  const due = VALUES.map(([, value]) => String(value))
  checks.check('values of 64 bits are read as they are', read.join() === due.join(), read)
}

function judgeMessages(checks: Checks, heard: readonly Heard[]): void {
  for (const type of TYPES)
    checks.check(
      `${type} was heard`,
      heard.some((message) => message.type === type),
    )
  const known = new Set(TYPES)
  checks.check(
    'and nothing else',
    heard.every(({ type }) => known.has(type)),
  )
  const torn = heard.filter(({ whole }) => !whole)
  checks.check('the definitions name everything that is sent', torn.length === 0, brief(torn[0]))
  const kept = heard.filter(({ qos, retain }) => qos !== 0 || retain)
  checks.check('nothing is retained', kept.length === 0, brief(kept[0]))
  const types = new Map(
    heard.flatMap(({ metrics }) => metrics.flatMap(({ name, type }) => (type === null ? [] : [[name, type]]))),
  )
  const fields: Readonly<Record<number, string>> = { 4: 'long', 8: 'long', 11: 'boolean', 12: 'string', 13: 'long' }
  const isOdd = ({ name, field, null: isNull }: Metric) =>
    isNull ? field !== null : field !== `${fields[types.get(name) ?? 0]}_value`
  const odd = heard.flatMap(({ metrics }) => metrics.filter(isOdd))
  checks.check('each value is of the type of its birth', odd.length === 0, odd[0])
}

const brief = (message: Heard | undefined) => message && { ...message, payload: undefined }
const bdSeqOf = ({ metrics }: Heard) => metrics.find(({ name }) => name === 'bdSeq')?.value

/** Between a birth and a death the numbers have no hole; deaths have the number of the births they end. */
function judgeSessions(checks: Checks, heard: readonly Heard[]): void {
  const holes: Heard[] = []
  const strangers: Heard[] = []
  const sessions: unknown[] = []
  let due: number | undefined
  for (const message of heard) {
    if (message.type === 'NDEATH') {
      if (bdSeqOf(message) !== sessions.at(-1)) strangers.push(message)
      due = undefined
      continue
    }
    if (message.type === 'NBIRTH') {
      if (bdSeqOf(message) !== sessions.at(-1)) sessions.push(bdSeqOf(message))
      due = 0
    }
    if (message.seq !== due) holes.push(message)
    due = ((message.seq ?? 0) + 1) % 256
  }
  checks.check('the sequence has no hole', holes.length === 0, brief(holes[0]))
  checks.check('each death is of the births before it', strangers.length === 0, brief(strangers[0]))
  const climbs = sessions.every((bdSeq, at) => at === 0 || Number(bdSeq) > Number(sessions[at - 1]))
  checks.check('bdSeq climbs over restarts', climbs && sessions.length > 2, sessions)
  const births = heard.filter(({ type }) => type === 'NBIRTH')
  checks.check('a host that asked was given the births again', births.length > sessions.length, sessions.length)
}

const NAME = `Meters/${METER.replace('.', '/')}/Total`

function judgeLedger(checks: Checks, heard: readonly Heard[], entries: readonly LedgerEntry[], total: string): void {
  const told = heard.flatMap(({ type, metrics }) =>
    type === 'NDATA' ? metrics.flatMap(({ name, value }) => (name === 'Ledger/Entry' ? [String(value)] : [])) : [],
  )
  const seqs = told.map((text) => (JSON.parse(text) as { seq: number }).seq)
  const firsts = [...new Set(seqs)]
  const missing = entries.filter(({ seq }) => !firsts.includes(seq)).map(({ seq }) => seq)
  checks.check('the host has every entry of the ledger', missing.length === 0, missing.slice(0, 10))
  checks.check(
    'in its order',
    firsts.every((seq, at) => at === 0 || seq > firsts[at - 1]!),
    firsts,
  )
  const totals = heard.flatMap(({ metrics }) =>
    metrics.flatMap(({ name, value, historical }) => (name === NAME && !historical && value !== null ? [value] : [])),
  )
  checks.check('the last total is that of the ledger', totals.at(-1) === total && Number(total) > 0, [
    totals.at(-1),
    total,
  ])
}

/** What was while the broker was away came afterwards, said so, and has its own time. */
function judgeHistory(checks: Checks, heard: readonly Heard[], outages: readonly Outage[]): void {
  const past = heard.flatMap(({ type, metrics }) =>
    metrics.filter(({ historical }) => historical).map((metric) => ({ ...metric, type })),
  )
  for (const { fromMs, toMs } of outages) {
    const during = past.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    checks.check(
      'entries and totals of the outage came as history',
      ['NDATA', 'DDATA'].every((type) => during.some((metric) => metric.type === type)),
      during.map(({ name }) => name),
    )
  }
  const now = heard.filter(({ type }) => type === 'DBIRTH').flatMap(({ metrics }) => metrics)
  checks.check('no birth is history', now.length > 0 && now.every(({ historical }) => !historical))
  const unit = now.find(({ name }) => name === NAME)?.properties
  checks.check('a total has its unit and quality', unit?.engUnit === 'pcs' && unit?.Quality === 192, unit)
}

/** Definitions that others have made a decoder of say the same. */
async function judgeByTahu(checks: Checks, scope: Scope, heard: readonly Heard[]): Promise<void> {
  const births = heard.filter(({ type }) => type.endsWith('BIRTH'))
  const due = births.map(({ seq, metrics }) => {
    const values = metrics.map(({ name, value }) => [name, value === null ? null : String(value)])
    return JSON.stringify([seq, values])
  })
  const read = await readByTahu(
    scope,
    births.map(({ payload }) => payload),
  )
  const odd = read.findIndex((line, at) => line !== due[at])
  checks.check('Tahu reads the births alike', read.length === due.length && odd < 0, [read[odd], due[odd]])
}
