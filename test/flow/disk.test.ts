/**
 * A disk that fills up, a real and small one: what was unlocked goes on, nothing new begins, and nothing is deleted.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startPlant } from '../support/gateway-plant.ts'
import { until } from '../support/process.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('disk')
const MIB = 1_048_576
const SITE = 'disk'
const mounted = mountSmall(join(scope.folder, `${SITE}-data`))

/** A file system of 64 MiB at this path, if we may make one. */
function mountSmall(path: string): boolean {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return false
  }
  scope.defer(() => void execFileSync('umount', ['-l', path]))
  return true
}

describe.skipIf(!mounted)('a disk of 64 MiB with a reserve of 16', () => {
  test('below its reserve nothing new is unlocked; metering, ending and proving go on', async () => {
    const { api, dataDir, machine, gateway } = await startPlant(scope, {
      site: SITE,
      machines: { 'spray-booth': 1 },
      cycleMs: 300,
      autoStart: true,
      bounds: { diskReserve: 16 * MIB },
    })
    const notes = async () => ((await (await fetch(`${api.url}/health/ready`)).json()) as { notes: string[] }).notes
    const { token, unitMeter, simulator } = machine('booth-1')
    // ten years do not fit, and that is said and refuses nothing
    expect((await notes()).join()).toMatch(/over 10 years needs about/)
    const { id } = await api.unlocked('booth-1', await token())

    const filler = join(dataDir, 'filler')
    const { bavail, bsize } = statfsSync(dataDir)
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 12 * MIB))
    await until(async () => (await notes()).some((note) => note.includes('disk reserve')), 15_000, 'not noticed')
    const before = (await simulator.judge()).producedUnits
    await until(async () => (await simulator.judge()).producedUnits > before, 15_000, 'the session was cut')
    const ended = await api.ended(id)
    expect(ended.stoppedReason).toBe('Remote')
    expect(await api.unlock('booth-1', await token())).toMatchObject({ status: 503, body: { code: 'ledger-full' } })
    expect(await api.meter(unitMeter)).toMatchObject({ conserved: true })
    const kept = await api.head()
    // also right after a start, before anything was looked at twice
    await gateway.stop()
    await gateway.start()
    await api.untilMachine('booth-1', ({ availability }) => availability.state === 'Reserved', 30_000)
    expect(await api.unlock('booth-1', await token())).toMatchObject({ status: 503, body: { code: 'ledger-full' } })
    expect(await api.head()).toBeGreaterThan(kept)

    rmSync(filler)
    await until(async () => (await api.unlock('booth-1', await token())).status === 200, 15_000, 'never unlocked again')
  }, 300_000)
})
