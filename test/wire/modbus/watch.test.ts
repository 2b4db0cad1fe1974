/** What timeouts mean, row by row: `2x` unit 2 times out, `2` it answers, `2g` a gateway answers for it. */
import { describe, expect, it } from 'vitest'
import type { ReadRequest } from '../../../adapters/modbus/plan.ts'
import { createQueue, type Lane } from '../../../adapters/modbus/queue.ts'
import { createWatch } from '../../../adapters/modbus/watch.ts'

const request = (unit: number): ReadRequest => ({ unit, table: 'holding', start: 0, count: 1, points: [] })

function play(events: string, waiting: number[] = []): { verdict: string; silent: number[] } {
  const watch = createWatch({ silentAfter: 3, probeEveryMs: 1000 })
  watch.connected()
  let verdict = 'go-on'
  for (const event of events.split(' ')) {
    const unit = Number.parseInt(event, 10)
    if (event === 'open') watch.connected()
    else if (event.endsWith('x')) {
      const said = watch.timedOut(unit, 0, waiting)
      verdict = said.kind === 'ask' ? `ask ${said.request.unit}` : said.kind
    } else if (event.endsWith('g')) watch.answeredFor(unit, 0)
    else watch.answered(unit, request(unit))
  }
  return { verdict, silent: [1, 2, 3, 4].filter((unit) => watch.isSilent(unit)) }
}

describe('a timeout', () => {
  it.each<[string, string, number[], number[]?]>([
    ['1x', 'go-on', []],
    ['1 1x', 'go-on', []],
    ['1 1x 1x', 'lost', []],
    ['1x 1x', 'lost', []],
    // An answer in between begins anew.
    ['1 1x 1 1x', 'go-on', []],
    // Another unit answers: this one is silent, not the link.
    ['1 2x 1 2x 1 2x', 'go-on', [2]],
    ['1 2x 1 2x 1 2 2x', 'go-on', []],
    // Before judging, one that answered is asked; if it is silent too, the link is lost.
    ['1 2x 2x', 'ask 1', []],
    ['1 2x 3x', 'ask 1', []],
    ['1 2x 2x 1 2x', 'go-on', [2]],
    ['1 2x 2x 1x', 'lost', []],
    ['1 2 3 1x 2x', 'ask 3', []],
    ['1 2 3 1x 2x 3x', 'lost', []],
    ['1 2 1x 2x', 'lost', []],
    // At the start each unit that waits is given a chance.
    ['1x 2x', 'go-on', [], [3]],
    ['1x 2x 3x', 'lost', [], [1, 2]],
    ['1x 2x 3 1x 2x 3 1x 2x', 'ask 3', [1, 2], [3]],
    // One that was set aside says nothing new while another answers, and counts when none does.
    ['1 2x 1 2x 1 2x 2x 2x', 'go-on', [2]],
    ['1 2x 1 2x 1 2x open 2x 2x', 'lost', [2]],
    // A gateway that answers for a unit is no link that is lost.
    ['1 2g 2g', 'go-on', []],
    ['1 2g 2g 2g', 'go-on', [2]],
    ['1 2g 2g 2g 2', 'go-on', []],
  ])('%s → %s, silent %j', (events, verdict, silent, waiting) => {
    expect(play(events, waiting)).toEqual({ verdict, silent })
  })

  it('lets a silent unit be probed once in every interval', () => {
    const watch = createWatch({ silentAfter: 1, probeEveryMs: 1000 })
    watch.connected()
    watch.answered(1, request(1))
    watch.timedOut(2, 500, [])
    expect([0, 1499, 1500, 1501, 2499, 2500].map((nowMs) => watch.takeProbe(2, nowMs))).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
    ])
    expect(watch.takeProbe(1, 5000)).toBe(false)
    expect(watch.answered(2)).toBe('returned')
    expect(watch.takeProbe(2, 9000)).toBe(false)
  })
})

describe('the queue', () => {
  const item = (lane: Lane, name: string) => ({ lane, name })

  it('gives writes, then urgent reads, then polls, each in the order of arrival', () => {
    const queue = createQueue<{ lane: Lane; name: string }>(10)
    for (const [lane, name] of [
      ['poll', 'p1'],
      ['urgent', 'u1'],
      ['write', 'w1'],
      ['poll', 'p2'],
      ['urgent', 'u2'],
      ['write', 'w2'],
    ] as const) {
      expect(queue.add(item(lane, name))).toBeUndefined()
    }
    expect(queue.waiting().length).toBe(6)
    expect(Array.from({ length: 7 }, () => queue.take()?.name)).toEqual(['w1', 'w2', 'u1', 'u2', 'p1', 'p2', undefined])
  })

  it('refuses a poll too many, and lets a command take the place of the newest poll', () => {
    const queue = createQueue<{ lane: Lane; name: string }>(2)
    const [p1, p2, p3] = [item('poll', 'p1'), item('poll', 'p2'), item('poll', 'p3')]
    queue.add(p1)
    queue.add(p2)
    expect(queue.add(p3)).toBe(p3)
    expect(queue.add(item('write', 'w'))).toBe(p2)
    expect(queue.add(item('urgent', 'u'))).toBe(p1)
    const late = item('write', 'late')
    expect(queue.add(late)).toBe(late)
    expect(queue.waiting().map(({ name }) => name)).toEqual(['w', 'u'])
  })

  it('gives polls of suspect units last, and lets them make way first', () => {
    const queue = createQueue<{ lane: Lane; name: string }>(3)
    const suspect = item('suspect', 's')
    queue.add(suspect)
    queue.add(item('poll', 'p1'))
    queue.add(item('poll', 'p2'))
    expect(queue.add(item('write', 'w'))).toBe(suspect)
    queue.take()
    queue.add(suspect)
    expect(queue.remove(suspect)).toBe(true)
    expect(queue.remove(suspect)).toBe(false)
    queue.add(suspect)
    expect(Array.from({ length: 4 }, () => queue.take()?.name)).toEqual(['p1', 'p2', 's', undefined])
  })
})
