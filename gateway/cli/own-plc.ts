/**
 * A link of this command's own to the interlock of one machine, while no gateway runs. It holds no policy but patience:
 * a PLC that does not answer is asked again for a while. Read next: conformance.ts, control/loops/drill-loop.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Link, LinkError, type Logger, type Point } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import type { DataDir } from '../control/host/data-dir.ts'
import { type DrillIo, monotonicMs } from '../control/loops/drill-loop.ts'
import type { InterlockConfig } from '../core/ground/config.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { partsOf, type Shown, see, targetOf } from '../core/interlock/interlock.ts'

/** The PLC has to answer within this at the start, and after its power came back, ms. */
const ANSWER_MS = 15_000
const READ_EVERY_MS = 100
const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

type OwnPlc = Pick<DrillIo, 'read' | 'write' | 'cut' | 'nowMs'> & {
  /** The PLC as it is before anything is asked of it. */
  first(): Promise<Shown>
  close(): Promise<void>
}

type Plc = {
  readonly link: Link
  readonly interlock: InterlockConfig
  readonly points: readonly Point[]
  /** Why the last read brought nothing. */
  whyNot: string
}

export async function connectPlc(config: SiteConfig, interlock: InterlockConfig, dir: DataDir): Promise<OwnPlc> {
  const { protocol, options } = config.links.find(({ id }) => id === interlock.link)!
  const adapter = await protocols[protocol].load()
  const { now } = createClock({})
  const link = adapter.createLink(options, { now, log: QUIET, stateDir: dir.stateDirOf(interlock.link) })
  const points = partsOf(interlock).map(({ point, address }) => ({
    id: point,
    address,
    device: interlock.device,
    intervalMs: interlock.pollMs,
  }))
  const plc: Plc = { link, interlock, points, whyNot: 'no answer' }
  await open(plc)
  return {
    nowMs: () => monotonicMs(now()),
    read: () => read(plc),
    first: () => first(plc),
    write: (words) => write(plc, words),
    async cut(awayMs) {
      await link.close()
      await pause(awayMs)
      await open(plc)
    },
    close: () => link.close(),
  }
}

async function open({ link, interlock }: Plc): Promise<void> {
  const untilMs = performance.now() + ANSWER_MS
  for (;;) {
    const failure = await link.open(AbortSignal.timeout(ANSWER_MS)).then(
      () => undefined,
      (error: Error) => error,
    )
    if (failure === undefined) return
    if (performance.now() >= untilMs)
      throw new GatewayError('link', 'conformance', `the link ${interlock.link} cannot be opened: ${failure.message}`)
    await pause(READ_EVERY_MS)
  }
}

async function first(plc: Plc): Promise<Shown> {
  const untilMs = performance.now() + ANSWER_MS
  for (;;) {
    const shown = await read(plc)
    if (shown !== undefined) return shown
    if (performance.now() >= untilMs)
      throw new GatewayError(
        'link',
        'conformance',
        `the interlock on ${plc.interlock.link} cannot be read: ${plc.whyNot}`,
      )
    await pause(READ_EVERY_MS)
  }
}

async function read(plc: Plc): Promise<Shown | undefined> {
  const readings = await plc.link.read(plc.points, { urgent: true }).catch((error: Error) => {
    plc.whyNot = error.message
    return undefined
  })
  if (readings === undefined) {
    await open(plc).catch(() => undefined)
    return undefined
  }
  const seen = see(plc.interlock, new Map(readings.map((reading) => [reading.point, reading])))
  if (seen === undefined) return undefined
  if ('block' in seen) return seen.block
  plc.whyNot = seen.bad.detail ?? seen.bad.cause ?? 'a bad reading'
  return undefined
}

async function write({ link, interlock }: Plc, words: readonly number[]) {
  const block = { id: 'interlock', address: targetOf(interlock, words), device: interlock.device, words }
  return link.write(block).then(
    () => 'accepted' as const,
    (error: unknown) => (error instanceof LinkError ? error.outcome : 'unknown'),
  )
}
