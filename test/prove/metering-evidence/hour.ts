/**
 * An hour of use with everything that goes wrong in one: written by the real writer, exported by `latchkey export`,
 * checked by `latchkey verify` and by the page in a real Chromium. What they add up to is held against what the machine
 * made.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openDataDir } from '../../../gateway/control/host/data-dir.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { parseKeysFile } from '../../../gateway/ledger/log/log-keys.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import type { Verdict as EvidenceVerdict } from '../../../gateway/ledger/verify/verdict.ts'
import { ENERGY, faultsOf, type Hour, PARTS, runHour } from '../../simulate/hour.ts'
import { openVerifyPage, type VerifyPage } from '../../support/chromium.ts'
import { runProcess } from '../../support/process.ts'
import { MACHINE } from '../../support/world.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'

const MAIN = new URL('../../../gateway/main.ts', import.meta.url).pathname
const SITE = 'hour'
const SIGNED_EVERY_NS = 300_000_000_000n

export const hour: Item = {
  name: 'hour',
  async run(run) {
    const checks = createChecks(run.say)
    const page = await openVerifyPage(run.scope)
    const seeds = Array.from({ length: run.quick ? 1 : 20 }, (_, seed) => seed)
    const sums = { parts: 0, sessions: 0, faults: 0 }
    for (const seed of seeds) {
      const one = runHour(seed)
      await proveHour(run, seed, one, page, checks)
      const { session = 0, ...faults } = one.truth.happened
      sums.parts += one.truth.parts
      sums.sessions += session
      sums.faults += Object.values(faults).reduce((sum, times) => sum + times, 0)
    }
    const { parts, sessions, faults } = sums
    const hours = seeds.length === 1 ? 'an hour' : `${seeds.length} hours`
    return checks.verdict(`${hours}: ${parts} parts, ${sessions} sessions, ${faults} faults`)
  },
}

async function proveHour(
  { scope, say }: Run,
  seed: number,
  one: Hour,
  page: VerifyPage,
  checks: Checks,
): Promise<void> {
  const { truth } = one
  say(`seed ${seed}: ${JSON.stringify(truth.happened)}`)
  checks.check(`seed ${seed}: the core agrees with the machine`, faultsOf(one).length === 0, faultsOf(one))
  for (const fault of ['cut', 'kill', 'reset', 'exchange', 'clockStep'])
    if (truth.happened[fault] === undefined) say(`seed ${seed}: no ${fault} in it`)
  const sitePath = writeLedger(join(scope.folder, `seed-${seed}`), one.entries)
  const file = join(scope.folder, `seed-${seed}.evidence`)
  const exported = JSON.parse(await latchkey(['export', sitePath, file, '--json'])) as {
    keys: string[]
    entries: number
  }
  checks.check(`seed ${seed}: every entry is exported`, exported.entries === one.entries.length, exported.entries)

  const verdict = JSON.parse(await latchkey(['verify', file, '--key', ...exported.keys, '--json'])) as EvidenceVerdict
  checks.check(`seed ${seed}: the command finds it good`, verdict.ok, verdict.faults)
  const wanted = [
    { meter: PARTS, unit: 'pcs', units: String(truth.parts) },
    { meter: ENERGY, unit: 'Wh', units: String(truth.energyWh) },
  ]
  for (const { meter, units } of wanted) {
    const facts = verdict.facts.meters.find((each) => each.meter === meter)
    checks.check(`seed ${seed}: ${meter} adds up to ${units}`, facts?.units === units, facts?.units)
  }
  const charged = verdict.facts.sessions.map(({ session, use }) => ({
    session,
    parts: Number(use.find(({ meter }) => meter === PARTS)?.quantity ?? 0),
  }))
  const over = charged.filter(({ session, parts }) => parts > (truth.partsOf.get(session) ?? 0))
  checks.check(`seed ${seed}: no session is charged more than it made`, over.length === 0, over)

  const shown = await page.check([file], exported.keys)
  checks.check(`seed ${seed}: the page finds it good`, shown.length === 1 && shown[0]!.good, shown)
  for (const { meter, unit, units } of wanted) {
    const row = shown[0]?.rows.find((cells) => cells[0] === meter)
    checks.check(`seed ${seed}: the page says ${units} ${unit} of ${meter}`, row?.[1] === `${units} ${unit}`, row)
  }
}

/** A ledger as the gateway writes it, signed after each session and every five minutes; the path of its site file. */
function writeLedger(folder: string, entries: readonly EntryDraft[]): string {
  mkdirSync(folder)
  const dataDir = join(folder, 'data')
  const sitePath = join(folder, 'site.yaml')
  writeFileSync(sitePath, siteText(dataDir))
  const dir = openDataDir(dataDir, SITE)
  const keys = parseKeysFile(readFileSync(dir.log.path, 'utf8'))
  if (typeof keys === 'string') throw new Error(keys)
  const writer = createWriter(openWriter(dir.ledgerPath), {
    site: SITE,
    simulated: new Set([MACHINE]),
    log: { origin: dir.log.origin, signers: keys.map(({ signer }) => signer) },
  })
  let signedNs = 0n
  for (const entry of entries) {
    writer.commit([[{ kind: 'entry', entry }]])
    const atNs = BigInt(entry.at.monoNs)
    if (entry.kind !== 'SessionEnded' && atNs - signedNs < SIGNED_EVERY_NS) continue
    writer.checkpoint(entry.at.wallMs)
    signedNs = atNs
  }
  writer.checkpoint(entries.at(-1)!.at.wallMs)
  writer.close()
  dir.unlock()
  return sitePath
}

function siteText(dataDir: string): string {
  return stringify({
    site: SITE,
    timezone: 'Asia/Shanghai',
    dataDir,
    api: { listen: '127.0.0.1:0' },
    links: { plc: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1' } },
    machines: {
      [MACHINE]: {
        name: { en: 'Booth' },
        owner: 'huajian',
        devices: { plc: { profile: 'sim-spray-booth', link: 'plc', unit: 1 } },
        state: 'plc',
      },
    },
  })
}

const latchkey = (args: readonly string[]) => runProcess(process.execPath, [MAIN, ...args])
