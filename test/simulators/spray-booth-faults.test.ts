/** The spray booth cut, frozen and refusing. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { enable, fromPlc, isRefused, open, start } from './booth-client.ts'
import { eventually } from './simulator.ts'

test('a cut drops the connections and the listener, heal brings them back', async () => {
  const { booth, plc } = await start()
  await enable(plc, 300)
  const idle = connect(booth.number('modbusPort'), '127.0.0.1')
  await once(idle, 'connect')
  const dropped = once(idle, 'close')
  await booth.post('/fault', { kind: 'cut' })
  await dropped
  await expect(open(booth.number('modbusPort'))).rejects.toThrow('ECONNREFUSED')
  await eventually(booth.judge, (judge) => judge.lease.state === 'locked')
  await booth.post('/fault', { kind: 'heal' })
  expect((await fromPlc(await open(booth.number('modbusPort'))))[3]).toBe(0)
  await booth.post('/fault', { kind: 'cut', ms: 100 })
  await eventually(
    () =>
      open(booth.number('modbusPort'))
        .then(fromPlc)
        .catch(() => undefined),
    (words) => words !== undefined,
  )
})

test('a frozen face answers nothing, its PLC goes on, and a write that waited meets the lapsed lease', async () => {
  const { booth, plc } = await start()
  const words = await enable(plc, 300)
  await booth.post('/fault', { kind: 'freeze', ms: 60_000 })
  const waiting = plc.writeRegisters(100, words.with(9, 1))
  const lapsed = await eventually(booth.judge, (judge) => judge.lease.state === 'locked')
  expect(lapsed).toMatchObject({ startPermission: false, heartbeats: 0, writeFrames: { count: 1 } })
  await booth.post('/fault', { kind: 'heal' })
  await waiting
  expect(await booth.judge()).toMatchObject({ startPermission: false, heartbeats: 0, writeFrames: { count: 2 } })
})

test('a hung PLC keeps its output until it runs again, and then real time counts', async () => {
  const { booth, plc } = await start()
  const words = await enable(plc, 1000)
  const enabledAtMs = (await booth.judge()).outputEdges[1]?.atMs ?? 0
  await booth.post('/fault', { kind: 'freeze', ms: 60_000, logic: 'stop' })
  const waiting = plc.writeRegisters(100, words.with(9, 1))
  await eventually(
    async () => Number(process.hrtime.bigint() / 1_000_000n) - enabledAtMs,
    (ms) => ms > 1200,
  )
  expect(await booth.judge()).toMatchObject({ startPermission: true, lease: { state: 'enabled' } })
  await booth.post('/fault', { kind: 'heal' })
  await waiting
  const judge = await booth.judge()
  expect(judge).toMatchObject({ startPermission: false, heartbeats: 0, lease: { state: 'locked' } })
  expect((judge.outputEdges.at(-1)?.atMs ?? 0) - enabledAtMs).toBeGreaterThan(1200)
  await enable(plc, 200)
  await eventually(booth.judge, (seen) => seen.enables === 2 && seen.lease.state === 'locked')
})

test('writes are refused as often as asked', async () => {
  const { booth, plc } = await start()
  await booth.post('/fault', { kind: 'refuse-write', count: 1 })
  expect(await isRefused(enable(plc, 5000))).toBe(4)
  expect((await booth.judge()).lease.acknowledgedSeq).toBe(0)
  await enable(plc, 5000)
  expect((await booth.judge()).lease.state).toBe('enabled')
})
