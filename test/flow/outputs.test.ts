/**
 * Machines behind an I/O module, as processes: with a watchdog over both protocols, and without one. The contact
 * judges.
 */
import { describe, expect, test } from 'vitest'
import type { Api } from '../support/gateway-api.ts'
import { until } from '../support/process.ts'
import { found } from '../support/proof.ts'
import type { MachineSimulator } from '../support/simulators.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('outputs')
const plantOf = withPlant(scope, {
  site: 'outputs',
  machines: { 'edge-bander': 1, 'edge-bander-opcua': 1, 'edge-bander-coil': 1 },
  cycleMs: 300,
  autoStart: true,
})

/** Its operator stops pressing start, and what runs completes: an output that is on cannot prevent a new start. */
async function calm(simulator: MachineSimulator): Promise<void> {
  await simulator.operate({ autoStart: false })
  await until(async () => !(await simulator.judge()).cycleRunning, 5000, 'it does not come to rest')
}

const untilLocked = (api: Api, id: string) =>
  until(async () => (await api.machine(id)).access === 'Locked', 10_000, `${id} is not locked`)

const causes = (edges: readonly { on: boolean; cause: string }[]) => edges.map(({ on, cause }) => [on, cause])

describe.each([
  ['Modbus', 'bander-1', 'bander-1-modbus'],
  ['OPC UA', 'bander-opcua-1', 'bander-opcua-1-opcua'],
])('a machine with a watchdog over %s', (_protocol, id) => {
  test('is unlocked, lapses when it is cut off, is resumed, ends, and every unit is somebody’s', {
    timeout: 90_000,
  }, async () => {
    const { api, machine } = plantOf()
    const { simulator, token, unitMeter } = machine(id)
    const credential = await token()
    expect(await api.machine(id)).toMatchObject({ failSafe: true })
    const session = await api.unlocked(id, credential)
    expect(session).not.toHaveProperty('failSafe')
    expect((await simulator.judge()).startPermission).toBe(true)
    await until(async () => (await simulator.judge()).producedUnits >= 2, 10_000, 'nothing is made')

    await simulator.fault({ kind: 'cut' })
    await until(async () => !(await simulator.judge()).startPermission, 7000, 'it is still unlocked')
    await api.untilSession(session.id, ({ status }) => status === 'suspended', 10_000)
    await simulator.fault({ kind: 'heal' })
    const resume = async () =>
      (await api.call('POST', `/sessions/${session.id}/resume`, { token: credential, body: {} })).status === 200
    await until(resume, 30_000, 'it is not resumed')
    expect((await simulator.judge()).startPermission).toBe(true)

    await calm(simulator)
    const ended = await api.ended(session.id)
    const judge = await simulator.judge()
    expect(judge.startPermission).toBe(false)
    expect(causes(judge.outputEdges)).toEqual([
      [false, 'power-up'],
      [true, 'write'],
      [false, 'watchdog'],
      [true, 'write'],
      [false, 'write'],
    ])
    expect(ended).toMatchObject({ status: 'ended' })
    const meter = await api.meter(unitMeter)
    expect(meter).toMatchObject({ total: String(judge.producedUnits), unassigned: '0', conserved: true })
  })

  test('turned on by a stranger is in foreign use within two polls, and what it makes is unassigned', async () => {
    const { api, machine } = plantOf()
    const { simulator, unitMeter } = machine(id)
    await untilLocked(api, id)
    const before = await api.meter(unitMeter)
    const frames = (await simulator.judge()).writeFrames.count
    const from = await api.head()
    const madeBefore = (await simulator.judge()).producedUnits
    await simulator.operate({ autoStart: true })
    await simulator.module({ write: true })
    const foreign = await found(
      async () => (await api.entries(from)).find((entry) => entry.machine === id && entry.kind === 'ForeignUse'),
      5000,
      'nobody noticed',
    )
    expect(foreign.data).toMatchObject({ phase: 'began', on: true })
    await until(async () => !(await simulator.judge()).startPermission, 7000, 'it stays on')
    await calm(simulator)
    await untilLocked(api, id)
    const judge = await simulator.judge()
    const after = await api.meter(unitMeter)
    expect(judge.writeFrames.count).toBe(frames)
    expect(judge.producedUnits).toBeGreaterThan(madeBefore)
    expect(BigInt(after.unassigned) - BigInt(before.unassigned)).toBe(BigInt(judge.producedUnits - madeBefore))
    expect(after.conserved).toBe(true)
  })

  test('whose watchdog was turned off is refused, by name, without a write', async () => {
    const { api, machine } = plantOf()
    const { simulator, token } = machine(id)
    await simulator.module({ watchdogMs: 0 })
    const { count } = (await simulator.judge()).writeFrames
    const refused = async () => (await api.machine(id)).availability.state === 'OutOfOrder'
    await until(refused, 5000, 'it is still offered')
    expect(await api.unlock(id, await token())).toMatchObject({ status: 409, body: { code: 'machine-not-ready' } })
    expect((await simulator.judge()).writeFrames.count).toBe(count)
    await simulator.module({ watchdogMs: 5000 })
    await untilLocked(api, id)
  })
})

describe('a machine behind a coil', () => {
  test('is said to have no fail-safe wherever it is named, stays on through a cut, and is off when it has ended', {
    timeout: 90_000,
  }, async () => {
    const { api, machine } = plantOf()
    const id = 'bander-coil-1'
    const { simulator, token, unitMeter } = machine(id)
    expect(await api.machine(id)).toMatchObject({ failSafe: false })
    const from = await api.head()
    const session = await api.unlocked(id, await token())
    expect(session).toMatchObject({ failSafe: false })
    await simulator.fault({ kind: 'cut', ms: 8000 })
    const unknown = async () => (await api.machine(id)).availability.state === 'Unknown'
    await until(unknown, 8000, 'it is not unknown')
    expect((await simulator.judge()).startPermission).toBe(true)
    await until(async () => !(await unknown()), 30_000, 'it does not come back')
    expect(await api.session(session.id)).toMatchObject({ status: 'open' })

    await calm(simulator)
    const ended = await api.ended(session.id)
    const judge = await simulator.judge()
    expect(judge.startPermission).toBe(false)
    expect(judge.writeFrames.last.map(({ words }) => words)).toEqual([[1], [0]])
    expect(ended.use).toContainEqual(expect.objectContaining({ quantity: String(judge.producedUnits) }))
    expect(await api.meter(unitMeter)).toMatchObject({ total: String(judge.producedUnits), conserved: true })
    const entries = (await api.entries(from)).filter((entry) => entry.session === session.id)
    for (const kind of ['UnlockConfirmed', 'SessionEnded'])
      expect(entries.find((entry) => entry.kind === kind)?.data).toMatchObject({ failSafe: false })
  })

  test('whose gateway died and came back still holds its session, and turns it off when it ends', {
    timeout: 60_000,
  }, async () => {
    const { api, gateway, machine } = plantOf()
    const id = 'bander-coil-1'
    const { simulator, token } = machine(id)
    await untilLocked(api, id)
    const session = await api.unlocked(id, await token())
    await gateway.kill()
    expect((await simulator.judge()).startPermission).toBe(true)
    await gateway.start()
    await api.untilSession(session.id, ({ status }) => status === 'open', 20_000)
    await calm(simulator)
    await api.ended(session.id)
    expect((await simulator.judge()).startPermission).toBe(false)
  })
})
