/**
 * `latchkey profile new`: a profile from a register table in CSV, a maker's own or the one that `match` has written, or
 * from what `browse --json` wrote.
 * The file passes `profile check`, or it is not written. Opens no socket.
 * Read next: config/table/table.ts (what is read), config/stub.ts (what is made of it).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readBrowsed } from '../../../config/browsed.ts'
import { judgeProfile } from '../../../config/catalogue.ts'
import { faultLine } from '../../../config/document/fault.ts'
import { profileStub, type StubSignal } from '../../../config/stub.ts'
import type { RegisterTable } from '../../../config/table/cells.ts'
import { readRegisterTable } from '../../../config/table/table.ts'
import { writeWhole } from '../../control/host/files.ts'
import { oneLine } from '../../core/ground/text.ts'
import type { Io } from '../site.ts'
import { refused } from './ground.ts'

export type ProfileNewOptions = {
  /** The register table. */
  readonly from: string
  /** The folder of the site file: the profile goes to `profiles/` in it. */
  readonly folder: string
  readonly maker: string
  readonly model: string
  readonly document?: string | undefined
  readonly page?: string | undefined
  /** Signals that are counters. */
  readonly meter: readonly string[]
  /** Only these signals. */
  readonly only?: readonly string[] | undefined
  readonly table?: string | undefined
  readonly base: number
  readonly order?: string | undefined
  readonly numbers?: 'modicon' | 'wire' | undefined
  readonly mostPerHour?: number | undefined
  /** Replace a profile of that name. */
  readonly force: boolean
  readonly json: boolean
}

const MAX_BYTES = 4_000_000
const MOST_TOLD = 20

/** The exit code: 0 written, 1 not. */
export function profileNewCommand(name: string, options: ProfileNewOptions, io: Pick<Io, 'stdout' | 'stderr'>): number {
  const path = join(options.folder, 'profiles', `${name}.yaml`)
  if (existsSync(path) && !options.force) throw refused(`${path} is there already; --force replaces it`)
  const isBrowsed = options.from.endsWith('.json')
  const { signals, skipped, numbers = 'wire' } = isBrowsed ? browsedOf(options) : tableOf(options)
  const stub = profileStub(chosen(signals, options), {
    profile: name,
    maker: options.maker,
    model: options.model,
    document: options.document ?? `read from ${options.from}`.slice(0, 200),
    page: options.page ?? 'not known',
    protocol: isBrowsed ? 'opcua' : 'modbus',
    mostPerHour: options.mostPerHour,
  })
  if (typeof stub !== 'string') throw refused(stub.why)
  const faults = writeGood(path, stub)
  if (options.json) {
    io.stdout.write(
      `${JSON.stringify({ ok: faults.length === 0, path, signals: signals.length, numbers, skipped, faults })}\n`,
    )
    return faults.length === 0 ? 0 : 1
  }
  if (numbers === 'modicon')
    io.stderr.write('numbers such as 40073 were taken as holding register 72; --numbers wire, if they are addresses\n')
  for (const { line, why } of skipped.slice(0, MOST_TOLD))
    io.stderr.write(`${oneLine(`${options.from}:${line} left out: ${why}`)}\n`)
  if (skipped.length > MOST_TOLD) io.stderr.write(`and ${skipped.length - MOST_TOLD} more rows left out\n`)
  for (const fault of faults) io.stderr.write(`${faultLine(fault)}\n`)
  io.stdout.write(faults.length === 0 ? `${path}: good\n` : `${path}: not written\n`)
  return faults.length === 0 ? 0 : 1
}

type Found = {
  readonly signals: readonly StubSignal[]
  readonly skipped: readonly { readonly line: number; readonly why: string }[]
  readonly numbers?: 'modicon' | 'wire'
}

function tableOf({ from, table, base, order, numbers }: ProfileNewOptions): Found {
  const asked = { base, order, numbers, table: table as RegisterTable | undefined }
  return readOf(from, (text) => readRegisterTable(text, asked))
}

const browsedOf = ({ from }: ProfileNewOptions): Found => readOf(from, readBrowsed)

function readOf(from: string, read: (text: string) => Found | string): Found {
  if (!existsSync(from))
    throw refused(`${from} is not there; name a register table in CSV, or what browse --json wrote`)
  const bytes = readFileSync(from)
  if (bytes.length > MAX_BYTES) throw refused(`${from} is larger than ${MAX_BYTES} bytes`)
  const found = read(bytes.toString('utf8'))
  if (typeof found === 'string') throw refused(`${from}: ${found}`)
  if (found.signals.length > 0) return found
  const first = found.skipped[0]
  throw refused(`${from} has no row that can be read${first === undefined ? '' : `; line ${first.line}: ${first.why}`}`)
}

function chosen(signals: readonly StubSignal[], { only, meter }: ProfileNewOptions): StubSignal[] {
  const names = signals.map(({ name }) => name)
  const unknown = [...(only ?? []), ...meter].find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw refused(`the table has no signal "${unknown}"; it has ${names.slice(0, 40).join(', ')}`)
  return signals
    .filter(({ name }) => only === undefined || only.includes(name) || meter.includes(name))
    .map((signal) => ({ ...signal, isMeter: signal.isMeter || meter.includes(signal.name) }))
}

/** What is wrong with it; then it is not there, and what was there before is. */
function writeGood(path: string, text: string) {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  mkdirSync(dirname(path), { recursive: true })
  writeWhole(path, text)
  const faults = judgeProfile(path)
  if (faults.length > 0) {
    if (before === undefined) rmSync(path)
    else writeWhole(path, before)
  }
  return faults
}
