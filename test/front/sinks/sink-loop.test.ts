/** The policy of the loop, with a receiver that does what a test tells it and a real ledger. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Delivery, type Sink, SinkError, systemClock } from '../../../gateway/front/sinks/sink.ts'
import { type SinkDeps, type SinkHandle, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { until } from '../../support/process.ts'
import { quiet, untilStatus } from './contract.ts'
import { entry, metered, openLedger, range, signal, type TestLedger } from './ledger.ts'

const forever = () => new Promise<never>(() => undefined)

function scripted(more: Partial<Sink<Delivery>> = {}) {
  const calls: string[] = []
  const delivered: Delivery[] = []
  let lose: (error: SinkError) => void = () => undefined
  const sink: Sink<Delivery> = {
    name: 'scripted',
    batch: 100,
    sampleBatch: 100,
    deadlineMs: 300,
    async open() {
      calls.push('open')
    },
    make: (delivery) => delivery,
    async deliver(entries) {
      calls.push('deliver')
      delivered.push(...entries)
    },
    async deliverSamples() {
      calls.push('samples')
    },
    async refresh() {
      calls.push('refresh')
    },
    lost: () =>
      new Promise((resolve) => {
        lose = resolve
      }),
    async close() {
      calls.push('close')
    },
    ...more,
  }
  return { sink, calls, delivered, lose: (error: SinkError) => lose(error) }
}

describe('the sink loop', () => {
  let ledger: TestLedger
  const handles: SinkHandle[] = []
  beforeEach(async () => {
    ledger = await openLedger()
  })
  afterEach(async () => {
    await Promise.all(handles.splice(0).map((handle) => handle.stop()))
    await ledger.close()
  })

  function begin(sink: Sink, more: Partial<SinkDeps> = {}): SinkHandle {
    const handle = startSink(sink, {
      reader: ledger.reader,
      ledger: ledger.client,
      waiting: ledger.waiting(),
      snapshot: () => ({ rows: [], meters: [] }),
      log: quiet,
      clock: systemClock,
      reconnectMinMs: 20,
      reconnectMaxMs: 80,
      ...more,
    })
    handles.push(handle)
    ledger.onSample(handle.sampled)
    return handle
  }

  test('sends live samples before the backlog of entries', async () => {
    await ledger.commit(...range(0, 250).map((n) => metered(n)))
    const { sink, calls } = scripted()
    const opened = Promise.withResolvers<void>()
    const handle = begin({ ...sink, open: () => opened.promise })
    ledger.sample(signal(1))
    opened.resolve()
    await untilStatus(handle, (status) => status.backlog === 0)
    expect(calls.slice(0, 2)).toEqual(['samples', 'deliver'])
  })

  test('refreshes on each change of the board and at least every second', async () => {
    const { sink, calls } = scripted()
    const handle = begin(sink)
    await untilStatus(handle, (status) => status.state === 'up')
    const refreshed = () => calls.filter((call) => call === 'refresh').length
    handle.changed()
    await until(() => refreshed() === 1, 300, 'no refresh after a change')
    await until(() => refreshed() === 2, 1_500, 'no refresh after a second')
  })

  test('waits longer and longer between tries, up to the most, however much is committed meanwhile', async () => {
    const tries: number[] = []
    const { sink } = scripted({
      async open() {
        tries.push(performance.now())
        throw new SinkError('wait', 'down')
      },
    })
    const handle = begin(sink, { reconnectMinMs: 40, reconnectMaxMs: 320 })
    while (tries.length < 7) await ledger.commit(metered(tries.length))
    await handle.stop()
    const waits = tries.slice(1).map((at, index) => at - tries[index]!)
    for (const [index, most] of [40, 80, 160, 320, 320].entries()) {
      expect(waits[index]).toBeGreaterThan(most / 2 - 5)
      expect(waits[index]).toBeLessThan(most + 150)
    }
  })

  test('logs a loss once and the return once', async () => {
    const lines: string[] = []
    const log = {
      info: (_: object, text: string) => void lines.push(text),
      warn: (_: object, text: string) => void lines.push(text),
      error: (_: object, text: string) => void lines.push(text),
    }
    let down = false
    let tries = 0
    const { sink, lose } = scripted({
      async open() {
        tries += 1
        if (down) throw new SinkError('wait', 'no broker')
      },
    })
    const handle = begin(sink, { log })
    await untilStatus(handle, (status) => status.state === 'up')
    down = true
    lose(new SinkError('wait', 'cable'))
    await until(() => tries > 4, 5_000, 'not tried again')
    expect(handle.status()).toMatchObject({ state: 'waiting', lastError: 'no broker' })
    down = false
    await untilStatus(handle, (status) => status.state === 'up')
    expect(lines).toEqual(['sink up', 'sink down, entries are kept: cable', 'sink up again'])
    expect(handle.status()).not.toHaveProperty('lastError')
  })

  test('a loss is noticed while nothing is under way', async () => {
    const { sink, calls, lose } = scripted()
    const handle = begin(sink)
    await untilStatus(handle, (status) => status.state === 'up')
    lose(new SinkError('wait', 'cable'))
    await until(() => calls.filter((call) => call === 'open').length === 2, 900, 'not opened again at once')
  })

  test.each(['open', 'deliver', 'refresh'] as const)(
    'gives up a call of %s that does not end, and says so',
    async (name) => {
      await ledger.commit(metered(0))
      const { sink, calls } = scripted({ [name]: forever })
      const handle = begin(sink)
      handle.changed()
      await untilStatus(handle, (status) => status.lastError === 'no answer within 300 ms', 3_000)
      expect(calls).toContain('close')
    },
  )

  test('keeps its cursor when a delivery fails, and moves it by what was accepted all the same', async () => {
    await ledger.commit(...range(0, 10).map((n) => metered(n)))
    const { sink } = scripted({ deliver: () => Promise.reject(new SinkError('wait', 'lost', { accepted: 4 })) })
    const handle = begin(sink, { reconnectMinMs: 5_000, reconnectMaxMs: 5_000 })
    await untilStatus(handle, (status) => status.state === 'waiting')
    expect(handle.status()).toMatchObject({ backlog: 6, delivered: 4 })
    await until(() => ledger.reader.cursor('scripted')?.next === 4, 2_000, 'the cursor does not follow')
    await handle.stop()
    expect(ledger.reader.cursor('scripted')?.next).toBe(4)
  })

  test('writes its cursor a few times a second, however many deliveries there are', async () => {
    let written = 0
    const { sink } = scripted()
    const client = ledger.client
    const counting = {
      ...client,
      setCursor(...args: Parameters<typeof client.setCursor>) {
        written += 1
        return client.setCursor(...args)
      },
    }
    const handle = begin(sink, { ledger: counting })
    const startedAt = performance.now()
    for (const n of range(0, 60)) await ledger.commit(metered(n))
    await untilStatus(handle, (status) => status.backlog === 0)
    await handle.stop()
    expect(ledger.reader.cursor('scripted')?.next).toBe(60)
    expect(written).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAt) / 250) + 1)
  })

  test('skips samples beyond its bound and counts them', async () => {
    await ledger.close()
    ledger = await openLedger(50)
    const { sink } = scripted()
    const opened = Promise.withResolvers<void>()
    const handle = begin({ ...sink, deadlineMs: 5_000, open: () => opened.promise })
    ledger.sample(...range(0, 120).map((n) => signal(n)))
    ledger.waiting().settle(false, Date.now() + 10_000)
    opened.resolve()
    await untilStatus(handle, (status) => status.samples === 50)
    expect(handle.status().skipped).toBe(70)
  })

  test('a sample that is refused for good is skipped, not parked', async () => {
    const { sink } = scripted({ deliverSamples: () => Promise.reject(new SinkError('bad', 'odd')) })
    const handle = begin(sink)
    await untilStatus(handle, (status) => status.state === 'up')
    ledger.sample(...range(0, 5).map((n) => signal(n)))
    await untilStatus(handle, (status) => status.skipped === 5)
    expect(handle.status()).toMatchObject({ samples: 0, parked: 0, state: 'up' })
  })

  test('sends one that was set aside again, or a text in its place, and says why it is refused', async () => {
    let refuses = true
    const sent: unknown[] = []
    const handle = begin({
      ...scripted().sink,
      make: ({ entry }) => `entry ${entry.seq}`,
      mend: (text) => text,
      async deliver(made) {
        if (refuses && made.includes('entry 1')) throw new SinkError('bad', 'of another type')
        sent.push(...made)
      },
    } as Sink)
    await ledger.commit(...range(0, 3).map((n) => metered(n)))
    await untilStatus(handle, (status) => status.backlog === 0)
    expect(handle.status().parked).toBe(1)
    expect(await handle.again(1)).toBe('of another type')
    expect(await handle.again(1, 'mended')).toBeUndefined()
    refuses = false
    expect(await handle.again(1)).toBeUndefined()
    expect(sent).toEqual(['entry 0', 'entry 2', 'mended', 'entry 1'])
    expect([ledger.reader.parked('scripted'), handle.status().backlog]).toEqual([1, 0])
    await handle.forget(1)
    expect([ledger.reader.parked('scripted'), handle.status().parked]).toEqual([0, 0])
    await handle.stop()
    expect(await handle.again(1)).toMatch(/not connected/)
  })

  test('does not let a flood of samples hold up entries', async () => {
    let n = 0
    const { sink, delivered } = scripted({
      async deliverSamples() {
        n += 1
        ledger.sample(signal(n))
      },
    })
    begin(sink)
    ledger.sample(signal(0))
    await until(() => n > 20, 3_000, 'no flood')
    await ledger.commit(metered(0))
    await until(() => delivered.length === 1, 1_000, 'the entry waits behind samples')
  })

  test('sends a backlog at its rate; what is live, and what must not grow old, go on beside it', async () => {
    const order: string[] = []
    const { sink, calls } = scripted({
      batch: 10,
      sampleBatch: 10,
      async deliverSamples(samples, isLate) {
        order.push(`${isLate ? 'late' : 'live'} ${samples.length}`)
      },
    })
    await ledger.commit(...range(0, 60).map((n) => metered(n)))
    ledger.sample(...range(0, 40).map((n) => signal(n)))
    ledger.waiting().settle(false, Date.now() + 10_000)
    const begunMs = performance.now()
    const handle = begin(sink, { backlogPerSecond: 100 })
    await until(() => calls.includes('deliver'), 1_000, 'no entry comes')
    ledger.sample(signal(1))
    handle.changed()
    await untilStatus(handle, (status) => status.samples === 41)
    expect(handle.status().backlog).toBeGreaterThan(0)
    expect(calls).toContain('refresh')
    expect(order.indexOf('live 1')).toBeLessThan(order.lastIndexOf('late 10'))
    await untilStatus(handle, (status) => status.backlog === 0)
    // The first batch goes at once.
    expect(performance.now() - begunMs).toBeGreaterThan(480)
  })

  test('knows the entry before each, also over a restart', async () => {
    const site = entry('LinkLost', { link: 'plc' })
    await ledger.commit(metered(0), site, metered(1))
    const first = scripted()
    const handle = begin(first.sink)
    await untilStatus(handle, (status) => status.delivered === 3)
    await ledger.commit(site)
    await untilStatus(handle, (status) => status.delivered === 4)
    await handle.stop()
    await ledger.commit(metered(2), site, site)
    const second = scripted()
    await untilStatus(begin(second.sink), (status) => status.backlog === 0)
    const previous = [...first.delivered, ...second.delivered].map(({ entry: { seq }, prevSeq }) => [seq, prevSeq])
    expect(previous).toEqual([
      [0, null],
      [1, null],
      [2, 0],
      [3, 1],
      [4, 2],
      [5, 3],
      [6, 5],
    ])
  })

  test('a sink that a running site gets later is filled from the first entry, while the others go on', async () => {
    const first = scripted()
    const begun = begin(first.sink)
    await ledger.commit(...range(0, 250).map((n) => metered(n)))
    await untilStatus(begun, (status) => status.delivered === 250)
    const later = scripted({ name: 'later' })
    expect(ledger.reader.cursor('later')).toBeUndefined()
    const added = begin(later.sink)
    await ledger.commit(metered(250))
    for (const handle of [begun, added]) await untilStatus(handle, (status) => status.delivered === 251)
    for (const { delivered } of [first, later])
      expect(delivered.map(({ entry: { seq } }) => seq)).toEqual(range(0, 251))
  })

  test('a stop ends a long wait at once', async () => {
    const { sink } = scripted({ open: () => Promise.reject(new SinkError('stop', 'password')) })
    const handle = begin(sink, { reconnectMaxMs: 60_000 })
    await untilStatus(handle, (status) => status.state === 'stopped')
    const startedAt = performance.now()
    await handle.stop()
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(handle.status().state).toBe('closed')
  })

  test('a stop is bounded when nothing answers, not even the goodbye', async () => {
    await ledger.commit(metered(0))
    let goodbyes = 0
    const { sink } = scripted({
      deadlineMs: 60_000,
      deliver: forever,
      close() {
        goodbyes += 1
        return forever()
      },
    })
    const handle = begin(sink)
    await untilStatus(handle, (status) => status.state === 'up')
    const startedAt = performance.now()
    await handle.stop()
    expect(performance.now() - startedAt).toBeLessThan(3_100)
    expect(goodbyes).toBe(1)
  })

  test('a stop lets the delivery under way end, and remembers it', async () => {
    await ledger.commit(metered(0))
    const under = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const { sink } = scripted({
      deadlineMs: 5_000,
      deliver() {
        started.resolve()
        return under.promise
      },
    })
    const handle = begin(sink)
    await started.promise
    const stopped = handle.stop()
    under.resolve()
    await stopped
    expect(ledger.reader.cursor('scripted')?.next).toBe(1)
  })
})
