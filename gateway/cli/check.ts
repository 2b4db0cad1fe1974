/**
 * `latchkey check <site.yaml>`: reports all faults of a site file and its profiles at once, by line. For a good file it
 * prints a summary and notes, for example that the disk is too small for the years to be kept. Where the site has a
 * ledger already, it says what becomes of its meters, also beside a running gateway. It opens no socket and writes
 * nothing. Read next: config/load.ts, meter-changes.ts.
 */
import { stringify } from 'yaml'
import { type Fault, faultLine } from '../../config/document/fault.ts'
import { type Loaded, loadSite } from '../../config/load.ts'
import { redact } from '../../config/resolve/redact.ts'
import type { Summary } from '../../config/summary.ts'
import { diskShortfall } from '../control/host/disk.ts'
import type { MeterOutlook } from '../core/meter/outlook.ts'
import { meterOutlook } from './meter-changes.ts'
import type { Io } from './site.ts'

export type CheckOptions = {
  /** One JSON object instead of lines. */
  readonly json?: boolean | undefined
  /** Also the whole configuration with its defaults, as YAML (or in the JSON object), without secrets. */
  readonly print?: boolean | undefined
}

/** The exit code: 0 good, 1 faults. */
export async function checkCommand(
  path: string,
  options: CheckOptions,
  io: Pick<Io, 'stdout' | 'env'>,
): Promise<number> {
  const loaded = loadSite(path, io.env)
  const found: Found =
    loaded.kind === 'ok' ? { disk: await diskShortfall(loaded.config), meters: meterOutlook(loaded.config) } : {}
  // One write: a reader that closes the pipe early (head) must not fail us between two.
  io.stdout.write(`${textOf(path, loaded, options, found).trimEnd()}\n`)
  return loaded.kind === 'ok' ? 0 : 1
}

/** What was found beside the files: on the disk, and in the ledger. */
type Found = {
  readonly disk?: string | undefined
  readonly meters?: readonly MeterOutlook[] | string | undefined
}

function textOf(path: string, loaded: Loaded, { json, print }: CheckOptions, { disk, meters }: Found): string {
  if (loaded.kind === 'faults') {
    return json
      ? JSON.stringify({ ok: false, faults: loaded.faults }, null, 2)
      : faultLines(path, loaded.faults).join('\n')
  }
  const { config, summary } = loaded
  const printed = print ? { config: redact(config) } : {}
  if (json)
    return JSON.stringify(
      {
        ok: true,
        configurationId: config.configurationId,
        ...summary,
        ...(disk === undefined ? {} : { disk }),
        ...(meters === undefined ? {} : typeof meters === 'string' ? { ledger: meters } : { meterChanges: meters }),
        ...printed,
      },
      null,
      2,
    )
  const lines = [
    ...summaryLines(path, summary),
    ...(disk === undefined ? [] : [`note disk-small: ${disk}`]),
    ...meterLines(meters),
  ]
  if (printed.config) lines.push('', stringify(printed.config, { aliasDuplicateObjects: false, lineWidth: 0 }))
  return lines.join('\n')
}

function faultLines(path: string, faults: readonly Fault[]): string[] {
  return [...faults.map(faultLine), `${path}: ${count(faults.length, 'fault')}`]
}

function meterLines(meters: Found['meters'] = []): string[] {
  if (typeof meters === 'string') return [`note ledger: ${meters}`]
  return meters.map(({ meter, text }) => `meter ${meter}: ${text}`)
}

function summaryLines(path: string, summary: Summary): string[] {
  const { links, machines, notes } = summary
  return [
    `${path}: good`,
    `site ${summary.site}: ${count(links.length, 'link')}, ${count(machines.length, 'machine')}, ${count(summary.signals, 'signal')}, ${count(summary.meters, 'meter')}`,
    ...links.map(
      ({ id, protocol, endpoint, machines: users }) =>
        `link ${id}: ${protocol} ${endpoint}, for ${users.join(', ') || 'nothing'}`,
    ),
    ...machines.map(machineLine),
    ...notes.map((note) => `note ${faultLine(note)}`),
  ]
}

function machineLine(machine: Summary['machines'][number]): string {
  const { id, unlock, simulated } = machine
  const parts = [
    `${count(machine.signals, 'signal')}, ${count(machine.meters, 'meter')}`,
    unlock
      ? `unlocked by ${unlock.class} of ${unlock.leaseMs} ms through ${unlock.alias} on ${unlock.link}`
      : 'never unlocked, only read and metered',
    ...(unlock && !unlock.failSafe ? ['no fail-safe'] : []),
    ...(simulated ? ['simulated: never billable'] : []),
    ...(unlock && !simulated ? ['for tenants once its drill has passed'] : []),
  ]
  return `machine ${id}: ${parts.join('; ')}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
