/**
 * `node --expose-gc test/simulate/week/long.ts --days 72 --firms 20 --out <folder>`: many days at the shared centre,
 * and after each of them what the process holds and what is on the disk, a JSON object a line. Read next: play.ts.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Plant } from '../access/plant.ts'
import { assumptions } from './assumptions.ts'
import type { Hall } from './hall.ts'
import { playWorld } from './play.ts'

/** Bytes: `heap` of what is still used, `ledger` on the disk with what is not merged yet. */
export type Day = {
  readonly day: number
  readonly heap: number
  readonly memory: number
  readonly handles: number
  readonly ledger: number
  readonly entries: number
}

type Options = { readonly days: string; readonly firms: string; readonly out: string }

await new Command('long')
  .requiredOption('--days <n>')
  .requiredOption('--firms <n>')
  .requiredOption('--out <folder>')
  .action(({ days, firms, out }: Options) => {
    const given = { ...assumptions, firms: Number(firms) }
    playWorld(out, 'shared', { seed: 1, days: Number(days), given }, (day, hall) =>
      console.log(JSON.stringify(lookAt(day, hall, join(out, 'shared', 'data')))),
    )
  })
  .parseAsync()

function lookAt(day: number, { stations, journal }: Hall, data: string): Day {
  for (const { plant } of stations.values()) forget(plant)
  journal.flush()
  globalThis.gc!()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    day,
    heap: heapUsed,
    memory: rss,
    handles: readdirSync('/proc/self/fd').length,
    ledger: readdirSync(data).reduce((sum, name) => sum + statSync(join(data, name)).size, 0),
    entries: journal.written(),
  }
}

/** The truth that a simulated machine keeps for judges, of which there are none here, is no memory of the gateway. */
function forget({ spans, made, enabled, ownerless }: Plant): void {
  for (const map of [made, enabled]) map.clear()
  spans.length = 0
  ownerless.length = 0
}
