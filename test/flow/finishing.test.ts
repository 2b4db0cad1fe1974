/** A cycle that outlives its permission and its gateway: the unit is still that of the session. */
import { expect, test } from 'vitest'
import { until } from '../support/process.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('finishing')
const plantOf = withPlant(scope, { site: 'finishing', machines: { 'spray-booth': 1 }, cycleMs: 25_000 })

test('a unit that is finished after the lease lapsed and the gateway came back belongs to the session', async () => {
  const { api, gateway, machine } = plantOf()
  const { simulator, token, unitMeter } = machine('booth-1')
  const session = await api.unlocked('booth-1', await token())
  await simulator.operate({ pressStart: true })
  await until(async () => (await simulator.judge()).cycleRunning, 5000, 'the cycle does not start')

  await gateway.kill()
  await until(async () => !(await simulator.judge()).startPermission, 15_000, 'the lease does not lapse')
  await gateway.start()
  expect((await simulator.judge()).cycleRunning).toBe(true)

  await until(async () => (await simulator.judge()).producedUnits === 1, 30_000, 'the cycle does not end')
  const ended = await api.untilSession(session.id, ({ status }) => status === 'ended', 15_000)
  await until(async () => (await api.meter(unitMeter)).total === '1', 5000, 'the unit is not counted')
  expect(await api.meter(unitMeter)).toMatchObject({ session: '1', unassigned: '0', disputed: '0' })
  expect(ended.use).toContainEqual(expect.objectContaining({ meter: unitMeter, quantity: '1' }))
}, 90_000)
