/** The gateway dies, or is started twice. How it is stopped is in use.test.ts. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startLatchkey } from '../support/gateway.ts'
import { until } from '../support/process.ts'
import { found } from '../support/proof.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('restart')
const plantOf = withPlant(scope, {
  site: 'restart',
  machines: { 'spray-booth': 1, instrument: 1 },
  cycleMs: 300,
  autoStart: true,
  // A start takes longer where other tests run beside it.
  lease: '30s',
})

test('a killed gateway that comes back within the lease takes its sessions up: same token, never locked, no unit lost', async () => {
  const { api, gateway, machines } = plantOf()
  const sessions = await Promise.all(machines.map(async ({ id, token }) => api.unlocked(id, await token())))
  const held = await Promise.all(machines.map(async ({ simulator }) => (await simulator.judge()).lease.ownerToken))
  for (const { id, simulator } of machines)
    await until(async () => (await simulator.judge()).producedUnits > 0, 10_000, `${id} makes nothing`)
  const from = await api.head()

  await gateway.kill()
  await gateway.start()

  for (const [index, { id, simulator, unitMeter }] of machines.entries()) {
    const session = sessions[index]!
    const resumed = await found(
      async () => (await api.entries(from)).find((entry) => entry.machine === id && entry.kind === 'SessionResumed'),
      10_000,
      `${id} was not taken up`,
    )
    expect(resumed).toMatchObject({ session: session.id, data: { adopted: true, token: String(held[index]) } })
    const judge = await simulator.judge()
    expect(judge.lease.ownerToken).toBe(held[index])
    expect(judge.outputEdges.filter(({ on }) => !on)).toHaveLength(1) // the one at power-up
    expect(judge.enables).toBe(1)
    expect((await api.session(session.id)).status).toBe('open')

    const ended = await api.ended(session.id)
    const made = String((await simulator.judge()).producedUnits)
    expect(ended.use).toContainEqual(expect.objectContaining({ meter: unitMeter, quantity: made }))
    expect(await api.meter(unitMeter)).toMatchObject({ total: made, disputed: '0', unassigned: '0', conserved: true })
  }
})

test('a second gateway on the same folder ends with 1 and says why; the first is not disturbed', async () => {
  const { api, gateway } = plantOf()
  const second = startLatchkey(['run', gateway.sitePath])
  const { code } = await second.exited
  expect(code).toBe(1)
  expect(second.output()).toMatch(/is held by another gateway/)
  expect(second.output()).not.toMatch(/\n\s+at .*node:internal/)
  expect((await api.machine('booth-1')).availability.state).not.toBe('Unknown')
})

test('the lock of the data folder is there again soon when somebody deletes it', async () => {
  const { dataDir, gateway } = plantOf()
  const lock = join(dataDir, 'lock')
  rmSync(lock)
  await until(() => existsSync(lock), 5_000, 'the lock is not put back')
  await until(() => gateway.output().includes('the lock of the data folder was deleted'), 5_000, 'it is not said')
  const second = startLatchkey(['run', gateway.sitePath])
  expect((await second.exited).code).toBe(1)
  expect(second.output()).toContain('is held by another gateway')
})
