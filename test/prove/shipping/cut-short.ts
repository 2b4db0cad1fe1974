/**
 * A backup and a restore whose process is killed again and again while it writes: the same command, run to its end, is
 * whole, and until then no ledger stands where a gateway would begin with it. Read next: moved.ts, which asks this.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startLatchkey } from '../../support/gateway.ts'
import { startProcess } from '../../support/process.ts'
import { randomBetween } from '../../support/proof.ts'
import type { Checks } from '../item.ts'

/** Beside the ledger, so that writing takes a while. */
const BALLAST_BYTES = 48 * 2 ** 20
const BALLAST = join('links', 'ballast')

type Asked = {
  readonly checks: Checks
  /** How often each of the two is killed. */
  readonly times: number
  /** Where the gateway works. */
  readonly site: string
  readonly dataDir: string
  /** Of another box, with the data folder `otherData`. */
  readonly otherSite: string
  readonly otherData: string
  readonly file: string
  readonly line: string
  readonly keyPath: string
}

export async function cutShort({ checks, times, site, dataDir, otherSite, otherData, ...how }: Asked): Promise<void> {
  const { file, line, keyPath } = how
  const ballast = randomBytes(BALLAST_BYTES)
  mkdirSync(dirname(join(dataDir, BALLAST)), { recursive: true })
  writeFileSync(join(dataDir, BALLAST), ballast)

  for (let time = 0; time < times; time += 1) {
    // Each into a file of its own; the last one is restored.
    const to = time === times - 1 ? file : `${file}-${time}`
    const backup = ['backup', site, to, '--to', line, '--json']
    await killedAt(backup, `${to}.part`)
    const cut = sizeOf(`${to}.part`)
    checks.check('it was killed while it wrote', cut > 0 && !existsSync(to), cut)
    const { bytes, wentOnFrom } = JSON.parse((await ran(backup, checks)) || '{}') as Record<string, number>
    checks.check('the backup went on where it was', wentOnFrom! > 0 && wentOnFrom! <= bytes!, [wentOnFrom, cut, bytes])
  }
  rmSync(join(dataDir, BALLAST))

  const restore = ['restore', otherSite, file, '--key', keyPath, '--json']
  for (let time = 0; time < times; time += 1) {
    await killedAt(restore, join(otherData, 'restoring', BALLAST))
    const isBegun = existsSync(join(otherData, 'restoring'))
    checks.check('half a restore has no ledger to begin with', isBegun || !existsSync(join(otherData, 'ledger.sqlite')))
  }
  await ran(restore, checks)
  checks.check('what is restored is what was there', readFileSync(join(otherData, BALLAST)).equals(ballast))
  checks.check('and it is done', !existsSync(join(otherData, 'restoring')))
}

/** Looks each millisecond, whatever else the prover does meanwhile. */
const KILLER = `
const { statSync } = process.getBuiltinModule('node:fs')
const [path, enough, group] = process.argv.slice(1)
const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0
const tick = new Int32Array(new SharedArrayBuffer(4))
while (size() >= enough) Atomics.wait(tick, 0, 0, 1)
while (size() < enough) Atomics.wait(tick, 0, 0, 1)
process.kill(-group, 'SIGKILL')`

/** When the file it writes has reached some size. */
async function killedAt(args: readonly string[], path: string): Promise<void> {
  const command = startLatchkey(args)
  const enough = randomBetween(1, BALLAST_BYTES / 2)
  const killer = startProcess(process.execPath, ['--eval', KILLER, path, String(enough), String(command.pid)])
  await command.exited
  await killer.kill()
}

async function ran(args: readonly string[], checks: Checks): Promise<string> {
  const command = startLatchkey(args)
  const { code } = await command.exited
  checks.check(`${args[0]} comes to its end`, code === 0, command.output())
  return /^\{.*\}$/m.exec(command.output())?.[0] ?? ''
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
