/**
 * Hostile devices on every transport, each in turns hostile and honest: no value that is not the answer to the request
 * that asked for it is ever taken, each device is read again soon after it has become honest, and neighbours in the
 * same process do not notice. The links are driven by the gateway's own loop. Read next: peers/hostile-peers.ts.
 */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { createLinkLoop } from '../../../gateway/control/loops/link-loop.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { quantile } from '../../bench/measure.ts'
import { needPackages } from '../../support/apt.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { makeShown } from '../../support/modbus-carrier.ts'
import type { ModbusAsk } from '../../support/modbus-server.ts'
import { until } from '../../support/process.ts'
import { goFirst, nowMs, pause, type Scope } from '../../support/proof.ts'
import { commandPath } from '../../support/real.ts'
import type { Item, Run } from '../item.ts'
import { modbusLink, openLink, pointAt } from './modbus-link.ts'
import { KINDS, markOf, type PeersAsk, type PeersOptions, type PeersReport } from './peers/hostility.ts'

const TRANSPORTS = ['tcp', 'tls', 'udp', 'rtu-over-tcp', 'rtu'] as const
type Transport = (typeof TRANSPORTS)[number]

const TIMEOUT_MS = 200
const EVERY_MS = 100
const TICK_MS = 50
const GOOD_WITHIN_MS = 2000
/** The next wait after a loss is never longer. */
const BACKOFF_MS = 1000
const NEIGHBOURS = 10
/** How long a device among the neighbours needs for an answer, as real ones do. */
const NEIGHBOUR_MS = 20
const MOST_SLOWER = 1.1
/** Between two measurements of neighbours. */
const SETTLED_MS = 300

/** The bounded form says how neighbours fare, and the full one judges it: seconds of a busy computer say too little. */
export const hostile: Item = {
  name: 'hostile',
  async run(run) {
    const { quick, scope, say } = run
    needPackages(['socat'])
    goFirst()
    const [target, longestMs, pairs] = quick ? [0, 6000, 2] : [100_000, 900_000, 30]
    const neighbours = await startNeighbours(scope)
    const bench = await startPeers(scope, quick ? 3 : 10)
    await pause(500)
    const slower = await compared(bench, neighbours, pairs, quick ? 700 : 5000)
    await bench.child.ask({ kind: 'let', devices: [...bench.names.keys()] })
    const endMs = nowMs() + longestMs
    while ((quick || totalOf(await reportOf(bench)) < target) && nowMs() < endMs) {
      await pause(5000)
      say(`${totalOf(await reportOf(bench))} bad frames, ${bench.judged.length} values, ${bench.wrong.length} wrong`)
    }
    const report = await reportOf(bench)
    await bench.stop()
    return verdictOf(run, bench, report, slower, target)
  },
}

/**
 * How much slower neighbours are read while one device of each transport is hostile than while it is honest. Both are
 * measured in turns, so that what else goes on at this computer counts for both; the middle one of all pairs.
 */
async function compared(bench: Bench, neighbours: Neighbours, pairs: number, eachMs: number): Promise<number> {
  const few = TRANSPORTS.map((transport) => bench.names.findIndex((name) => name.startsWith(`${transport} `)))
  const p99While = async (devices: readonly number[]) => {
    await bench.child.ask({ kind: 'let', devices })
    await pause(SETTLED_MS)
    return quantile(await neighbours.during(eachMs), 0.99)
  }
  const ratios: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) {
      const calm = await p99While([])
      ratios.push((await p99While(few)) / calm)
    } else {
      const loud = await p99While(few)
      ratios.push(loud / (await p99While([])))
    }
  }
  return quantile(ratios, 0.5)
}

function verdictOf({ quick, say }: Run, bench: Bench, report: PeersReport, slower: number, target: number) {
  const total = totalOf(report)
  const waits = waitsOf(report, bench)
  const unseen = KINDS.filter((kind) => report.bad[kind] === 0)
  const worst = waits.toSorted((a, b) => b.ms - a.ms)[0]!
  say(`bad frames: ${JSON.stringify(report.bad)}`)
  const notes = [
    ...bench.wrong,
    ...unseen.map((kind) => `no frame was ${kind}`),
    ...waits
      .filter(({ ms }) => ms > GOOD_WITHIN_MS)
      .map(
        ({ device, ms, sinceMs }) =>
          `${bench.names[device]}: good again after ${ms} ms: ${bench.storyOf(device, sinceMs)}`,
      ),
    ...(!quick && slower > MOST_SLOWER
      ? [`neighbours: p99 is ${slower.toFixed(3)} times that beside honest devices`]
      : []),
    ...(bench.judged.length < 100 ? ['hardly anything was read'] : []),
    ...(total < target ? [`only ${total} bad frames`] : []),
  ]
  const percent = Math.round(100 * (slower - 1))
  return {
    figure: `${total} bad frames: ${bench.wrong.length} wrong of ${bench.judged.length}; good in ${worst.ms} ms; p99 ${percent} %`,
    aim: `0 wrong, ≤ ${GOOD_WITHIN_MS} ms${quick ? '' : ', p99 ≤ +10 %'}`,
    ok: notes.length === 0,
    notes,
  }
}

const totalOf = ({ bad }: PeersReport) => Object.values(bad).reduce((sum, count) => sum + count, 0)
const reportOf = async ({ child }: Bench) => (await child.ask({ kind: 'report' })) as PeersReport

type Wait = { readonly device: number; readonly sinceMs: number; readonly ms: number }

/**
 * From the moment a device became honest to the next good reading of it, without the time in which this process had no
 * processor; the last time is still going on.
 */
function waitsOf({ honestSinceMs }: PeersReport, { goodAtMs, starvedMs }: Bench): Wait[] {
  return honestSinceMs.flatMap((times, device) =>
    times.slice(0, -1).map((sinceMs) => {
      const good = goodAtMs[device]!.find((atMs) => atMs >= sinceMs) ?? nowMs()
      return { device, sinceMs, ms: Math.round(good - sinceMs - starvedMs(sinceMs, good)) }
    }),
  )
}

/** Watches when this process stands still without working; how long it did between two times, ms. */
function watchStarving(scope: Scope): Bench['starvedMs'] {
  const spans: { readonly fromMs: number; readonly ms: number }[] = []
  let last = { atMs: nowMs(), cpu: process.cpuUsage() }
  const timer = setInterval(() => {
    const atMs = nowMs()
    const { user, system } = process.cpuUsage(last.cpu)
    const ms = atMs - last.atMs - TICK_MS - (user + system) / 1000
    if (ms > TICK_MS) spans.push({ fromMs: last.atMs, ms })
    last = { atMs, cpu: process.cpuUsage() }
  }, TICK_MS)
  scope.defer(() => clearInterval(timer))
  return (fromMs, toMs) =>
    spans.reduce((sum, span) => (span.fromMs >= fromMs - TICK_MS && span.fromMs < toMs ? sum + span.ms : sum), 0)
}

/* ── hostile devices, and links to them ── */

type Bench = {
  readonly child: ChildServer<PeersAsk>
  readonly names: readonly string[]
  starvedMs(fromMs: number, toMs: number): number
  /** What the link of a device said of itself around that time. */
  storyOf(device: number, atMs: number): string
  /** Good readings, by device; monotonic ms. */
  readonly goodAtMs: number[][]
  readonly judged: number[]
  readonly wrong: string[]
  stop(): Promise<void>
}

async function startPeers(scope: Scope, ofEach: number): Promise<Bench> {
  const { device, client } = makeShown()
  const transports = TRANSPORTS.flatMap((transport) => Array.from({ length: ofEach }, () => transport))
  const options: PeersOptions = { carriers: transports, timeoutMs: TIMEOUT_MS, shown: device }
  const child = await startChild<PeersAsk>('../prove/machine-side/peers/hostile-peers.ts', 0, [JSON.stringify(options)])
  scope.defer(() => child.kill())
  const ports = (await child.ask({ kind: 'ports' })) as number[]
  const file = (name: string, text: string) => {
    writeFileSync(join(scope.folder, name), text)
    return join(scope.folder, name)
  }
  const tls = { ca: file('d.pem', device.cert), cert: file('c.pem', client.cert), key: file('c.key', client.key) }
  const stories = transports.map((): string[] => [])
  const bench: Bench = {
    ...{ child, goodAtMs: transports.map(() => []), judged: [], wrong: [], stop: async () => {} },
    starvedMs: watchStarving(scope),
    names: transports.map((transport, index) => `${transport} ${index}`),
    storyOf: (device, atMs) => storyAround(stories[device]!, atMs),
  }
  const loops = await Promise.all(
    transports.map(async (transport, index) => {
      const place = await placeOf(scope, transport, ports[index]!)
      const inFlight = index % 2 === 0 ? 1 : 4
      const given = { transport, ...place, ...(transport === 'tls' ? { tls } : {}), inFlight }
      const link = judging(modbusLink(scope, { ...given, timeoutMs: TIMEOUT_MS, maxGap: 0 }), transport, bench, index)
      return startLoop(bench.names[index]!, link, stories[index]!)
    }),
  )
  const ticks = setInterval(() => {
    for (const loop of loops) loop.tick(now())
  }, TICK_MS)
  bench.stop = async () => {
    clearInterval(ticks)
    await Promise.all(loops.map((loop) => loop.stop()))
  }
  scope.defer(bench.stop)
  return bench
}

async function placeOf(scope: Scope, transport: Transport, port: number): Promise<object> {
  if (transport !== 'rtu') return { host: '127.0.0.1', port }
  const path = join(scope.folder, `line-${port}`)
  const args = [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${port},nodelay`]
  let isOver = false
  let end: () => unknown = () => undefined
  // A device that closes takes its serial port with it, as an adapter that is pulled out does; it comes back.
  const begin = () => {
    if (isOver) return
    const socat = spawn(commandPath('socat'), args)
    socat.once('exit', begin)
    end = () => socat.kill('SIGKILL')
  }
  begin()
  scope.defer(() => {
    isOver = true
    end()
  })
  await until(async () => existsSync(path), 5000, 'there is no serial port')
  return { serial: { path, baudRate: 115_200 } }
}

const now = () => ({ ms: Date.now(), ns: process.hrtime.bigint() })

/** All look alike: only their marks tell one from another. */
const points = [1, 2].flatMap((unit) =>
  [0, 100, 200].map(
    (address): Point => ({ ...pointAt({ table: 'holding', address, type: 'u32' }, unit), intervalMs: EVERY_MS }),
  ),
)

/** `story` gets a line for each change of its state. */
function startLoop(id: string, link: Link, story: string[]) {
  const quiet = () => {}
  const loop = createLinkLoop({
    id,
    link,
    points,
    display: [],
    place: { share: Math.random(), tickNs: BigInt(TICK_MS) * 1_000_000n },
    wait: quiet,
    now,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    maxBackoffMs: BACKOFF_MS,
  })
  loop.start({
    onReadings: quiet,
    onValue: () => false,
    onState: ({ state, cause }) => story.push(`${nowMs()} ${state}${cause === undefined ? '' : ` ${cause}`}`),
  })
  return loop
}

const STORY_MS = 5000

/** The lines of a story from before a time until after it. */
function storyAround(story: readonly string[], atMs: number): string {
  const near = story.map((line) => ({ line, afterMs: Number(line.split(' ')[0]) - atMs }))
  const told = near.filter(({ afterMs }) => Math.abs(afterMs) < STORY_MS).slice(0, 12)
  return told.map(({ line, afterMs }) => `${afterMs} ms ${line.slice(line.indexOf(' ') + 1)}`).join('; ')
}

/** The link, with each value held against its request: right mark, and answered between the question and now. */
function judging(link: Link, transport: Transport, bench: Bench, index: number): Link {
  return {
    ...link,
    async read(asked, how) {
      const fromMs = nowMs()
      const readings = await link.read(asked, how)
      const toMs = nowMs()
      for (const [at, reading] of readings.entries()) judge(bench, transport, asked[at]!, reading, fromMs, toMs)
      if (readings.some(({ quality }) => quality === 'good')) bench.goodAtMs[index]!.push(toMs)
      return readings
    },
  }
}

function judge(bench: Bench, transport: Transport, point: Point, reading: Reading, fromMs: number, toMs: number): void {
  if (reading.quality !== 'good') return
  const { address } = point.address as { address: number }
  const { unit } = point.device as { unit: number }
  const value = Number(reading.value)
  bench.judged.push(value)
  const ageMs = (toMs - (value & 0xffff)) & 0xffff
  const mark = Math.floor(value / 65_536)
  if (mark === markOf(unit, address) && ageMs <= toMs - fromMs) return
  const what =
    mark === markOf(unit, address) ? `an answer of ${ageMs} ms ago, asked ${toMs - fromMs} ms ago` : 'another value'
  bench.wrong.push(`${transport}: unit ${unit}, register ${address}: ${what}`)
}

/* ── neighbours ── */

type Neighbours = { during(ms: number): Promise<number[]> }

/** Links that are polled all the time; how long each poll took, ms. */
async function startNeighbours(scope: Scope): Promise<Neighbours> {
  const child = await startChild<ModbusAsk>('modbus-server.ts', 0)
  scope.defer(() => child.kill())
  await child.ask({ kind: 'load', ranges: [{ unit: 1, table: 'holding', start: 0, values: [7, 7, 7] }] })
  await child.ask({ kind: 'behave', behaviour: { delayMs: NEIGHBOUR_MS } })
  const read = [pointAt({ table: 'holding', address: 0, type: 'u16' })]
  let took: number[] = []
  let isOver = false
  for (let index = 0; index < NEIGHBOURS; index++) {
    const link = modbusLink(scope, { transport: 'tcp', host: '127.0.0.1', port: child.port })
    await openLink(link)
    void (async () => {
      while (!isOver) {
        const fromMs = performance.now()
        const [reading] = await link.read(read).catch(() => [])
        if (reading?.quality === 'good') took.push(performance.now() - fromMs)
        await pause(NEIGHBOUR_MS)
      }
    })()
  }
  scope.defer(() => {
    isOver = true
  })
  return {
    async during(ms) {
      took = []
      await pause(ms)
      return took
    },
  }
}
