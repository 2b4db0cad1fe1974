/**
 * Honest logs that forgeries are made of: days in a shop, and what the core itself wrote of a machine with faults.
 * Every entry is parsed, so that it can be told otherwise; all of it follows from seeds. Read next: forge.ts, lies.ts.
 */
import { createLog } from '../../ledger/verify/shop/log.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { createShop } from '../../ledger/verify/shop/shop.ts'
import { worldLog } from '../../ledger/verify/shop/world-log.ts'

export const SITE = 'hall'
export const ORIGIN = 'hall/7c1e'

export type Row = Record<string, unknown>
export type Body = Row & { seq: number; kind: string; at: string; data: Row; machine?: string; session?: string }

/** What stands in a list of an entry, if it is one. */
export const rows = (value: unknown): Row[] => (Array.isArray(value) ? (value as Row[]) : [])
export const add = (value: unknown, units: number): string => String(BigInt(String(value)) + BigInt(units))
export const set = (row: object, name: string, value: unknown): void => void Object.assign(row, { [name]: value })

/** Chance that can be had again. */
export type Dice = {
  /** A whole number from 0 to `most` − 1. */
  below(most: number): number
  pick<T>(items: readonly T[]): T
  chance(probability: number): boolean
}

export function diceOf(seed: number): Dice {
  const next = random(seed)
  const below = (most: number) => Math.floor(next() * most)
  return { below, pick: (items) => items[below(items.length)]!, chance: (probability) => next() < probability }
}

/** Lives of a machine in which much happens: sessions resumed, a foreign use, resets, two sessions and three. */
const LIVES = [300, 317, 328, 348, 362, 393, 405, 408, 411, 418]

/** The stories of a run; each is a log that every verifier finds good. */
export function stories(): readonly (readonly Body[])[] {
  const shops = Array.from({ length: 8 }, (_, seed) => shopStory(seed))
  const units = Array.from({ length: 3 }, (_, seed) => unitsStory(seed))
  const worlds = LIVES.map((seed) => worldLog(seed, 30).bodies)
  return [...shops, ...worlds, ...units].map((bodies) => bodies.map((body) => JSON.parse(body) as Body))
}

/** A meter whose scale and unit change between sessions, and change back. */
function unitsStory(seed: number): readonly string[] {
  const dice = diceOf(seed + 100)
  const log = createLog(SITE, ORIGIN, new Set())
  const shop = createShop(log, { machines: ['saw'], seed, accounts: seed === 1 })
  shop.start()
  for (let life = 0; life < 5; life++) {
    const unit = dice.pick(['Wh', 'Wh', 'kWh', 'J'])
    shop.reconfigure('saw/energy.energy', unit, dice.pick([1n, 2n, 10n]))
    shop.work('saw', dice.below(4))
    const session = shop.unlock('saw')
    shop.work('saw', 2 + dice.below(4))
    const used = shop.end('saw')
    const units = used.get('saw/energy.energy') ?? 0n
    if (units > 1n && dice.chance(0.5))
      shop.correct('saw', session, log.bodies.length - 1, 'saw/energy.energy', String(units / 2n))
    if (dice.chance(0.5)) shop.sample('saw')
  }
  return log.bodies
}

function shopStory(seed: number): readonly string[] {
  const dice = diceOf(seed + 1)
  const machines = ['saw', seed % 2 === 0 ? 'booth' : '锯']
  const log = createLog(SITE, ORIGIN, seed % 3 === 0 ? new Set([machines[1]!]) : new Set())
  const shop = createShop(log, { machines, seed, accounts: seed % 4 !== 3 })
  shop.start()
  const order = Array.from({ length: 4 }, () => dice.pick(machines))
  for (const machine of order) {
    shop.work(machine, dice.below(4))
    if (dice.chance(0.3)) shop.unlock(machine, 'refused')
    const session = shop.unlock(machine)
    shop.work(machine, 2 + dice.below(4))
    if (dice.chance(0.5)) shop.sample(machine)
    if (dice.chance(0.4)) shop.tear(`${machine}/energy.energy`)
    if (dice.chance(0.6)) shop.gap(machine, 3n, dice.pick(['session', 'disputed']))
    if (dice.chance(0.3)) shop.reset(`${machine}/plc.parts`, 2n, 'session')
    const used = shop.end(machine, dice.chance(0.3) ? { incomplete: true, override: true } : {})
    const [meter, units] = dice.pick([...used].length > 0 ? [...used] : [['', 0n] as const])
    if (units > 1n && dice.chance(0.5)) shop.correct(machine, session, log.bodies.length - 1, meter, String(units / 2n))
    if (dice.chance(0.3)) shop.enterByHand(machine)
    if (dice.chance(0.3)) shop.record('LinkLost', { link: 'plc', cause: 'timeout' })
    if (dice.chance(0.4)) {
      shop.record('GatewayStarted', { version: '1.5.0', node: 'v24.21.0', fencingId: 3 })
      shop.record('ConfigurationApplied', { configurationId: 'a'.repeat(64), machines: 2, links: 2 })
    }
  }
  return log.bodies
}
