/**
 * The third chapter: the gateway runs and the devices are there, and what is written does not fit them. The technician
 * reads health, corrects what it says, starts again, until every display and every signal agree. Read next: wired.ts.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { LedgerEntry } from '../../../support/gateway-api.ts'
import { freePort } from '../../../support/ports.ts'
import { found, pause } from '../../../support/proof.ts'
import { type Chapter, env, openFolder } from './chapter.ts'
import { openShop, type Shop } from './shop.ts'
import type { Ports } from './site.ts'
import { latchkey, writeFiles } from './technician.ts'
import { firstLife, lives, otherUnit, type Wired } from './wired.ts'

/** Where the workshop stays, and the keys of its people. */
export type Wiring = { readonly folder: string; readonly technician: string; readonly auditor: string }

/** `most`: starts of the gateway. */
export async function wiring(chapter: Chapter, ports: Ports, most = Number.POSITIVE_INFINITY): Promise<Wiring> {
  const folder = openFolder(chapter, 'workshop', chapter.files)
  const path = join(folder, 'site.yaml')
  const keyOf = async (role: string) =>
    (await latchkey(['keys', 'add', path, '--role', role, '--name', 'Wang Wei'], env)).text.split('\n')[0]!
  const keys = { folder, technician: await keyOf('technician'), auditor: await keyOf('auditor') }
  const first = firstLife(ports, await freePort())
  await life(chapter, folder, first, (shop) => trust(chapter, shop))
  for (const rows of lives.slice(0, most - 1)) await life(chapter, folder, rows)
  if (most > lives.length) await unitChanged(chapter, keys)
  return keys
}

/** One start with these mistakes in the files; they are mended by what health says of them. */
async function life(
  chapter: Chapter,
  folder: string,
  rows: readonly Wired[],
  first: (shop: Shop) => Promise<void> = async () => undefined,
): Promise<void> {
  const { checks, scope, devices } = chapter
  for (const row of rows) replace(folder, row, row.from, row.to)
  const path = join(folder, 'site.yaml')
  const good = await latchkey(['check', path], env)
  if (good.code !== 0) throw new Error(`check finds what it cannot know: ${good.text}`)
  const shop = await openShop(scope, path)
  const work = setInterval(() => void devices.work({ booth: 1, planer: 1 }), 700)
  try {
    await first(shop)
    await Promise.all(
      rows.map(async (row) => {
        const said = await shop.note(row.says).catch((error: Error) => error)
        if (!(said instanceof Error)) replace(folder, row, row.to, row.mend(...said.slice(1)))
        const isMended = readFileSync(join(folder, row.in ?? 'site.yaml'), 'utf8').includes(row.from)
        checks.check(row.mistake, !(said instanceof Error) && isMended, said instanceof Error ? said.message : said[0])
      }),
    )
  } finally {
    clearInterval(work)
    await shop.stop()
  }
}

function replace(folder: string, row: Wired, from: string, to: string): void {
  const path = join(folder, row.in ?? 'site.yaml')
  const parts = readFileSync(path, 'utf8').split(from)
  if (parts.length !== 2) throw new Error(`"${from}" stands ${parts.length - 1} times in ${path}`)
  writeFileSync(path, parts.join(to))
}

/** A meter in another unit counts apart from what it counted before, and the ledger says so. */
async function unitChanged({ checks, scope, files }: Chapter, { folder, auditor }: Wiring): Promise<void> {
  const { file, edits } = otherUnit
  const wrong = edits.reduce((text, [right, other]) => text.replace(right, other), files[file]!)
  writeFiles(folder, { [file]: wrong })
  const shop = await openShop(scope, join(folder, 'site.yaml'))
  const said = async () => {
    const { entries } = await shop.get<{ entries: LedgerEntry[] }>('/ledger/entries?from=0&limit=1000', auditor)
    return entries.find(({ data }) => data.meter === 'booth-1/energy.energy' && data.fromUnit === 'Wh')
  }
  const entry = await found(said, 20_000, '').catch(() => undefined)
  await shop.stop()
  writeFiles(folder, files)
  checks.check('a meter that counts in another unit than before (people 5, 16)', entry?.data.change === 'reconfigured')
}

/** Each side refuses the other's certificate until a person has looked at it. */
async function trust({ checks, devices }: Chapter, shop: Shop): Promise<void> {
  const [, rejected = '', trusted = ''] = await shop.note(/link press is down: .*move (\S+) to (\S+?)(?:;|$)/)
  renameSync(rejected, join(trusted, basename(rejected)))
  await shop.note(/link press is down: \S+ the server refuses our certificate; trust (\S+) on the server/)
  checks.check('a press that nobody trusts, and that trusts nobody', (await devices.trustClients()) > 0)
}

type Signals = {
  readonly signals: readonly { readonly id: string; readonly value?: unknown; readonly quality: string }[]
}

/** Whether each machine shows what the displays of its devices show. */
export async function agrees({ checks, devices }: Chapter, shop: Shop, technician: string): Promise<void> {
  const differing = async () => {
    const machines = ['booth-1', 'planer-1', 'press-1']
    const all = await Promise.all(machines.map((id) => shop.get<Signals>(`/machines/${id}/signals`, technician)))
    const values = new Map(all.flatMap(({ signals }) => signals.map(({ id, value }) => [id, value])))
    return Object.entries(devices.displays()).filter(([id, shown]) => !isSame(values.get(id), shown))
  }
  let last: unknown
  const isSo = await found(
    async () => {
      last = await differing()
      if ((last as unknown[]).length > 0) await pause(500)
      return (last as unknown[]).length === 0 || undefined
    },
    20_000,
    '',
  ).catch(() => false)
  checks.check('every signal is what the display of its device shows', isSo, last)
}

function isSame(value: unknown, shown: number | boolean): boolean {
  return typeof shown === 'number'
    ? Math.abs(Number(value) - shown) < 1e-6 * Math.max(1, Math.abs(shown))
    : value === shown
}
