/**
 * What a fleet of any size needs, from what a thousand gateways were measured to need: each rate and each cost grows
 * with the number of gateways. Prints the table of SCALE.md; a test holds the page against it.
 * `node simulators/rollup/scale.ts`
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Measured = Readonly<{
  gateways: number
  machines: number
  /** Per second. */
  messages: number
  bytes: number
  rows: number
  answers: number
  walBytes: number
  /** Processor time, ms per second. */
  cpuMs: Readonly<{ rollup: number; broker: number; database: number }>
  /** Of the table of machines with its indexes. */
  tableBytes: number
}>

const SIZES = [1_000, 10_000, 100_000]
/** A core that is busier than this makes others wait. */
const BUSY = 0.5
const HEARTBEAT_S = 5
const REPEAT_S = 60

const ROWS: readonly (readonly [name: string, unit: string, of: (measured: Measured, times: number) => number])[] = [
  ['machines', '', ({ machines }, times) => machines * times],
  ['messages to the broker', '/s', ({ messages }, times) => messages * times],
  ['… of them heartbeats, at most', '/s', ({ gateways }, times) => (gateways * times) / HEARTBEAT_S],
  ['… of them repeats, at most', '/s', ({ machines }, times) => (machines * times) / REPEAT_S],
  ['payloads and topics', ' MB/s', ({ bytes }, times) => (bytes * times) / 1e6],
  ['rows written', '/s', ({ rows }, times) => rows * times],
  ['log of PostgreSQL', ' MB/s', ({ walBytes }, times) => (walBytes * times) / 1e6],
  ['table of machines with its indexes', ' MB', ({ tableBytes }, times) => (tableBytes * times) / 1e6],
  ['answers of gateways over HTTP', '/s', ({ answers }, times) => answers * times],
  ['cores of Mosquitto, half busy', '', ({ cpuMs }, times) => coresOf(cpuMs.broker * times)],
  ['cores of roll-ups, half busy', '', ({ cpuMs }, times) => coresOf(cpuMs.rollup * times)],
  ['cores of PostgreSQL, half busy', '', ({ cpuMs }, times) => coresOf(cpuMs.database * times)],
]

export function scaleTable(measured: Measured): string {
  const times = SIZES.map((size) => size / measured.gateways)
  const head = ['gateways', ...SIZES.map((size) => shown(size))]
  const rows = ROWS.map(([name, unit, of]) => [name, ...times.map((each) => `${shown(of(measured, each))}${unit}`)])
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

export function readMeasured(): Measured {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'measured.json'), 'utf8')) as Measured
}

const coresOf = (cpuMs: number) => cpuMs / 1000 / BUSY

/** Three digits at most. */
const shown = (value: number) => Number(value.toPrecision(3)).toLocaleString('en')

if (import.meta.main) process.stdout.write(`${scaleTable(readMeasured())}\n`)
