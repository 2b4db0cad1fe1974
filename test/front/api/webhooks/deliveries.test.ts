/** Tries as deliveries: how often each event was tried, and what was answered last. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliveriesOf } from '../../../../gateway/front/api/webhooks/deliveries.ts'
import { type Bench, createBench } from '../bench.ts'

const at = (second: number) => Date.UTC(2030, 0, 1, 0, 0, second)
const tried = (entry: number, second: number, more: object) => ({
  ...{ at: at(second), id: `log-${entry}`, entry, type: 'latchkey.session.ended.v1', ms: 3 },
  ...more,
})
const ATTEMPTS = [
  tried(1, 0, { status: 204 }),
  tried(2, 1, { error: 'no answer' }),
  { at: at(2), id: 'test-9', type: 'latchkey.test.v1', ms: 1, status: 200 },
  tried(2, 3, { status: 500, stopped: 'it answers 500, for 120 h' }),
  tried(2, 4, { status: 204 }),
]

describe('deliveries', () => {
  it('are events with their tries, newest first', () => {
    const seen = deliveriesOf(ATTEMPTS, { limit: 10 })
    expect(seen.map(({ id, tries, firstAt, last }) => [id, tries, firstAt, last.at])).toEqual([
      ['test-9', 1, at(2), at(2)],
      ['log-2', 3, at(1), at(4)],
      ['log-1', 1, at(0), at(0)],
    ])
  })

  it.each([
    [{ limit: 1 }, ['test-9']],
    [{ limit: 10, entry: 2 }, ['log-2']],
    [{ limit: 10, before: at(1) }, ['log-1']],
    [{ limit: 10, entry: 3 }, []],
  ])('asked for %o', (asked, ids) => expect(deliveriesOf(ATTEMPTS, asked).map(({ id }) => id)).toEqual(ids))
})

describe('over the API', () => {
  let bench: Bench
  let technician: string
  beforeEach(async () => {
    const record = { recent: () => ATTEMPTS.slice(-1), all: async () => ATTEMPTS }
    const webhook = { id: 'hook', url: 'https://platform.example/hook', sink: { name: 'webhook-hook' }, record }
    bench = await createBench(undefined, { webhooks: () => [webhook as never] })
    technician = `Bearer ${(await bench.addKey('technician', 'Wang')).key.text}`
  })
  afterEach(() => bench.close())
  const ask = async (path: string) => {
    const answer = await bench.app.inject({ url: `/v1/webhooks${path}`, headers: { authorization: technician } })
    return { status: answer.statusCode, body: answer.json() }
  }

  it('say who was told what, when, how often, and what was answered', async () => {
    expect(await ask('/hook/deliveries?entry=2')).toMatchObject({
      status: 200,
      body: {
        deliveries: [{ entry: 2, tries: 3, taken: true, status: 204, firstAt: '2030-01-01T00:00:01.000Z', ms: 3 }],
      },
    })
    const earlier = await ask('/hook/deliveries?limit=1&before=2030-01-01T00:00:02Z')
    expect(earlier.body.deliveries).toMatchObject([{ id: 'log-2', lastAt: '2030-01-01T00:00:04.000Z' }])
    expect((await ask('')).body.webhooks).toMatchObject([{ id: 'hook', attempts: [{ entry: 2, status: 204 }] }])
  })

  it('are of a webhook that is there, and of a time', async () => {
    expect((await ask('/other/deliveries')).status).toBe(404)
    expect((await ask('/hook/deliveries?before=2030-13-01T00:00:00Z')).status).toBe(400)
  })
})
