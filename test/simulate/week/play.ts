/** Plays the week of one world, and leaves its evidence: the bundle of its ledger and the key that signed it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS } from '../../../gateway/core/ground/moment.ts'
import { formatVkey } from '../../../gateway/ledger/evidence/note.ts'
import { issueBundle } from '../../../gateway/ledger/issue.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import type { Assumptions, World } from './assumptions.ts'
import { type Hall, openHall } from './hall.ts'
import { START_MS } from './journal.ts'
import { needsOf, ordersOf, playOrders } from './people.ts'
import { machinesOf, writeSite } from './site.ts'

export type Week = { readonly seed: number; readonly days: number; readonly given: Assumptions }

/** The bundle is `<folder>/<world>/bundle.ndjson`, its key `<folder>/<world>/key`. `onDay` sees each day that ends. */
export function playWorld(
  folder: string,
  world: World,
  { seed, days, given }: Week,
  onDay: (day: number, hall: Hall) => void,
): void {
  const orders = ordersOf(seed, days, given)
  const machines = machinesOf(world, given, needsOf(orders))
  const place = join(folder, world)
  const config = writeSite(place, world, machines, given)
  const kindOf = new Map(machines.map(({ id, kind }) => [id, kind]))
  const hall = openHall(config, (machine) => given.models[world][kindOf.get(machine)!])
  const { journal } = hall
  playOrders(orders, { hall, world, machines, given, seed, untilMs: START_MS + days * DAY_MS })
  for (let day = 1; day <= days; day++) {
    journal.passTo(day * DAY_MS)
    onDay(day, hall)
  }
  journal.record('GatewayStopped', { openSessions: 0 })
  const reader = createReader(journal.close())
  const pieces = [...issueBundle(reader, config.site)].map((piece) => Buffer.from(piece))
  reader.close()
  writeFileSync(join(place, 'bundle.ndjson'), Buffer.concat(pieces))
  writeFileSync(join(place, 'key'), `${formatVkey(journal.key)}\n`)
}
