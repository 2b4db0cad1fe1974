/** A machine that is not simulated: nobody is let in until it has been shown to lock itself, and not for ever. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { startLatchkey } from '../support/gateway.ts'
import type { Session } from '../support/gateway-api.ts'
import { until } from '../support/process.ts'
import { found } from '../support/proof.ts'
import { fileScope, withPlant } from './plant.ts'

const ID = 'booth-1'
const scope = fileScope('drill')
// The simulator's addresses under the name of a real model: what is said of it counts.
const simulated = new URL('../../config/profiles/sim-spray-booth.yaml', import.meta.url)
mkdirSync(join(scope.folder, 'profiles'))
writeFileSync(
  join(scope.folder, 'profiles', 'booth-plc.yaml'),
  readFileSync(simulated, 'utf8').replace('profile: sim-spray-booth', 'profile: booth-plc'),
)

const plantOf = withPlant(scope, {
  site: 'drill',
  machines: { 'spray-booth': 1 },
  cycleMs: 300,
  closed: [ID],
  more: {
    [ID]: {
      devices: { plc: { profile: 'booth-plc', link: `${ID}-modbus`, unit: 1 } },
      interlock: { device: 'plc', class: 'lease', lease: '2s', heartbeat: '300ms', retest: '1d' },
    },
  },
  people: { wang: { role: 'technician', name: 'Wang Li', machines: ID } },
})

type Drill = { state: string; by: string; steps: { step: string; passed: boolean }[] }

test('nobody is let in before a drill has passed, it runs on when nobody watches, and what it shows is not for ever', {
  timeout: 180_000,
}, async () => {
  const { api, gateway, key, dataDir, machine } = plantOf()
  const { simulator, token } = machine(ID)
  const wang = key('wang')
  const drill = (...more: string[]) => {
    const args = ['drill', api.url, ID, '--key', wang, '--yes', '--reason', 'first one', ...more]
    const command = startLatchkey(args)
    scope.defer(() => command.kill())
    return command
  }
  const isShut = async () => {
    expect((await api.machine(ID)).availability).toMatchObject({ state: 'Blocked', reason: 'not-commissioned' })
    const { count } = (await simulator.judge()).writeFrames
    expect(await api.unlock(ID, await token())).toMatchObject({ status: 409, body: { code: 'not-commissioned' } })
    expect((await simulator.judge()).writeFrames.count).toBe(count)
  }
  await isShut()

  // A technician gets in under the own name; while he is in, nothing is drilled.
  const body = { reason: 'look at the valve' }
  const inside = await api.call<Session>('POST', `/machines/${ID}/override`, { token: wang, body })
  expect(inside.status).toBe(200)
  const inUse = drill()
  expect((await inUse.exited).code).toBe(1)
  expect(inUse.output()).toContain('a session is open')
  expect((await simulator.judge()).enables).toBe(1)
  await api.ended(inside.body.id)
  await api.untilMachine(ID, ({ availability }) => availability.reason === 'not-commissioned', 10_000)

  // Watched for one step, then left alone.
  const watched = drill()
  await until(() => watched.output().includes('locked-at-start'), 30_000, `no step is shown: ${watched.output()}`)
  await watched.kill('SIGINT')
  expect((await watched.exited).code).toBe(130)
  expect(watched.output()).toContain('goes on by itself, and the machine stays in maintenance')
  const other = drill()
  expect((await other.exited).code).toBe(1)
  expect(other.output()).toContain('a drill is under way')
  expect(await api.unlock(ID, await token())).toMatchObject({ status: 409 })
  const view = await found(
    async () => {
      const { body: now } = await api.call<Drill>('GET', `/machines/${ID}/drill`, { token: wang })
      return now.state === 'running' ? undefined : now
    },
    120_000,
    'the drill does not end',
  )
  expect(view).toMatchObject({ state: 'passed', by: 'Wang Li' })
  expect(view.steps.length).toBeGreaterThanOrEqual(14)
  expect((await simulator.judge()).startPermission).toBe(false)
  const recorded = (await api.entries()).filter(({ kind }) => kind === 'DrillRecorded')
  expect(recorded.map(({ data }) => [data.passed, data.by, data.reason])).toEqual([[true, 'Wang Li', 'first one']])

  const calm = { on: false, reason: 'drilled' }
  expect((await api.call('POST', `/machines/${ID}/maintenance`, { token: wang, body: calm })).status).toBe(204)
  await api.untilAvailable(ID)
  expect((await api.machine(ID)).commissioning).toEqual({ state: 'commissioned', due: expect.any(String) })
  const session = await api.unlocked(ID, await token())
  expect(session).toMatchObject({ simulated: false })
  await api.ended(session.id)

  // Kept over a restart, and a day later it has to be shown again.
  await gateway.stop()
  const ledger = new DatabaseSync(join(dataDir, 'ledger.sqlite'))
  const aged = `UPDATE machine SET body = json_set(body, '$.drill.atMs', json_extract(body, '$.drill.atMs') - 86400000)`
  expect(ledger.prepare(aged).run().changes).toBe(1)
  ledger.close()
  await gateway.start()
  await api.untilMachine(ID, ({ availability }) => availability.state === 'Blocked', 20_000)
  expect((await api.machine(ID)).commissioning).toEqual({ state: 'expired' })
  await isShut()
})
