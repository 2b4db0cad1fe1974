/**
 * The second chapter: what goes wrong when a gateway is started. One folder and one `dataDir` go from one mistake to
 * the next. Read next: shop.ts (a gateway that runs), wiring.ts.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../../../support/ports.ts'
import { type Chapter, env, openFolder } from './chapter.ts'
import { openShop } from './shop.ts'
import { latchkey, type Printed } from './technician.ts'

const skewedClock = new URL('../../../field/skewed-clock.ts', import.meta.url).href
const LISTEN = /listen: "[^"]+"/
const MONTH_MS = 30 * 86_400_000

export async function starting(chapter: Chapter): Promise<void> {
  const { checks, scope } = chapter
  // A gateway of its own, which may run beside that of another chapter.
  const listen = `listen: "127.0.0.1:${await freePort()}"`
  const good = chapter.files['site.yaml']!.replace(LISTEN, listen).replace('timezone:', 'fencingId: 1\ntimezone:')
  const folder = openFolder(chapter, 'start', { ...chapter.files, 'site.yaml': good })
  const path = join(folder, 'site.yaml')
  let site = good
  const write = (from: RegExp | string, to: string) => {
    site = site.replace(from, to)
    writeFileSync(path, site)
  }
  const run = async () => fatal(await latchkey(['run', path], env))

  writeFileSync(join(folder, 'data'), '')
  const inTheWay = /(\S+) cannot be made: a file of this name is there\. Mend that, or name another folder as dataDir/
  const first = await run()
  rmSync(inTheWay.exec(first)?.[1] ?? join(folder, 'none'), { force: true })
  write('dataDir: ./data', 'dataDir: /sys/latchkey')
  const forbidden = /\/sys\/latchkey cannot be made: nobody may make folders there\. .*name another folder as (dataDir)/
  const second = await run()
  write(/dataDir: .*/, 'dataDir: ./data')

  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  scope.defer(() => other.close())
  write(LISTEN, `listen: "127.0.0.1:${port}"`)
  const third = await run()
  const taken =
    /cannot listen on 127\.0\.0\.1:\d+: another program has this port; .*write another port in (api\.listen)/
  write(LISTEN, listen)

  const shop = await openShop(scope, path)
  checks.check('a file where the data should be (people 23)', inTheWay.test(first), first)
  checks.check('a folder where nobody may write (people 23)', forbidden.test(second), second)
  checks.check('a port that another program has (people 22)', taken.test(third), third)

  const beside = join(folder, 'beside.yaml')
  writeFileSync(beside, site.replace(LISTEN, `listen: "127.0.0.1:${await freePort()}"`))
  const twice = fatal(await latchkey(['run', beside], env))
  checks.check('a second gateway (people 24)', /is held by another gateway\. Stop it first/.test(twice), twice)
  await shop.kill()
  const again = await openShop(scope, beside)
  await again.stop()
  checks.check('a lock that was left behind holds nobody up', true)

  write('site: workshop', 'site: work-shop')
  const renamed = await run()
  const name = /is the data of site workshop, and the site file says work-shop: write (site: \S+), or use another/
  write('site: work-shop', name.exec(renamed)?.[1] ?? 'nothing')
  checks.check('the site renamed over its data (people 25)', site === good, renamed)
  await clockWrong(chapter, path)
  await keys(chapter, path)
}

/** The gateway says by itself what is wrong with its clock; once it is right nothing is left of it. */
async function clockWrong({ checks, scope }: Chapter, path: string): Promise<void> {
  const skew = join(scope.folder, 'skew')
  writeFileSync(skew, String(-MONTH_MS))
  const shop = await openShop(scope, path, { LATCHKEY_SKEW: skew, NODE_OPTIONS: `--import=${skewedClock}` })
  const says = /the clock shows (\d{4}-\d\d-\d\d).*no new unlock.*latchkey clock/
  const [, shown = ''] = await shop.note(says)
  const isMonthBack = Math.abs(Date.parse(shown) + MONTH_MS - Date.now()) < 2 * 86_400_000
  writeFileSync(skew, '0')
  checks.check('a clock that is a month behind (people 26)', isMonthBack && (await shop.silent(says)), shown)
  await shop.stop()
}

/** Each refusal names what there is to choose from. */
async function keys({ checks }: Chapter, path: string): Promise<void> {
  const add = async (...more: string[]) =>
    (await latchkey(['keys', 'add', path, '--name', 'Wang Wei', ...more], env)).text
  const role = await add('--role', 'mechanic')
  const [, technician = ''] = /Allowed choices are (\w+),/.exec(role) ?? []
  const machine = await add('--role', technician, '--machines', 'both-1')
  const [, booth = ''] = /there is no machine both-1 here; there are: ([\w-]+)/.exec(machine) ?? []
  const key = await add('--role', technician, '--machines', booth)
  checks.check(
    'a key for a role and a machine that do not exist',
    /^\S+\nKey \w+ for Wang Wei \(technician\)/.test(key),
    [role, machine, key],
  )
}

/** The sentence with which it ended. */
function fatal({ code, text }: Printed): string {
  const line = text.split('\n').findLast((one) => one.startsWith('{"level":60'))
  return code === 1 && line !== undefined ? (JSON.parse(line) as { msg: string }).msg : `(${code}) ${text}`
}
