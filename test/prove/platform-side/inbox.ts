/**
 * 100,000 deliveries of a log over each of MQTT, event streams and webhooks, doubled, dropped and reordered: the
 * consumer helper counts each unit once. What is delivered are the texts of the gateway, read as a program reads them.
 */
import { type Chained, createInbox } from '../../../gateway/client/inbox.ts'
import type { Entry } from '../../../gateway/core/ground/entry.ts'
import { openTail } from '../../../gateway/front/api/ledger/tail.ts'
import { eventPayload } from '../../../gateway/front/sinks/payload.ts'
import { messageOf } from '../../../gateway/front/sinks/webhook-message.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const DELIVERIES = { quick: 20_000, full: 100_000 } as const
const MACHINES = 20
/** How far a delivery may be late, places. */
const LATE = 200
/** Parts of the log: what never comes, and of the rest what comes twice. */
const DROPPED = 0.05
const DOUBLED = 0.3

type Units = { readonly data: { readonly units: number } }
type Event = Chained & Units
/** An entry, and what each way of delivery carries of it: the bytes of the gateway, read as a program would. */
type Logged = { readonly entry: Entry; readonly prevSeq: number | null }
type Carrier = { readonly write: (logged: Logged) => string; readonly read: (text: string) => Event }

const ORIGIN = 'example/site'
const CARRIERS: Readonly<Record<string, Carrier>> = {
  MQTT: { write: eventPayload, read: (text) => JSON.parse(text) as Event },
  events: {
    write: (logged) => streamOf(logged).written(logged.entry, 'platform', String(logged.entry.seq), true) ?? '',
    read: (text) =>
      JSON.parse(
        text
          .split('\n')
          .find((line) => line.startsWith('data: '))!
          .slice(6),
      ) as Event,
  },
  webhooks: {
    write: (logged) => messageOf(ORIGIN, logged).body,
    read: (text) => (JSON.parse(text) as { readonly data: Event }).data,
  },
}

export const inbox: Item = {
  name: 'inbox',
  async run({ quick, say }) {
    const checks = createChecks(say)
    const least = quick ? DELIVERIES.quick : DELIVERIES.full
    const log = makeLog(Math.ceil((1.02 * least) / ((1 - DROPPED) * (1 + DOUBLED))))
    const figures = Object.entries(CARRIERS).map(([name, carrier]) => deliver(name, carrier, log, least, checks))
    return {
      ...checks.verdict(),
      figure: figures.join('; '),
      aim: '0 doubled, 0 lost, in order, exact',
    }
  },
}

function deliver(
  name: string,
  { write, read }: Carrier,
  log: readonly Logged[],
  least: number,
  checks: Checks,
): string {
  const deliveries = disturbed(log)
  const taken = new Map<number, number>()
  let units = 0
  let disorder = 0
  const last = new Map<string, number>()
  const consumer = createInbox<Event>()
  const take = (events: readonly unknown[]) => {
    for (const { seq, machine = '', data } of events as readonly Event[]) {
      taken.set(seq, (taken.get(seq) ?? 0) + 1)
      units += data.units
      if ((last.get(machine) ?? -1) > seq) disorder += 1
      last.set(machine, seq)
    }
  }
  for (const [index, logged] of deliveries.entries()) {
    take(consumer.put(read(write(logged))))
    if (index % 1_000 === 999) for (const gap of consumer.gaps()) take(consumer.fill(gap, page(log, gap)))
  }
  for (let gaps = consumer.gaps(); gaps.length > 0; gaps = consumer.gaps())
    for (const gap of gaps) take(consumer.fill(gap, page(log, gap)))
  const doubled = [...taken.values()].filter((times) => times > 1).length
  const delivered = newest(deliveries)
  const expected = log.filter(({ entry }) => entry.seq <= (delivered.get(entry.machine!) ?? -1))
  const lost = expected.filter(({ entry }) => !taken.has(entry.seq)).length
  const wanted = expected.reduce((sum, { entry }) => sum + unitsOf(entry), 0)
  checks.check(`${name}: no entry is counted twice`, doubled === 0, doubled)
  checks.check(`${name}: no entry up to the newest that came is lost`, lost === 0, lost)
  checks.check(`${name}: each machine in order`, disorder === 0, disorder)
  checks.check(`${name}: the units are those of the log`, units === wanted, [units, wanted])
  checks.check(`${name}: doubles were there`, consumer.doubles() > least / 10, consumer.doubles())
  return `${name}: ${deliveries.length} deliveries, ${doubled} doubled, ${lost} lost`
}

const unitsOf = ({ body }: Entry) => (body as unknown as Units).data.units

/** Of a ledger in which nothing but this is asked for. */
const streamOf = ({ prevSeq }: Logged) => openTail({ reader: { previousOf: () => prevSeq ?? undefined } } as never)

const pick = (most: number) => Math.floor(Math.random() * most)

function makeLog(length: number): Logged[] {
  const last = new Map<string, number>()
  return Array.from({ length }, (_, seq) => {
    const machine = `m-${pick(MACHINES)}`
    const prevSeq = last.get(machine) ?? null
    last.set(machine, seq)
    const common = { seq, kind: 'SessionEnded', machine } as const
    const body = { ...common, v: 1, site: 'site', at: '2030-01-01T00:00:00.000Z', data: { units: 1 + pick(5) } }
    return { entry: { ...common, body } as unknown as Entry, prevSeq }
  })
}

function disturbed(log: readonly Logged[]): Logged[] {
  const placed = log.flatMap((logged, place) => {
    const times = Math.random() < DROPPED ? 0 : Math.random() < DOUBLED ? 2 : 1
    return Array.from({ length: times }, () => ({ logged, at: place + pick(LATE) }))
  })
  return placed.sort((a, b) => a.at - b.at).map(({ logged }) => logged)
}

/** As the API answers: at most 1,000 of all machines. */
const page = (log: readonly Logged[], { after }: { readonly after: number }) =>
  log.slice(after + 1, after + 1_001).map(({ entry }) => entry.body)

function newest(deliveries: readonly Logged[]): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  for (const { entry } of deliveries) seen.set(entry.machine!, Math.max(seen.get(entry.machine!) ?? -1, entry.seq))
  return seen
}
