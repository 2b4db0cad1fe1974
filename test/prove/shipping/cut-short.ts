/**
 * A backup and a restore whose process is killed again and again while it writes: the same command, run to its end, is
 * whole, and until then no ledger stands where a gateway would begin with it. Read next: moved.ts, which asks this.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startLatchkey } from '../../support/gateway.ts'
import { found, randomBetween } from '../../support/proof.ts'
import type { Checks } from '../item.ts'

/** Beside the ledger, so that writing takes a while. */
const BALLAST_BYTES = 48 * 2 ** 20
const BALLAST = join('links', 'ballast')
const WITHIN_MS = 60_000

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

  const backup = ['backup', site, file, '--to', line, '--json']
  const sizes: number[] = []
  for (let time = 0; time < times; time += 1) {
    await killedAt(backup, `${file}.part`)
    checks.check('half a backup has not its name', !existsSync(file))
    sizes.push(sizeOf(`${file}.part`))
  }
  checks.check(
    'it was killed while it wrote',
    sizes.some((size) => size > 0 && size < BALLAST_BYTES),
    sizes,
  )
  const { bytes, wentOnFrom } = JSON.parse((await ran(backup, checks)) || '{}') as Record<string, number>
  checks.check('the backup went on where it was', wentOnFrom! > 0 && wentOnFrom! < bytes!, [wentOnFrom, bytes])
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

/** When the file it writes has reached some size. */
async function killedAt(args: readonly string[], path: string): Promise<void> {
  const command = startLatchkey(args)
  const enough = randomBetween(1, BALLAST_BYTES * 0.8)
  let hasEnded = false
  void command.exited.then(() => {
    hasEnded = true
  })
  const before = sizeOf(path)
  const isTime = () => hasEnded || (sizeOf(path) !== before && sizeOf(path) >= enough) || undefined
  // One that goes on writes over what is there, and the file does not grow until then.
  await found(isTime, before === 0 ? WITHIN_MS : 1000, 'it does not write').catch(() => undefined)
  await command.kill()
}

async function ran(args: readonly string[], checks: Checks): Promise<string> {
  const command = startLatchkey(args)
  const { code } = await command.exited
  checks.check(`${args[0]} comes to its end`, code === 0, command.output())
  return /^\{.*\}$/m.exec(command.output())?.[0] ?? ''
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
