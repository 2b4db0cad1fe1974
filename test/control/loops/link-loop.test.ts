/** A link loop with a real device behind it: when it is up, why it is down, and what is shown of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import { LinkError, type Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { createLinkLoop, type LinkLoop, type LinkState } from '../../../gateway/control/loops/link-loop.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { linkDeps, withDefaults } from '../../support/links.ts'
import type { ModbusAsk, ModbusBehaviour } from '../../support/modbus-server.ts'
import { until } from '../../support/process.ts'

const point = (address: number, unit = 1): Point => ({
  id: `booth/plc.r${address}`,
  address: { table: 'holding', address, type: 'u16' },
  device: { unit },
  intervalMs: 200,
})

const turn = { place: { share: 0, tickNs: 20_000_000n }, wait: () => undefined }

let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
  await server.ask({ kind: 'load', ranges: [{ unit: 1, table: 'holding', start: 0, values: [1, 2, 3] }] })
})
afterEach(() => server.ask({ kind: 'behave-usually' }))
afterAll(() => server?.kill())

/** `plain`: the points of which no reading is wanted. */
async function started(
  behaviour: Partial<ModbusBehaviour>,
  points: readonly Point[],
  plain: ReadonlySet<string> = new Set(),
) {
  await server.ask({ kind: 'behave', behaviour })
  const deps = linkDeps()
  const options = { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: 200 }
  const loop: LinkLoop = createLinkLoop({
    id: 'booth',
    link: modbusAdapter.createLink(withDefaults(modbusAdapter.optionsSchema, options), deps),
    points,
    display: [],
    ...turn,
    now: deps.now,
    log: deps.log,
    maxBackoffMs: 300,
  })
  const states: LinkState[] = []
  const readings: Reading[] = []
  const values: (number | boolean)[] = []
  loop.start({
    onReadings: (list) => readings.push(...list),
    onValue: (id, value) => plain.has(id) && values.push(value) > 0,
    onState: (state) => states.push(state),
  })
  const ticks = setInterval(() => loop.tick(deps.now()), 20)
  onTestFinished(async () => {
    clearInterval(ticks)
    await loop.stop()
  })
  return { loop, states, readings, values, logged: deps.logged }
}

it('is up by values alone, of which no reading is made, and they end a fault', async () => {
  const { loop, states, readings, values } = await started({ lie: 'wrong-unit' }, [point(1)], new Set([point(1).id]))
  await until(() => loop.faults().length > 0, 3000, 'no fault stands')
  await server.ask({ kind: 'behave-usually' })
  await until(() => values.length > 2, 3000, 'no values')
  expect(loop.faults()).toEqual([])
  expect(new Set(values)).toEqual(new Set([2]))
  expect(states.map(({ state }) => state)).toEqual(['up'])
  expect(readings.filter(({ quality }) => quality === 'good')).toEqual([])
  expect(loop.counters.readings).toBe(readings.length + values.length)
})

it('is not up before anything was answered: its state does not flap, and says what is wrong', async () => {
  const { loop, states } = await started({ closesAtOnce: true }, [point(0)])
  await pause(2000)
  expect(states.map(({ state }) => state)).toEqual(['down'])
  expect(loop.state().cause).toContain('does not speak Modbus, or another client holds')
  expect(loop.counters.reconnects).toBeGreaterThan(2)
  await server.ask({ kind: 'behave-usually' })
  await until(() => loop.state().state === 'up', 3000, 'it does not come up')
})

it('stays up on a device that closes after each answer, and every reading is good', async () => {
  const { states, readings } = await started({ closesAfterAnswer: true }, [point(0), point(2)])
  await until(() => readings.length > 20, 10_000, 'too few readings')
  expect(states.map(({ state }) => state)).toEqual(['up'])
  expect(readings.filter(({ quality }) => quality !== 'good')).toEqual([])
})

it('stays up on a device that answers nothing but nonsense: that is shown and logged, not a lost link', async () => {
  const { loop, states, logged } = await started({ lie: 'wrong-unit' }, [point(0)])
  await until(() => loop.faults().length > 0, 3000, 'no fault stands')
  await pause(12_000)
  expect(states.map(({ state }) => state)).toEqual(['up'])
  expect(loop.faults()).toEqual([
    { point: 'booth/plc.r0', detail: expect.stringContaining('unit 2 answers in the place of unit 1') },
  ])
  expect(logged.filter(({ message }) => message.includes('cannot be read'))).toHaveLength(1)
  await server.ask({ kind: 'behave-usually' })
  await until(() => loop.faults().length === 0, 3000, 'the fault stands for ever')
})

it('names the unit that is silent, beside others that answer', async () => {
  const { readings } = await started({ silent: [9] }, [point(0), point(1, 9)])
  const seen = () => readings.find(({ cause }) => cause === 'unit-silent')
  await until(() => seen() !== undefined, 10_000, 'the unit is not set aside')
  expect(seen()).toMatchObject({ point: 'booth/plc.r1', detail: 'unit 9 does not answer' })
})

it('says to the end what a person has to do, also with the paths of two files', async () => {
  const words = `${'x'.repeat(300)}: move ${'/a'.repeat(150)} to /here`
  const link = modbusAdapter.createLink(withDefaults(modbusAdapter.optionsSchema, { transport: 'tcp', host: 'x' }), {
    ...linkDeps(),
  })
  const refused = { ...link, open: () => Promise.reject(new LinkError(words, { retriable: false })) }
  const deps = { now: linkDeps().now, log: linkDeps().log, maxBackoffMs: 300, points: [point(0)], display: [] }
  const loop = createLinkLoop({ id: 'booth', link: refused, ...turn, ...deps })
  loop.start({ onReadings: () => undefined, onValue: () => false, onState: () => undefined })
  onTestFinished(() => loop.stop())
  await until(() => loop.state().cause !== undefined, 3000, 'it is not down')
  expect(loop.state().cause).toBe(words)
})

it('says when it is tried again', async () => {
  const { loop } = await started({ closesAtOnce: true }, [point(0)])
  await until(() => loop.nextTryMs() !== undefined, 3000, 'it does not say when')
  expect(loop.nextTryMs()! - Date.now()).toBeLessThanOrEqual(300)
})
