/**
 * The machines as the spare sees them: the interlocks that a lease guards, read and never written. A link that is lost
 * is opened again. Read next: spare.ts, core/pair/watch.ts (what it concludes).
 */
import type { Link, Logger, Point } from '../../../adapters/adapter.ts'
import { protocols } from '../../../adapters/registry.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { InterlockConfig } from '../../core/ground/config.ts'
import type { Moment } from '../../core/ground/moment.ts'
import { partsOf, see } from '../../core/interlock/interlock.ts'
import type { Look } from '../../core/pair/watch.ts'
import type { Reading } from '../../core/reading/reading.ts'
import { linkFolder } from '../host/data-dir.ts'

const READ_EVERY_MS = 300
const OPEN_MS = 3000
const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

type Guarded = { readonly machine: string; readonly interlock: InterlockConfig }

/** Reads until it is stopped. */
export async function lookAtMachines(
  config: SiteConfig,
  now: () => Moment,
  take: (look: Look) => void,
): Promise<{ stop(): Promise<void> }> {
  let isStopped = false
  const rounds = [...Map.groupBy(guardedBy(config), ({ interlock }) => interlock.link)].map(async ([id, guarded]) => {
    const { protocol, options } = config.links.find((link) => link.id === id)!
    const adapter = await protocols[protocol].load()
    const link = adapter.createLink(options, { now, log: QUIET, stateDir: linkFolder(config.dataDir, id) })
    const isOver = () => isStopped
    await keepReading(link, guarded, now, take, isOver)
    await link.close()
  })
  return {
    async stop() {
      isStopped = true
      await Promise.all(rounds)
    },
  }
}

const guardedBy = ({ machines }: SiteConfig): Guarded[] =>
  machines.flatMap(({ id, interlock }) => (interlock?.class === 'lease' ? [{ machine: id, interlock }] : []))

async function keepReading(
  link: Link,
  guarded: readonly Guarded[],
  now: () => Moment,
  take: (look: Look) => void,
  isOver: () => boolean,
): Promise<void> {
  const points = guarded.flatMap(pointsOf)
  let isOpen = false
  while (!isOver()) {
    if (!isOpen) {
      isOpen = await link.open(AbortSignal.timeout(OPEN_MS)).then(
        () => true,
        () => false,
      )
    }
    const fromNs = now().ns
    const readings = isOpen ? await link.read(points, { urgent: true }).catch(() => undefined) : undefined
    if (readings === undefined) isOpen = false
    else for (const look of looksOf(guarded, readings, fromNs, now().ns)) take(look)
    await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS))
  }
}

function pointsOf({ machine, interlock }: Guarded): Point[] {
  const { device, pollMs } = interlock
  return partsOf(interlock).map(({ point, address }) => ({
    ...{ id: `${machine} ${point}`, address, device, intervalMs: pollMs },
  }))
}

function looksOf(guarded: readonly Guarded[], readings: readonly Reading[], fromNs: bigint, toNs: bigint): Look[] {
  return guarded.flatMap(({ machine, interlock }) => {
    const own = readings
      .filter(({ point }) => point.startsWith(`${machine} `))
      .map((reading) => ({ ...reading, point: reading.point.slice(machine.length + 1) }))
    const seen = see(interlock, new Map(own.map((reading) => [reading.point, reading])))
    if (seen === undefined || !('block' in seen) || seen.block.class !== 'lease') return []
    return [{ machine, fromNs, toNs, trace: seen.block }]
  })
}
