/** One use of a machine, from token to end, over each protocol: the judge of the machine has the last word. */
import { describe, expect, test } from 'vitest'
import { until } from '../support/process.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('use')
const plantOf = withPlant(scope, {
  site: 'use',
  machines: { 'spray-booth': 1, instrument: 1 },
  cycleMs: 300,
  autoStart: true,
})

describe.each([
  ['Modbus', 'booth-1'],
  ['OPC UA', 'instrument-1'],
])('a machine over %s', (_protocol, id) => {
  test('is unlocked when 200 is answered, makes units, and is locked when the end is answered; every unit is counted', async () => {
    const { api, machine } = plantOf()
    const { simulator, token, unitMeter } = machine(id)
    const credential = await token()

    const unlock = await api.unlock(id, credential)
    const open = await simulator.judge()
    expect(unlock).toMatchObject({ status: 200, body: { status: 'open', machine: id, simulated: true } })
    expect(open.startPermission).toBe(true)
    expect(open.enables).toBe(1)

    await until(async () => (await simulator.judge()).producedUnits >= 4, 10_000, 'nothing is made')
    const end = await api.call('POST', `/sessions/${unlock.body.id}/end`, { token: credential, body: {} })
    const locked = await simulator.judge()
    expect(end).toMatchObject({ status: 200, body: { status: 'ended', stoppedReason: 'Local' } })
    expect(locked.startPermission).toBe(false)
    expect(locked.cycleRunning).toBe(false)
    expect(locked.outputEdges.map(({ on, cause }) => [on, cause])).toEqual([
      [false, 'power-up'],
      [true, 'enable'],
      [false, 'finish'],
    ])

    const made = String(locked.producedUnits)
    expect(end.body.use).toContainEqual(expect.objectContaining({ meter: unitMeter, quantity: made }))
    expect(await api.meter(unitMeter)).toMatchObject({
      total: made,
      session: made,
      unassigned: '0',
      disputed: '0',
      conserved: true,
    })
  })

  test('cannot be unlocked twice with one token', async () => {
    const { api, machine } = plantOf()
    const { simulator, token } = machine(id)
    const credential = await token()
    const session = await api.unlocked(id, credential)
    await api.ended(session.id)
    const before = await simulator.judge()
    expect(await api.unlock(id, credential)).toMatchObject({ status: 409, body: { code: 'token-replayed' } })
    expect((await simulator.judge()).writeFrames.count).toBe(before.writeFrames.count)
  })

  test('gives the same answer to the same request, and unlocks once', async () => {
    const { api, machine } = plantOf()
    const { simulator, token } = machine(id)
    const credential = await token()
    const { enables } = await simulator.judge()
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.unlock(id, credential, { 'idempotency-key': `pressed-thrice-at-${id}` })),
    )
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    expect(answers[0]!.status).toBe(200)
    expect((await simulator.judge()).enables).toBe(enables + 1)
    await api.ended(answers[0]!.body.id)
  })
})

test('of two who ask at once, one is let in', async () => {
  const { api, machine } = plantOf()
  const { simulator, token } = machine('booth-1')
  const { enables } = await simulator.judge()
  const answers = await Promise.all([await token(), await token()].map((each) => api.unlock('booth-1', each)))
  const [first, second] = answers.toSorted((a, b) => a.status - b.status)
  expect(first?.status).toBe(200)
  expect(second).toMatchObject({ status: 409, body: { code: 'machine-in-use' } })
  expect((await simulator.judge()).enables).toBe(enables + 1)
  await api.ended(first!.body.id)
})

test('of two machines asked at once under one token id, one is unlocked', async () => {
  const { api, machine, platform } = plantOf()
  const ids = ['booth-1', 'instrument-1']
  for (const jti of ['order-1', 'order-2', 'order-3']) {
    const tokens = await Promise.all(ids.map((id) => platform.token({ ...machine(id).booking, jti })))
    const answers = await Promise.all(tokens.map((token, index) => api.unlock(ids[index]!, token)))
    const [first, second] = answers.toSorted((a, b) => a.status - b.status)
    expect(first?.status).toBe(200)
    expect(second).toMatchObject({ status: 409, body: { code: 'token-replayed' } })
    await api.ended(first!.body.id)
  }
})

test.each(['SIGTERM', 'SIGHUP'] as const)('%s ends it with 0 and the permission lapses by itself', async (signal) => {
  const { api, gateway, machine } = plantOf()
  const { simulator, token } = machine('booth-1')
  const session = await api.unlocked('booth-1', await token())
  expect((await gateway.stop(signal)).code).toBe(0)
  await until(async () => !(await simulator.judge()).startPermission, 12_000, 'the machine is still unlocked')

  await gateway.start()
  const ended = await api.untilSession(session.id, ({ status }) => status === 'ended', 15_000)
  expect(ended.stoppedReason).toBe('Reboot')
  expect((await api.entries()).some(({ kind }) => kind === 'GatewayStopped')).toBe(true)
})
