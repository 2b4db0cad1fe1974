/**
 * `latchkey match`: a person types what the display of a device shows, and gets the register that holds it. Each line
 * on stdin is one look at the display; the registers are read at once after it. It ends when one register is left, and
 * writes it into the register table that `latchkey profile new` takes. It writes to no device.
 * Ends 0 when a register was found, 1 when none was, 130 after Ctrl-C (then no file has changed).
 * Read next: adapters/modbus/bench/match.ts (what is claimed, and when), registers.ts.
 */
import { createInterface } from 'node:readline/promises'
import { readDisplay } from '../../../adapters/modbus/bench/display.ts'
import { type Candidate, match, type Sample, type Verdict } from '../../../adapters/modbus/bench/match.ts'
import { oneLine } from '../../core/ground/text.ts'
import { STOPPED } from '../drill-io.ts'
import type { Io } from '../site.ts'
import { refused } from './ground.ts'
import { type BenchFlags, openBench } from './link.ts'
import { createRegisterReader, readRanges } from './registers.ts'
import { addToTable, checkSignalName } from './signal-table.ts'

export type MatchOptions = BenchFlags & {
  readonly unit: number
  /** Ranges, as `holding:0-120,input:0-40`. */
  readonly registers: string
  /** Registers in a request. */
  readonly block: number
  /** Looks at the display at most. */
  readonly samples: number
  /** What the number is, and in which unit the display shows it. */
  readonly name: string
  readonly in?: string | undefined
  /** It is a counter that is to be metered. */
  readonly counter: boolean
  /** The register table that it is written into. */
  readonly into?: string | undefined
  readonly type?: string | undefined
  readonly order?: string | undefined
  readonly width?: number | undefined
  readonly address?: number | undefined
  readonly json: boolean
}

export type MatchIo = Io & { readonly stdin: NodeJS.ReadableStream }

/** Candidates that are shown one by one. */
const MOST_SHOWN = 8

export async function matchCommand(
  target: string,
  options: MatchOptions,
  io: MatchIo,
  signal: AbortSignal,
): Promise<number> {
  const ranges = readRanges(options.registers)
  if (typeof ranges === 'string') throw refused(ranges)
  checkSignalName(options.name, options.into)
  const link = await openBench(target, options, io, signal)
  const lines = createInterface({ input: io.stdin, signal })
  try {
    const registers = createRegisterReader(link, options.unit, ranges, options.block)
    const samples: Sample[] = []
    ask(options, io)
    for await (const line of lines) {
      if (line.trim() === '') break
      const shown = readDisplay(line)
      if (typeof shown === 'string') {
        tell(options, io, { kind: 'none', advice: shown }, samples.length)
        ask(options, io)
        continue
      }
      samples.push({ shown, blocks: await registers.read() })
      const verdict = match(samples, options)
      tell(options, io, verdict, samples.length)
      if (verdict.kind === 'one') {
        const step = Math.min(...samples.map((sample) => sample.shown.step))
        if (options.into !== undefined) addToTable(options.into, rowOf(options, verdict.candidate, step))
        return 0
      }
      if (samples.length >= options.samples) break
      ask(options, io)
    }
    if (signal.aborted) return STOPPED
    io.stderr.write('nothing is claimed, and nothing was written\n')
    return 1
  } catch (error) {
    if (signal.aborted) return STOPPED
    throw error
  } finally {
    lines.close()
    await link.close()
  }
}

function ask({ json, name, in: unit = '' }: MatchOptions, io: Io): void {
  if (!json)
    io.stderr.write(`${name}: what does the display show${unit === '' ? '' : `, in ${unit}`}? (nothing: stop) `)
}

function tell({ json }: MatchOptions, io: Io, verdict: Verdict, samples: number): void {
  if (json) {
    const said =
      verdict.kind === 'several' ? { ...verdict, candidates: verdict.candidates.slice(0, MOST_SHOWN) } : verdict
    const count = verdict.kind === 'several' ? { count: verdict.candidates.length } : {}
    io.stdout.write(`${JSON.stringify({ samples, ...said, ...count })}\n`)
    return
  }
  if (verdict.kind === 'one') {
    io.stdout.write(`${lineOf(verdict.candidate)}${verdict.mirrored ? '; input registers hold the same' : ''}\n`)
    return
  }
  if (verdict.kind === 'several')
    for (const candidate of verdict.candidates.slice(0, MOST_SHOWN)) io.stderr.write(`  ${lineOf(candidate)}\n`)
  io.stderr.write(`${oneLine(verdict.advice)}\n`)
}

function lineOf({ table, address, type, order, scale, offset }: Candidate): string {
  const with_ = offset === 0 ? '' : `, offset ${offset}`
  return `${table} ${address} (0x${address.toString(16)}) ${type} ${order}, scale ${scale}${with_}`
}

function rowOf({ name, in: unit, counter }: MatchOptions, candidate: Candidate, step: number) {
  const { table, address, type, order, scale, offset } = candidate
  return { name, table, address, type, order, scale, offset, unit, counter, step }
}
