/**
 * Somebody without a credential: thousands who read nothing or write a byte at a time, on every route, and floods of
 * calls. All the while a tenant unlocks and ends, a lease is held, and memory and ledger stay within their bounds.
 */

import { http2Names } from '../../field/attacks/http2.ts'
import { type Bounds, figureOf, missed, type Seen, watched } from '../../field/attacks/watch.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { runProcess } from '../../support/process.ts'
import type { Item, Verdict } from '../item.ts'

const ROOT = new URL('../../..', import.meta.url).pathname
/**
 * 1,100 connections, four answers on each, 64 KiB of each read ahead, and a margin. Of denials: what a day has room for
 * without a good credential, and one.
 */
const BOUNDS = { p99Ms: 1_000, growthMib: 400, denials: 101 } satisfies Bounds
const HOUR_MS = 3_600_000

/** [attack, seconds, seconds of the bounded form] */
const ATTACKS = [
  ['slow-readers', 90, 2],
  ['slow-writers', 90, 2],
  ['floods', 600, 5],
] as const

/** [seconds of each attack, of the bounded form] */
const HTTP2_S = [30, 2] as const

export const crowds: Item = {
  name: 'crowds',
  async run({ quick, scope, say }) {
    const plant = await startPlant(scope, { site: 'crowds', machines: { 'spray-booth': 3 } })
    await plant.api.unlocked('booth-3', await plant.machine('booth-3').token())
    await putBookings(plant, quick ? 200 : 5_000)
    const notes: string[] = []
    const lines: string[] = []
    for (const [attack, full, bounded] of ATTACKS) {
      const { did, seen } = await underAttack(plant, attack, quick ? bounded : full)
      lines.push(`${attack}: ${did} tries, ${figureOf(seen)}; ${seen.denials} denials`)
      say(lines.at(-1)!)
      notes.push(...missed(seen, BOUNDS).map((text) => `${attack}: ${text}`))
      if (did === 0) notes.push(`${attack} did nothing`)
    }
    return verdictOf(lines, notes)
  },
}

/** The same over HTTP/2, by those who keep to its frames and to nothing else. */
export const crowdsHttp2: Item = {
  name: 'crowds-http2',
  async run({ quick, scope, say }) {
    const plant = await startPlant(scope, {
      site: 'crowds-http2',
      machines: { 'spray-booth': 3 },
      tls: { http2: true },
    })
    await plant.api.unlocked('booth-3', await plant.machine('booth-3').token())
    const notes: string[] = []
    const lines: string[] = []
    for (const attack of http2Names) {
      const { did, seen } = await underAttack(plant, attack, HTTP2_S[quick ? 1 : 0])
      lines.push(`${attack}: ${did} writes, ${figureOf(seen)}`)
      say(lines.at(-1)!)
      notes.push(...missed(seen, BOUNDS).map((text) => `${attack}: ${text}`))
      if (did === 0) notes.push(`${attack} did nothing`)
    }
    return verdictOf(lines, notes)
  },
}

async function underAttack(plant: Plant, attack: string, seconds: number): Promise<{ did: number; seen: Seen }> {
  const program = 'test/field/attacks/attacker.ts'
  const run = () => runProcess(process.execPath, [program, attack, plant.api.url, String(seconds)], { cwd: ROOT })
  const { did, seen } = await watched(plant, { used: 'booth-2', held: 'booth-3' }, run)
  return { did: Number(did), seen }
}

/** Of days to come, back to back: what a guessed PIN is looked up in. */
async function putBookings({ api, platform }: Plant, count: number): Promise<void> {
  const at = (index: number) => new Date(Date.now() + (24 + index) * HOUR_MS).toISOString()
  const bookings = Array.from({ length: count }, (_, index) => ({
    ...{ id: `season-${index}`, machine: 'booth-1', tenant: 'season', version: 1 },
    ...{ start: at(index), end: at(index + 1) },
  }))
  const token = await platform.serviceToken()
  const { status, body } = await api.call('PUT', '/bookings', { token, body: { version: 1, bookings } })
  if (status !== 200) throw new Error(`PUT bookings: ${status} ${JSON.stringify(body)}`)
}

function verdictOf(lines: readonly string[], notes: readonly string[]): Verdict {
  return {
    figure: lines.join(' | '),
    aim: `p99 at most ${BOUNDS.p99Ms} ms, no lease lost, at most ${BOUNDS.growthMib} MiB and ${BOUNDS.denials} denials`,
    ok: notes.length === 0,
    notes,
  }
}
