/** A consumer gets each event once and in order, whatever a broker does to the deliveries. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Chained, createInbox } from '../../gateway/client/inbox.ts'

type Event = Chained & { readonly made: number }

/** A log of these machines, `undefined` for an entry about none, as a gateway would publish it. */
function logOf(machines: readonly (string | undefined)[]): Event[] {
  const last = new Map<string | undefined, number>()
  return machines.map((machine, seq) => {
    const prevSeq = last.get(machine) ?? null
    last.set(machine, seq)
    return { seq, prevSeq, made: seq % 7, ...(machine === undefined ? {} : { machine }) }
  })
}

describe('an inbox', () => {
  it('hands on each entry once, in the order of its chain, though deliveries are doubled, dropped and reordered', () => {
    const machine = fc.constantFrom(undefined, 'saw', 'booth')
    const delivery = fc.record({ of: fc.nat(59), later: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(machine, { minLength: 1, maxLength: 60 }), fc.array(delivery), (machines, deliveries) => {
        const log = logOf(machines)
        // All are delivered at least once or lie in a gap, then some again, in any order.
        const order = deliveries.filter(({ of }) => of < log.length).sort((a, b) => a.of + a.later - b.of - b.later)
        const inbox = createInbox<Event>()
        const taken = order.flatMap(({ of }) => inbox.put(log[of]!))
        for (let gaps = inbox.gaps(); gaps.length > 0; gaps = inbox.gaps())
          for (const gap of gaps) taken.push(...inbox.fill(gap, log.slice(gap.after + 1, gap.before)))
        const newest = new Map<string | undefined, number>()
        for (const { of } of order) newest.set(machines[of], Math.max(newest.get(machines[of]) ?? -1, of))
        const wanted = log.filter(({ machine, seq }) => seq <= (newest.get(machine) ?? -1))
        expect(inbox.waiting()).toBe(0)
        for (const chain of newest.keys()) {
          const ofChain = (list: readonly { seq: number; machine?: string }[]) =>
            list.filter((one) => one.machine === chain).map(({ seq }) => seq)
          expect(ofChain(taken)).toEqual(ofChain(wanted))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('goes on from where it was, and knows what came before as doubles', () => {
    const log = logOf(['saw', 'booth', 'saw', 'saw'])
    const first = createInbox<Event>()
    for (const event of log.slice(0, 3)) first.put(event)
    const second = createInbox<Event>(first.positions())
    expect(log.flatMap((event) => second.put(event)).map(({ seq }) => seq)).toEqual([3])
    expect(second.doubles()).toBe(3)
  })

  it('of which nothing is known begins with the log, or with what comes first', () => {
    const [, , third] = logOf(['saw', 'saw', 'saw'])
    const patient = createInbox<Event>()
    expect(patient.put(third!)).toEqual([])
    expect(patient.gaps()).toEqual([{ chain: 'saw', after: -1, before: 2 }])
    const eager = createInbox<Event>({}, 'now')
    expect(eager.put(third!)).toEqual([third])
  })

  it('is told of a page that ends within the gap, and misses the rest', () => {
    const log = logOf(['saw', 'saw', 'saw', 'saw'])
    const inbox = createInbox<Event>()
    inbox.put(log[3]!)
    expect(inbox.fill(inbox.gaps()[0]!, log.slice(0, 2))).toEqual(log.slice(0, 2))
    expect(inbox.gaps()).toEqual([{ chain: 'saw', after: 1, before: 3 }])
    expect(inbox.fill(inbox.gaps()[0]!, log.slice(2, 3))).toEqual(log.slice(2))
  })

  it('is told by the log what came last while it was away, of every chain, and takes it once', () => {
    const log = logOf(['saw', 'booth', undefined, 'saw', 'booth', 'booth', 'saw'])
    const inbox = createInbox<Event>()
    const taken = log.slice(0, 3).flatMap((event) => inbox.put(event))
    // Nobody listened to 3, 4 and 5; 6 comes in the middle of the reading.
    expect(inbox.gaps()).toEqual([])
    taken.push(...(inbox.read(log.slice(inbox.unread(), 4)) as Event[]), ...(inbox.put(log[6]!) as Event[]))
    taken.push(...(inbox.read(log.slice(inbox.unread())) as Event[]))
    expect(taken.map(({ seq }) => seq).sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect([inbox.unread(), inbox.waiting(), inbox.gaps()]).toEqual([7, 0, []])
    // A page that was asked for twice.
    expect(inbox.read(log.slice(3, 5))).toEqual([])
    expect(inbox.unread()).toBe(7)
  })

  it('reads the log on from where it was, also in its next life, and from nowhere before it wants anything', () => {
    const log = logOf(['saw', 'booth', 'saw', 'saw'])
    const first = createInbox<Event>()
    first.read(log.slice(0, 2))
    const second = createInbox<Event>(JSON.parse(JSON.stringify(first.positions())) as never)
    expect([second.unread(), second.read(log.slice(2)).map(({ seq }) => seq)]).toEqual([2, [2, 3]])
    const eager = createInbox<Event>({}, 'now')
    expect([eager.unread(), eager.positions()]).toEqual([undefined, {}])
    eager.put(log[1]!)
    expect(eager.unread()).toBe(2)
  })

  it('waits for what is missing and takes it by its own delivery as well', () => {
    const [first, second, third] = logOf(['saw', 'saw', 'saw'])
    const inbox = createInbox<Event>()
    inbox.put(first!)
    expect(inbox.put(third!)).toEqual([])
    expect(inbox.put(second!)).toEqual([second, third])
    expect(inbox.fill({ chain: 'saw', after: 0, before: 2 }, [second!])).toEqual([])
  })
})
