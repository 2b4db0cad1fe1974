/**
 * `npm run bench`: what the gateway costs, each figure beside a bare program that does the same work in the same run.
 * One line per figure: key, ours, bare, ratio with its spread, aim, `ok` or `short`. Progress goes to stderr. Ends with
 * 1 when a figure falls short. Read next: README.md (what each key does), pair.ts (what a figure is).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { buildGateway } from '../../gateway/build.ts'
import { createScope, nowMs } from '../support/proof.ts'
import type { Bench, Figure, Group } from './pair.ts'
import { requirePackages } from './program.ts'

/** In the order of the table of README.md. Loaded when they run: what a group imports is no burden to the others. */
const groups: readonly { readonly keys: readonly string[]; load(): Promise<Group> }[] = [
  {
    keys: ['poll_cpu', 'poll_rss', 'poll_1000', 'fresh_signal', 'fresh_state'],
    load: async () => (await import('./poll.ts')).poll,
  },
  { keys: ['tags'], load: async () => (await import('./tags.ts')).tags },
  { keys: ['opcua_cpu'], load: async () => (await import('./opcua.ts')).opcua },
  { keys: ['unlock_p50', 'unlock_p99'], load: async () => (await import('./unlock.ts')).unlock },
  { keys: ['mqtt_drain', 'influx_drain'], load: async () => (await import('./drain.ts')).drain },
  { keys: ['ledger_append', 'verify'], load: async () => (await import('./ledger.ts')).ledger },
  { keys: ['api_read', 'api_list'], load: async () => (await import('./api.ts')).api },
  { keys: ['sse_fanout'], load: async () => (await import('./sse.ts')).sse },
  { keys: ['start', 'rss_small'], load: async () => (await import('./start.ts')).start },
]

type Options = {
  readonly json?: string
  readonly only?: readonly string[]
  readonly quick: boolean
  readonly long: boolean
  readonly pairs?: number
  readonly settle?: number
  readonly window?: number
}

const FULL = { pairs: 5, settleS: 1.5, windowS: 4 }
const QUICK = { pairs: 2, settleS: 1, windowS: 2 }

// One folder for everything, so that whatever ends this process leaves no file behind.
const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
process.env.TMPDIR = folder
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

await new Command('bench')
  .description('What the gateway costs, beside bare programs that do the same work.')
  .option('--json <file>', 'all figures with their pairs, as one JSON document')
  .option('--only <keys...>', 'only these keys')
  .option('--quick', 'fewer and shorter pairs: shows that it works; the figures are noise', false)
  .option('--long', 'ten minutes where a key takes one', false)
  .option('--pairs <n>', `pairs per figure (${FULL.pairs})`, count)
  .option('--settle <s>', `seconds from when everything runs to the start of a window (${FULL.settleS})`, count)
  .option('--window <s>', `seconds of a window (${FULL.windowS})`, count)
  .action(async (options: Options) => process.exit((await main(options)) ? 0 : 1))
  .parseAsync()

async function main(options: Options): Promise<boolean> {
  const keys = groups.flatMap((group) => group.keys)
  const wanted = new Set(options.only ?? keys)
  const unknown = [...wanted].find((key) => !keys.includes(key))
  if (unknown !== undefined) {
    process.stderr.write(`there is no key ${unknown}; there are ${keys.join(', ')}\n`)
    return false
  }
  requirePackages()
  await buildGateway()
  const startMs = nowMs()
  const figures: Figure[] = []
  for (const group of groups) {
    const mine = new Set(group.keys.filter((key) => wanted.has(key)))
    if (mine.size === 0) continue
    const made = await run(await group.load(), mine, options)
    for (const figure of made) process.stdout.write(`${line(figure)}\n`)
    figures.push(...made)
  }
  const seconds = (nowMs() - startMs) / 1000
  process.stderr.write(`${seconds.toFixed(0)} s\n`)
  if (options.json !== undefined)
    writeFileSync(
      options.json,
      `${JSON.stringify({ computer: computer(), options, seconds, figures }, undefined, 2)}\n`,
    )
  return figures.length > 0 && figures.every(({ ok }) => ok)
}

/** The figures of a group; what breaks off is a figure of each key that is missing. */
async function run(group: Group, wanted: ReadonlySet<string>, options: Options): Promise<Figure[]> {
  const usual = options.quick ? QUICK : FULL
  const scope = createScope('bench')
  const startMs = nowMs()
  const bench: Bench = {
    scope,
    pairs: options.pairs ?? usual.pairs,
    settleMs: (options.settle ?? usual.settleS) * 1000,
    windowMs: (options.window ?? usual.windowS) * 1000,
    quick: options.quick,
    long: options.long,
    say: (text) =>
      void process.stderr.write(
        `${((nowMs() - startMs) / 1000).toFixed(1).padStart(6)} s ${[...wanted].join(' ')}: ${text}\n`,
      ),
  }
  try {
    return await group.run(bench, wanted)
  } catch (error) {
    const notes = [(error as Error).stack ?? String(error)]
    process.stderr.write(`${notes[0]}\n`)
    return [...wanted].map((key) => ({ key, unit: '', pairs: [], aim: '', ok: false, notes }))
  } finally {
    await scope.close()
  }
}

function line({ key, of, unit, ours, bare, ratio, aim, ok }: Figure): string {
  const name = of === undefined ? key : `${key}, ${of}`
  const sides = `${short(ours)} | ${short(bare)} ${unit}`
  const spread = ratio && `${short(ratio.median)} (${short(ratio.least)}–${short(ratio.most)})`
  return `${name.padEnd(36)} ${sides.padEnd(38)} ${(spread ?? '–').padEnd(22)} ${aim.padEnd(30)} ${ok ? 'ok' : 'short'}`
}

/** Three digits that matter. */
function short(value: number | undefined): string {
  if (value === undefined) return '–'
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

function computer(): object {
  return {
    cores: cpus().length,
    model: cpus()[0]?.model,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
  }
}

function count(text: string): number {
  if (!/^\d{1,4}(\.\d+)?$/.test(text) || Number(text) <= 0) throw new InvalidArgumentError('a number above 0')
  return Number(text)
}
