/**
 * `latchkey record` and `latchkey replay`: the registers of a device as a wire case, and whether a profile still makes
 * the same values of them. A recorded case is what test/wire/profiles/ holds, so that a device that was read once stays
 * a test. Serial numbers are blanked; bits, and what a device arranges itself, are left out and named.
 * Record reads over the link or through a gateway that runs; replay opens no socket.
 * Read next: link.ts, adapters/modbus/bench/explain.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import type { Point } from '../../../adapters/adapter.ts'
import { readingFrom, registersOf } from '../../../adapters/modbus/bench/explain.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { writeWhole } from '../../control/host/files.ts'
import { pointsOf, toCycle } from '../../control/loops/points.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import { oneLine } from '../../core/ground/text.ts'
import type { Io } from '../site.ts'
import { type BenchLink, refused } from './ground.ts'
import { type BenchFlags, openBench, siteOf } from './link.ts'

export type RecordOptions = Omit<BenchFlags, 'site'> & {
  /** The file to write. */
  readonly out: string
  readonly about: string
  /** Also serial numbers as they are. */
  readonly keepSerial: boolean
  readonly force: boolean
  readonly json: boolean
}

type Range = {
  readonly unit: number
  readonly table: string
  readonly start: number
  readonly values: readonly number[]
}
type Case = {
  readonly about: string
  readonly profile: string
  readonly unit: number
  readonly registers: readonly Range[]
  /** By the signal, scaled; of a bad one its cause. */
  readonly values: Readonly<Record<string, unknown>>
}

const MAX_BYTES = 1_000_000
const AT = { ms: 0, ns: 0n }
/** A text of this name is taken for a serial number, where no meter says so. */
const SERIAL = /serial|identity/i

export async function recordCommand(
  sitePath: string,
  deviceId: string,
  options: RecordOptions,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  if (existsSync(options.out) && !options.force) throw refused(`${options.out} is there already; --force replaces it`)
  const device = deviceOf(siteOf(sitePath, io), deviceId)
  const points = device.points.filter((point) => registersOf(point) !== undefined)
  const left = device.points.filter((point) => registersOf(point) === undefined).map(({ id }) => id)
  if (points.length === 0) throw refused(`${deviceId} has no registers that can be recorded`)
  const link = await openBench(device.link, { ...options, site: sitePath }, io, signal)
  try {
    const ranges = await rangesOf(link, points, device, options.keepSerial)
    const { unit } = registersOf(points[0]!)!
    const values = valuesOf(device, ranges)
    const found: Case = { about: options.about, profile: device.profile, unit, registers: ranges, values }
    writeWhole(options.out, stringify(found, { lineWidth: 0 }))
    if (options.json)
      io.stdout.write(`${JSON.stringify({ ok: true, out: options.out, signals: points.length, left })}\n`)
    else io.stdout.write(`${options.out}: ${points.length} signals of ${deviceId}\n`)
    if (left.length > 0 && !options.json) io.stderr.write(`${oneLine(`left out: ${left.join(', ')}`)}\n`)
    return 0
  } finally {
    await link.close()
  }
}

/** The exit code: 0 all as recorded, 1 not. */
export function replayCommand(
  sitePath: string,
  deviceId: string,
  path: string,
  { json }: { readonly json: boolean },
  io: Io,
): number {
  const device = deviceOf(siteOf(sitePath, io), deviceId)
  const recorded = readCase(path)
  const values = valuesOf(device, recorded.registers)
  const names = [...new Set([...Object.keys(recorded.values), ...Object.keys(values)])]
  const differ = names.filter((name) => JSON.stringify(values[name]) !== JSON.stringify(recorded.values[name]))
  if (json) io.stdout.write(`${JSON.stringify({ ok: differ.length === 0, signals: names.length, differ })}\n`)
  else {
    for (const name of differ)
      io.stderr.write(
        `${oneLine(`${name}: recorded ${recorded.values[name] ?? 'nothing'}, now ${values[name] ?? 'nothing'}`)}\n`,
      )
    io.stdout.write(`${path}: ${names.length - differ.length} of ${names.length} signals as recorded\n`)
  }
  return differ.length === 0 ? 0 : 1
}

type Device = {
  readonly machine: MachineConfig
  readonly alias: string
  readonly profile: string
  readonly link: string
  readonly points: readonly Point[]
}

/** `id`: machine/alias. */
function deviceOf(config: SiteConfig, id: string): Device {
  const [machineId, alias = ''] = id.split('/')
  const machine = config.machines.find((one) => one.id === machineId)
  const device = machine?.devices[alias]
  if (machine === undefined || device === undefined) {
    const known = config.machines.flatMap((one) => Object.keys(one.devices).map((name) => `${one.id}/${name}`))
    throw refused(`there is no device "${id}"; there are ${known.join(', ')}`)
  }
  const points = pointsOf(machine).get(device.link) ?? []
  return { machine, alias, ...device, points: points.filter((point) => point.id.startsWith(`${machineId}/${alias}.`)) }
}

/** Registers that follow one another in one range. */
async function rangesOf(
  link: BenchLink,
  points: readonly Point[],
  { machine }: Device,
  keepSerial: boolean,
): Promise<Range[]> {
  const identities = new Set(machine.meters.flatMap((meter) => ('identity' in meter ? [meter.identity] : [])))
  const asked = points.map((point) => {
    const { table, start, count } = registersOf(point)!
    return { ...point, address: { table, address: start, type: 'words', count } }
  })
  const readings = await link.read(asked)
  const cells = new Map<
    string,
    { readonly unit: number; readonly table: string; readonly at: number; readonly word: number }
  >()
  for (const [index, point] of points.entries()) {
    const { unit, table, start } = registersOf(point)!
    const { value } = readings[index]!
    const isSerial = !keepSerial && (identities.has(point.id) || SERIAL.test(point.id))
    if (Array.isArray(value))
      for (const [at, word] of value.entries())
        cells.set(`${unit}/${table}/${start + at}`, { unit, table, at: start + at, word: isSerial ? 0 : word })
  }
  const ranges: { unit: number; table: string; start: number; values: number[] }[] = []
  for (const { unit, table, at, word } of [...cells.values()].sort(
    (a, b) => a.table.localeCompare(b.table) || a.at - b.at,
  )) {
    const last = ranges.at(-1)
    if (last?.table === table && last.start + last.values.length === at) last.values.push(word)
    else ranges.push({ unit, table, start: at, values: [word] })
  }
  return ranges
}

/** What the profile makes of these registers; a signal whose registers are not there is refused. */
function valuesOf({ machine, alias, points }: Device, ranges: readonly Range[]): Record<string, unknown> {
  const words = new Map(
    ranges.flatMap(({ unit, table, start, values }) =>
      values.map((word, at) => [`${unit}/${table}/${start + at}`, word] as const),
    ),
  )
  const readings = points.flatMap((point) => {
    const place = registersOf(point)
    if (place === undefined) return []
    const { unit, table, start, count } = place
    const found = Array.from({ length: count }, (_, at) => words.get(`${unit}/${table}/${start + at}`))
    const isWhole = found.every((word) => word !== undefined)
    return [
      isWhole
        ? readingFrom(point, found, AT)
        : { point: point.id, quality: 'bad' as const, cause: 'refused' as const, readAtMs: 0, readAtNs: 0n },
    ]
  })
  const prefix = `${machine.id}/${alias}.`
  return Object.fromEntries(
    toCycle(machine)(readings)
      .filter(({ point }) => point.startsWith(prefix))
      .map(({ point, value, cause }) => [point.slice(prefix.length), plain(value) ?? cause]),
  )
}

/** A scaled value has the last places of a double, and a large one is no number of JSON. */
const plain = (value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(12)) : typeof value === 'bigint' ? String(value) : value

function readCase(path: string): Case {
  if (!existsSync(path)) throw refused(`${path} is not there; name a case that record wrote`)
  const bytes = readFileSync(path)
  const found = bytes.length > MAX_BYTES ? undefined : (parse(bytes.toString('utf8')) as Partial<Case> | null)
  if (!Array.isArray(found?.registers) || typeof found.values !== 'object')
    throw refused(`${path} is no case that record wrote`)
  return found as Case
}
