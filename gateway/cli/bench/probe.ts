/**
 * `latchkey probe <site.yaml> [machine]`: every signal of the machines with its value, quality, the registers behind it
 * and its age; with --plan what each request of a cycle is for, without asking anybody. It goes through a gateway that
 * runs on the same data folder, and reads over links of its own otherwise. It writes to no device.
 * Ends 0 when every signal is good, 1 when one is not, 130 after Ctrl-C.
 * Read next: link.ts, adapters/modbus/bench/explain.ts.
 */
import type { Point } from '../../../adapters/adapter.ts'
import { type ExplainedRequest, explainCycle, registersOf } from '../../../adapters/modbus/bench/explain.ts'
import { unitPointOf } from '../../../adapters/opcua/units.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { pointsOf, toCycle } from '../../control/loops/points.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import { oneLine } from '../../core/ground/text.ts'
import type { Reading, Value } from '../../core/reading/reading.ts'
import type { Gateway } from '../gateway-client.ts'
import type { Io } from '../site.ts'
import { type BenchLink, refused } from './ground.ts'
import { type Access, accessTo, type BenchFlags, openLink, siteOf } from './link.ts'
import { unitFault } from './units.ts'

export type ProbeOptions = Omit<BenchFlags, 'site'> & {
  /** Explain the requests of a cycle, and ask nobody. */
  readonly plan: boolean
  readonly json: boolean
}

type Shown = {
  readonly signal: string
  readonly quality: string
  readonly value?: Value
  readonly unit?: string
  /** The registers as they are. */
  readonly words?: readonly number[]
  readonly ageMs?: number
  readonly cause?: string
  readonly detail?: string
  /** What a server says of its unit that the profile does not. */
  readonly unitFault?: string
}

export async function probeCommand(
  sitePath: string,
  machineId: string | undefined,
  options: ProbeOptions,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const config = siteOf(sitePath, io)
  const machines = config.machines.filter(({ id }) => machineId === undefined || id === machineId)
  if (machines.length === 0) throw refused(`there is no machine ${machineId} in ${sitePath}`)
  if (options.plan) return explain(config, machines, options, io)
  const access = accessTo(config, options.key ?? io.env.LATCHKEY_KEY)
  const shown: Shown[] = []
  try {
    for (const machine of machines) {
      const found = await probe(config, machine, access, options, signal)
      if (!options.json) io.stdout.write(`${found.map(lineOf).join('\n')}\n`)
      shown.push(...found)
    }
  } finally {
    if (access.kind === 'own') access.dir.unlock()
  }
  if (options.json) io.stdout.write(`${JSON.stringify({ signals: shown }, withText)}\n`)
  return shown.every(({ quality }) => quality === 'good') ? 0 : 1
}

async function probe(
  config: SiteConfig,
  machine: MachineConfig,
  access: Access,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<Shown[]> {
  const readings: Reading[] = []
  const words = new Map<string, readonly number[]>()
  const units = new Map<string, string>()
  for (const [id, points] of pointsOf(machine)) {
    const raw = points.flatMap(rawOf)
    if (access.kind === 'gateway' && raw.length === 0) continue
    const link = await openLink(config, id, access, flags, signal)
    try {
      // One read for both, so that the registers are those of the value.
      const found = await readOrSay(link, access.kind === 'own' ? [...points, ...raw] : raw)
      readings.push(...found.filter(({ point }) => !point.startsWith(RAW)))
      for (const { point, value } of found) if (Array.isArray(value)) words.set(point.slice(RAW.length), value)
      for (const [id, unit] of await unitsOf(link, access.kind === 'own' ? points : [])) units.set(id, unit)
    } finally {
      await link.close()
    }
  }
  const signals = access.kind === 'own' ? shownOf(machine, readings) : await signalsOf(access.gateway, machine)
  const configs = new Map(machine.signals.map((config) => [config.id, config]))
  return signals.map((one) => {
    const said = units.get(one.signal)
    const fault = said === undefined ? undefined : unitFault(said, configs.get(one.signal)!)
    return {
      ...one,
      ...(words.has(one.signal) ? { words: words.get(one.signal)! } : {}),
      ...(fault === undefined ? {} : { unitFault: fault }),
    }
  })
}

/** What servers say of the units, where they do. */
async function unitsOf(link: BenchLink, points: readonly Point[]): Promise<(readonly [string, string])[]> {
  const asked = points.flatMap((point) => unitPointOf(point, point.id) ?? [])
  if (asked.length === 0) return []
  const found = await readOrSay(link, asked)
  return found.flatMap(({ point, value }) => (typeof value === 'string' ? [[point, value] as const] : []))
}

/** A link that cannot be opened is the cause of each of its points. */
async function readOrSay(link: BenchLink, points: readonly Point[]): Promise<readonly Reading[]> {
  try {
    return await link.read(points)
  } catch (error) {
    const at = { readAtMs: Date.now(), readAtNs: process.hrtime.bigint() }
    const detail = (error as Error).message
    return points.map(({ id }) => ({ point: id, quality: 'bad', cause: 'link-down', detail, ...at }))
  }
}

/** Before the id of a point that holds the registers of another. */
const RAW = 'registers of '

function rawOf(point: Point): Point[] {
  const found = registersOf(point)
  if (found === undefined) return []
  const { table, start, count } = found
  return [{ ...point, id: `${RAW}${point.id}`, address: { table, address: start, type: 'words', count } }]
}

function shownOf(machine: MachineConfig, readings: readonly Reading[]): Shown[] {
  const known = new Map(toCycle(machine)(readings).map((reading) => [reading.point, reading]))
  return machine.signals.map(({ id, unit }) => {
    const reading = known.get(id)
    const named = { signal: id, ...(unit === undefined ? {} : { unit }) }
    if (reading === undefined) return { ...named, quality: 'bad', cause: 'never-read' }
    const { quality, value, cause, detail, readAtMs } = reading
    return {
      ...named,
      quality,
      ...(value === undefined ? {} : { value }),
      ...(cause === undefined ? {} : { cause }),
      ...(detail === undefined ? {} : { detail }),
      ageMs: Math.max(0, Date.now() - readAtMs),
    }
  })
}

type Listed = { readonly signals: readonly (Omit<Shown, 'signal'> & { readonly id: string })[] }

async function signalsOf(gateway: Gateway, { id }: MachineConfig): Promise<Shown[]> {
  const { signals } = await gateway<Listed>('GET', `/machines/${id}/signals`).catch((error: Error) => {
    throw refused(error.message)
  })
  return signals.map(({ id: signal, ...rest }) => ({ signal, ...rest }))
}

function lineOf({ signal, quality, value, unit = '', words, ageMs, cause, detail, unitFault: fault }: Shown): string {
  const shown =
    quality === 'bad' ? `${cause ?? 'bad'}${detail === undefined ? '' : `: ${detail}`}` : `${plain(value)} ${unit}`
  const hex = words?.map((word) => word.toString(16).padStart(4, '0')).join(' ')
  const parts = [
    quality,
    shown.trim(),
    ...(hex === undefined ? [] : [`[${hex}]`]),
    ...(ageMs === undefined ? [] : [`${ageMs} ms old`]),
    ...(fault === undefined ? [] : [`UNIT: ${fault}`]),
  ]
  return oneLine(`${signal.padEnd(NAME_WIDTH)} ${parts.join('  ')}`)
}

/** A scaled value has the last places of a double, which the device has not. */
const plain = (value: Value | undefined) => (typeof value === 'number' ? Number(value.toPrecision(12)) : value)

const NAME_WIDTH = 32

const withText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/* ── the requests of a cycle ── */

function explain(config: SiteConfig, machines: readonly MachineConfig[], { json }: ProbeOptions, io: Io): number {
  const cycles = config.links.flatMap(({ id, protocol, options }) => {
    const points = machines.flatMap((machine) => [...(pointsOf(machine).get(id) ?? [])])
    const intervals = [...new Set(points.map(({ intervalMs }) => intervalMs))].sort((a, b) => a - b)
    return intervals.map((everyMs) => {
      const due = points.filter(({ intervalMs }) => intervalMs === everyMs)
      if (protocol !== 'modbus') return { link: id, everyMs, requests: [], later: due.map((point) => point.id) }
      return { link: id, everyMs, ...explainCycle(due, options as Parameters<typeof explainCycle>[1]) }
    })
  })
  if (json) io.stdout.write(`${JSON.stringify({ cycles })}\n`)
  else io.stdout.write(`${cycles.flatMap(cycleLines).map(oneLine).join('\n')}\n`)
  return 0
}

type Cycle = {
  readonly link: string
  readonly everyMs: number
  readonly requests: readonly ExplainedRequest[]
  readonly later: readonly string[]
}

function cycleLines({ link, everyMs, requests, later }: Cycle): string[] {
  const count = `${requests.length} request${requests.length === 1 ? '' : 's'}`
  return [
    `${link}, every ${everyMs} ms: ${count}`,
    ...requests.map(({ unit, code, table, start, count, between, holds }) => {
      const names = holds.map(({ point, start: at }) => `${point} at ${at}`).join(', ')
      const why = between === 0 ? '' : `; ${between} between them are read along, which saves a request`
      return `  unit ${unit}, function ${code}: ${count} of ${table} from ${start}: ${names}${why}`
    }),
    ...(later.length === 0 ? [] : [`  as the device arranges them: ${later.join(', ')}`]),
  ]
}
