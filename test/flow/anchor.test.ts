/** A ledger that was rolled back behind the gateway's back: found at the next start, by what the broker still holds. */
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startPlant } from '../support/gateway-plant.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { untilAnchored } from '../support/outside.ts'
import { until } from '../support/process.ts'
import { realPart } from '../support/real.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('anchor')

describe.skipIf(!realPart('mosquitto'))('a ledger from an older copy of the disk', () => {
  test('is metered on and unlocks nothing; the right one unlocks again', async () => {
    const broker = await startMosquitto()
    scope.defer(() => broker.stop())
    const { api, gateway, dataDir, machine } = await startPlant(scope, {
      site: 'anchor',
      machines: { 'spray-booth': 1 },
      cycleMs: 300,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const { token, unitMeter } = machine('booth-1')
    const ready = async () => (await (await fetch(`${api.url}/health/ready`)).json()) as { notes: string[] }
    const path = join(dataDir, 'ledger.sqlite')
    const copy = join(scope.folder, 'older.sqlite')
    const forget = () => {
      for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
    }

    await gateway.stop()
    copyFileSync(path, copy)
    await gateway.start()
    await until(
      async () => (await ready()).notes.some((note) => note.includes('unanchored')),
      20_000,
      'never looked up',
    )
    const session = await api.unlocked('booth-1', await token())
    await api.ended(session.id)
    await untilAnchored(broker.url, 'anchor', api, session.id, await token())
    await gateway.stop()
    const newer = join(scope.folder, 'newer.sqlite')
    copyFileSync(path, newer)

    copyFileSync(copy, path)
    forget()
    await gateway.start()
    await until(async () => (await ready()).notes.some((note) => note.includes('contradicts')), 20_000, 'not noticed')
    await api.untilMachine('booth-1', ({ availability }) => availability.state !== 'Unknown', 10_000)
    expect(await api.unlock('booth-1', await token())).toMatchObject({ status: 503, body: { code: 'ledger-unproven' } })
    expect(await api.meter(unitMeter)).toMatchObject({ conserved: true })
    await gateway.stop()
    await gateway.start()
    // what shows it is still there, and not replaced by the ledger it contradicts
    await until(async () => (await ready()).notes.some((note) => note.includes('contradicts')), 20_000, 'forgotten')
    await gateway.stop()

    copyFileSync(newer, path)
    forget()
    await gateway.start()
    await until(async () => (await api.unlock('booth-1', await token())).status === 200, 15_000, 'never unlocked again')
  }, 180_000)
})
