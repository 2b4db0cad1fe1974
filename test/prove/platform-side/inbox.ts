/** 100,000 deliveries of a log, doubled, dropped and reordered: the consumer helper counts each unit once. */
import { type Chained, createInbox } from '../../../gateway/client/inbox.ts'
import { createChecks, type Item } from '../item.ts'

const DELIVERIES = 100_000
const MACHINES = 20
/** How far a delivery may be late, places. */
const LATE = 200
/** Parts of the log: what never comes, and of the rest what comes twice. */
const DROPPED = 0.05
const DOUBLED = 0.3

type Event = Chained & { readonly units: number }

export const inbox: Item = {
  name: 'inbox',
  async run({ say }) {
    const checks = createChecks(say)
    const log = makeLog(Math.ceil((1.02 * DELIVERIES) / ((1 - DROPPED) * (1 + DOUBLED))))
    const deliveries = disturbed(log)
    say(`${log.length} entries, ${deliveries.length} deliveries`)
    const taken = new Map<number, number>()
    let disorder = 0
    const last = new Map<string, number>()
    const consumer = createInbox<Event>()
    const take = (events: readonly { readonly seq: number; readonly machine?: string }[]) => {
      for (const { seq, machine = '' } of events) {
        taken.set(seq, (taken.get(seq) ?? 0) + 1)
        if ((last.get(machine) ?? -1) > seq) disorder += 1
        last.set(machine, seq)
      }
    }
    for (const [index, event] of deliveries.entries()) {
      take(consumer.put(event))
      if (index % 1_000 === 999) for (const gap of consumer.gaps()) take(consumer.fill(gap, page(log, gap)))
    }
    for (let gaps = consumer.gaps(); gaps.length > 0; gaps = consumer.gaps())
      for (const gap of gaps) take(consumer.fill(gap, page(log, gap)))
    const doubled = [...taken.values()].filter((times) => times > 1).length
    const delivered = newest(deliveries)
    const expected = log.filter(({ seq, machine = '' }) => seq <= (delivered.get(machine) ?? -1))
    const lost = expected.filter(({ seq }) => !taken.has(seq)).length
    checks.check('no entry is counted twice', doubled === 0, doubled)
    checks.check('no entry up to the newest that came is lost', lost === 0, lost)
    checks.check('each machine in order', disorder === 0, disorder)
    checks.check('doubles were there', consumer.doubles() > DELIVERIES / 10, consumer.doubles())
    return {
      ...checks.verdict(),
      figure: `${deliveries.length} deliveries of ${log.length} entries: ${doubled} doubled, ${lost} lost`,
      aim: '0 doubled, 0 lost, in order',
    }
  },
}

const pick = (most: number) => Math.floor(Math.random() * most)

function makeLog(length: number): Event[] {
  const last = new Map<string, number>()
  return Array.from({ length }, (_, seq) => {
    const machine = `m-${pick(MACHINES)}`
    const prevSeq = last.get(machine) ?? null
    last.set(machine, seq)
    return { seq, prevSeq, machine, units: 1 + pick(5) }
  })
}

function disturbed(log: readonly Event[]): Event[] {
  const placed = log.flatMap((event, place) => {
    const times = Math.random() < DROPPED ? 0 : Math.random() < DOUBLED ? 2 : 1
    return Array.from({ length: times }, () => ({ event, at: place + pick(LATE) }))
  })
  return placed.sort((a, b) => a.at - b.at).map(({ event }) => event)
}

/** As the API answers: at most 1,000 of all machines. */
const page = (log: readonly Event[], { after }: { readonly after: number }) => log.slice(after + 1, after + 1_001)

function newest(deliveries: readonly Event[]): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  for (const { seq, machine = '' } of deliveries) seen.set(machine, Math.max(seen.get(machine) ?? -1, seq))
  return seen
}
