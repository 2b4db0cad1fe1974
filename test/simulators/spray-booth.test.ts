/** The spray booth as a process, over Modbus TCP: what it does, remembers and shows. */
import { expect, test } from 'vitest'
import { enable, fromPlc, isRefused, open, start } from './booth-client.ts'
import { block, eventually, newStateDir, startSimulator } from './simulator.ts'

test('a lease lets the operator work, and the registers agree with the judge', async () => {
  const { booth, plc } = await start()
  expect((await plc.readHoldingRegisters(0, 3)).data).toEqual([1, 1, 0])
  const words = await enable(plc, 5000)
  expect((await fromPlc(plc)).slice(3, 12)).toEqual([1, words[0], 0, 0, 16, 0, 7, 0, 16])
  await booth.post('/operator', { autoStart: true })
  await eventually(booth.judge, (judge) => judge.producedUnits >= 3)
  await booth.post('/operator', { autoStart: false })
  const judge = await eventually(booth.judge, (seen) => !seen.cycleRunning)
  const counter = (await plc.readInputRegisters(10, 2)).data
  expect(counter).toEqual([0, judge.producedUnits])
  expect(judge.runningMs).toBe(judge.producedUnits * 100)
  expect(judge).toMatchObject({ startPermission: true, enables: 1, state: 'ready' })
  expect(judge.accepted).toMatchObject([{ command: 1, token: 16, tag: 7 }])
  expect(judge.writeFrames).toMatchObject({ count: 1, last: [{ unit: 1, address: 100, words, outcome: 'ok' }] })
  expect(judge.requests.fc16).toBe(1)
  expect(await booth.end('SIGTERM')).toBe(0)
})

test('the lease lapses by itself at its end', async () => {
  const { booth, plc } = await start()
  await enable(plc, 300)
  const judge = await eventually(booth.judge, (seen) => seen.lease.state === 'locked')
  const [, on, off] = judge.outputEdges
  expect([on?.cause, off?.cause, judge.startPermission]).toEqual(['enable', 'lapse', false])
  expect((off?.atMs ?? 0) - (on?.atMs ?? 0)).toBeGreaterThanOrEqual(300)
  expect((off?.atMs ?? 0) - (on?.atMs ?? 0)).toBeLessThan(1000)
})

test('a heartbeat which waited in a stopped process comes after the lapse', async () => {
  const { booth, plc } = await start()
  const words = await enable(plc, 400)
  booth.process.kill('SIGSTOP')
  const written = plc.writeRegisters(100, words.with(9, 1))
  written.catch(() => {})
  const stoppedAtMs = Date.now()
  await eventually(
    async () => Date.now() - stoppedAtMs,
    (ms) => ms > 600,
  )
  booth.process.kill('SIGCONT')
  await written
  const judge = await booth.judge()
  expect(judge).toMatchObject({ startPermission: false, heartbeats: 0, lease: { state: 'locked' } })
  expect(judge.outputEdges.at(-1)).toMatchObject({ on: false, cause: 'lapse' })
})

test('a killed PLC comes back locked on the same port, with its highest token, its units and one boot more', async () => {
  const stateDir = newStateDir()
  const first = await startSimulator('spray-booth', '--state-dir', stateDir, '--cycle-ms', '50', '--auto-start')
  const ports = ['--modbus-port', first.text('modbusPort'), '--control-port', first.text('controlPort')]
  await enable(await open(first.number('modbusPort')), 10_000)
  await eventually(first.judge, (seen) => seen.producedUnits >= 2)
  await first.post('/operator', { autoStart: false })
  const before = await eventually(first.judge, (seen) => !seen.cycleRunning)
  expect(await first.end('SIGKILL')).toBe('SIGKILL')
  const second = await startSimulator('spray-booth', '--state-dir', stateDir, ...ports)
  const after = await second.judge()
  expect(after).toMatchObject({
    startPermission: false,
    producedUnits: before.producedUnits,
    partCounter: before.partCounter,
  })
  expect(after.lease).toMatchObject({ state: 'locked', highestToken: 16, bootId: before.lease.bootId + 1 })
  expect(Number(after.energyWh)).toBeGreaterThanOrEqual(Number(before.energyWh))
  const plc = await open(second.number('modbusPort'))
  const seen = await fromPlc(plc)
  await plc.writeRegisters(100, block({ seq: 1, command: 1, token: 16, echo: seen[13] ?? 0 }))
  expect((await second.judge()).lease.rejects).toMatchObject([{ reason: 3, text: 'token-too-low' }])
})

test('the meter answers the published map and nothing else', async () => {
  const { booth } = await start()
  const meter = await open(booth.number('modbusPort'), 11)
  expect((await meter.readHoldingRegisters(0x5b14, 2)).data).toEqual([0, 18_000])
  expect((await meter.readHoldingRegisters(0x8900, 2)).data).toEqual([350, 63_511])
  const energy = (await meter.readHoldingRegisters(0x5000, 4)).data
  const { energyWh } = await booth.judge()
  expect(energy).toEqual([0, 0, 0, Math.floor(Number(energyWh) / 10)])
  expect(await isRefused(meter.readHoldingRegisters(0x5000, 5))).toBe(2)
  expect(await isRefused(meter.readInputRegisters(0x5000, 4))).toBe(1)
  expect(await isRefused(meter.writeRegister(0x5000, 1))).toBe(2)
})

test('the operator and the faults of the machine show in the registers', async () => {
  const { booth, plc } = await start()
  const status = async () => (await plc.readHoldingRegisters(0, 3)).data
  const lease = async () => (await fromPlc(plc))[3]
  await booth.post('/operator', { emergencyStop: true })
  expect([await status(), await lease()]).toEqual([[4, 1, 1], 6])
  await booth.post('/operator', { emergencyStop: false })
  await booth.post('/operator', { guardOpen: true })
  expect([await status(), await lease()]).toEqual([[1, 1, 2], 0])
  await booth.post('/operator', { guardOpen: false })
  await booth.post('/fault', { kind: 'machine-fault', active: true })
  expect([await status(), await lease()]).toEqual([[4, 1, 4], 4])
  await booth.post('/fault', { kind: 'machine-fault', active: false })
  await booth.post('/operator', { mode: 'local' })
  expect([await status(), await lease()]).toEqual([[2, 0, 0], 5])
  await booth.post('/operator', { pressStart: true })
  expect((await eventually(booth.judge, (judge) => judge.producedUnits === 1)).startPermission).toBe(true)
  await booth.post('/operator', { mode: 'maintenance' })
  expect([await status(), await lease()]).toEqual([[1, 2, 0], 0])
  await booth.post('/operator', { power: 'off' })
  expect(await status()).toEqual([0, 2, 0])
  await booth.post('/operator', { produce: 4 })
  await booth.post('/fault', { kind: 'reset-counter', to: 2 })
  expect(await booth.judge()).toMatchObject({ producedUnits: 5, partCounter: 2, startPermission: false })
  const { bootId } = (await booth.judge()).lease
  await booth.post('/fault', { kind: 'plc-restart' })
  expect((await booth.judge()).lease).toMatchObject({ bootId: bootId + 1, state: 'locked' })
})

test('bodies which are not understood are refused and change nothing', async () => {
  const { booth } = await start()
  const bad: [string, unknown][] = [
    ['/operator', {}],
    ['/operator', []],
    ['/operator', 'not json'],
    ['/operator', { mode: 'auto' }],
    ['/operator', { produce: 1.5 }],
    ['/operator', { produce: -1 }],
    ['/operator', { produce: '3' }],
    ['/operator', { emergencyStop: 'yes' }],
    ['/operator', { produce: 1, mode: 'local' }],
    ['/operator', { toString: true }],
    ['/fault', { kind: 'explode' }],
    ['/fault', { kind: 'toString' }],
    ['/fault', { kind: 'freeze' }],
    ['/fault', { kind: 'freeze', ms: 10, logic: 'maybe' }],
    ['/fault', { kind: 'cut', ms: 0 }],
    ['/fault', { kind: 'cut', seconds: 1 }],
    ['/fault', { kind: 'cut', face: 'opcua' }],
    ['/fault', { kind: 'reset-counter', to: 4294967296 }],
    ['/fault', null],
  ]
  for (const [path, body] of bad) {
    const answer = await booth.post(path, body)
    expect([body, answer.status, typeof answer.body.error]).toEqual([body, 400, 'string'])
  }
  expect((await booth.post('/nowhere', {})).status).toBe(404)
  expect((await booth.post('/judge', {})).status).toBe(405)
  expect((await booth.post('/operator', `"${'x'.repeat(70_000)}"`)).status).toBe(413)
  expect(await booth.judge()).toMatchObject({ producedUnits: 0, mode: 'remote', state: 'standby' })
})
