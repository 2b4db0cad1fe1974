/**
 * `latchkey scan modbus`: which devices answer at the hosts and units that a person named, what they say of themselves,
 * which profile of the catalogue fits, and with --map which registers they have. It asks nobody else, one request at a
 * time and at a bounded rate, and only reads. With the site file named it leaves a host alone that the running gateway
 * is connected to, since many devices take one connection.
 * Ends 0 when something was found, 1 when nothing was, 130 after Ctrl-C.
 * Read next: hosts.ts, fits.ts, adapters/modbus/bench/unit.ts.
 */
import { type Asker, openAsker } from '../../../adapters/modbus/bench/ask.ts'
import type { RegisterTable } from '../../../adapters/modbus/bench/places.ts'
import { type UnitUnderScan, unitUnderScan } from '../../../adapters/modbus/bench/unit.ts'
import { type Range, walk } from '../../../adapters/modbus/bench/walk.ts'
import type { Model } from '../../../config/catalogue.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { oneLine } from '../../core/ground/text.ts'
import { STOPPED } from '../drill-io.ts'
import type { Io } from '../site.ts'
import { type Fitting, fitting, knownAddresses, modbusModels } from './fits.ts'
import { refused } from './ground.ts'
import { type Host, readHosts, readUnits } from './hosts.ts'
import { isGatewayUp, siteOf } from './link.ts'

export type ScanOptions = {
  /** `1-10,20` */
  readonly units: string
  /** Requests in a second at most. */
  readonly rate: number
  readonly timeoutMs: number
  /** Also which registers there are. */
  readonly map: boolean
  /** With `map`: addresses between two that are tried, registers in a read, reads in all per unit. */
  readonly stride: number
  readonly block: number
  readonly most: number
  /** Where the site file is: its profiles count too. */
  readonly folder: string
  /** The site file: a host is left alone that its gateway has a connection to. */
  readonly site?: string | undefined
  readonly json: boolean
}

/** `models`: profiles that a unit could be of. */
type Scan = ScanOptions & { readonly models: readonly Model[] }
type FoundUnit = {
  readonly unit: number
  readonly says: Readonly<Record<string, string>>
  readonly fits: readonly Fitting[]
  readonly registers?: readonly Range[]
  /** False: there may be more than were found. */
  readonly isWhole?: boolean
}
type FoundHost = Host & { readonly units: readonly FoundUnit[]; readonly why?: string }

export async function scanCommand(
  targets: readonly string[],
  options: ScanOptions,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const hosts = readHosts(targets)
  const units = readUnits(options.units)
  if (typeof hosts === 'string') throw refused(hosts)
  if (typeof units === 'string') throw refused(units)
  const held = options.site === undefined ? undefined : heldBy(siteOf(options.site, io), hosts)
  if (held !== undefined)
    throw refused(`a gateway runs and holds the connection to ${held}: match and probe go through it; stop it to scan`)
  const models = modbusModels(options.folder)
  const found: FoundHost[] = []
  for (const host of hosts) {
    if (signal.aborted) break
    found.push(await scanHost(host, units, { ...options, models }, io, signal))
  }
  if (signal.aborted) io.stderr.write('broken off; what was found so far:\n')
  const any = found.some((host) => host.units.length > 0)
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: any, hosts: found })}\n`)
  else if (!any) io.stdout.write('nothing answers there\n')
  return signal.aborted ? STOPPED : any ? 0 : 1
}

/** The first of these hosts that a running gateway has a link to. */
function heldBy(config: SiteConfig, hosts: readonly Host[]): string | undefined {
  if (!isGatewayUp(config)) return undefined
  const links = config.links.map(({ options }) => options as Partial<Host>)
  const found = hosts.find(({ host, port }) => links.some((link) => link.host === host && link.port === port))
  return found && `${found.host}:${found.port}`
}

async function scanHost(
  at: Host,
  units: readonly number[],
  options: Scan,
  io: Io,
  signal: AbortSignal,
): Promise<FoundHost> {
  const say = (text: string) => void (options.json || io.stdout.write(`${oneLine(`${at.host}:${at.port} ${text}`)}\n`))
  const line = createDial(at, options, signal)
  const found: FoundUnit[] = []
  try {
    for (const [index, unit] of units.entries()) {
      if (signal.aborted) break
      if (!options.json && units.length > 1)
        io.stderr.write(`${at.host}: unit ${unit}, ${index + 1} of ${units.length}\n`)
      const here = await scanUnit(unitUnderScan(unit, line.dial), unit, options, say)
      if (here !== undefined) found.push(here)
    }
    return { ...at, units: found }
  } catch (error) {
    const why = (error as Error).message
    if (!signal.aborted) say(`is not reached: ${why}`)
    return { ...at, units: found, why }
  } finally {
    line.close()
  }
}

async function scanUnit(
  unit: UnitUnderScan,
  id: number,
  options: Scan,
  say: (text: string) => void,
): Promise<FoundUnit | undefined> {
  if (!(await unit.isThere())) return undefined
  const says = await unit.identity()
  const words = Object.values(says).join(' ')
  say(`unit ${id} answers${words === '' ? '' : `: ${words}`}`)
  const fits = await fitting(unit, words, options.models)
  for (const { profile, kind, telling } of fits)
    say(
      `unit ${id}: ${profile} ${kind === 'fits' ? `fits, by ${telling.join(', ')}` : 'may be it; compare with the display'}`,
    )
  if (!options.map) return { unit: id, says, fits }
  const tables: readonly RegisterTable[] = ['holding', 'input']
  const { ranges, isWhole } = await walk(
    async (table, start, count) => (await unit.words(table, start, count)) !== undefined,
    { ...options, tables, known: knownAddresses(options.models) },
    ({ table, from, to }) => say(`unit ${id} has ${table}:${from}-${to}`),
  )
  if (!isWhole) say(`unit ${id}: ended after ${options.most} reads; there may be more`)
  return { unit: id, says, fits, registers: ranges, isWhole }
}

/** One connection for all units of a host; another once it is over. */
function createDial({ host, port }: Host, { rate, timeoutMs }: ScanOptions, signal: AbortSignal) {
  let open: Asker | undefined
  const options = { host, port, timeoutMs, connectMs: timeoutMs, gapMs: 1000 / rate }
  return {
    async dial(): Promise<Asker> {
      signal.throwIfAborted()
      if (open === undefined || open.isOver()) open = await openAsker(options, signal)
      return open
    },
    close: () => open?.close(),
  }
}
