/**
 * Gateways come and go: each lives for a while, falls dead, leaves or goes silent, and is back after a while. While
 * it is silent its machines go on; while it is dead they stand still, as far as it can tell.
 * Read next: site.ts (what lives), wire.ts (what breaks).
 */
import type { Chance } from './chance.ts'
import { become, birth, farewell, live, type Message, type Paces, type Site, started, will } from './site.ts'
import { type Counts, openWire, type Wire } from './wire.ts'

type LifeOptions = Readonly<{
  url: string
  version: 4 | 5
  paces: Paces
  /** Mean time that a gateway is there; 0: for ever. */
  lifeMs: number
  /** Only what is not retained. */
  eventsOnly: boolean
}>

type Life = { readonly site: Site; wire: Wire | undefined; endsAtMs: number; backAtMs: number }

const NEVER = Number.POSITIVE_INFINITY
const TICK_MS = 50
/** Away for 2 to 40 s. */
const LEAST_AWAY_MS = 2_000
const AWAY_SPREAD_MS = 38_000
/** All at once would be a flood that no fleet is. */
const FIRST_PER_TICK = 10

type Fleet = Readonly<{ options: LifeOptions; chance: Chance; counts: Counts }>

export function startLives(sites: readonly Site[], options: LifeOptions, chance: Chance, counts: Counts) {
  const fleet: Fleet = { options, chance, counts }
  const lives: Life[] = sites.map((site) => ({ site, wire: undefined, endsAtMs: NEVER, backAtMs: 0 }))
  const timer = setInterval(() => {
    const nowMs = Date.now()
    let begun = 0
    for (const life of lives) {
      const { site } = life
      if (life.backAtMs <= nowMs && begun < FIRST_PER_TICK) {
        begun += 1
        begin(fleet, life)
      } else if (life.endsAtMs <= nowMs && site.presence === 'there') end(fleet, life)
      if (site.presence === 'gone') continue
      const said = live(site, options.paces, chance, nowMs)
      if (site.presence === 'there') say(fleet, life, said)
    }
  }, TICK_MS)
  return {
    close() {
      clearInterval(timer)
      for (const { wire } of lives) wire?.drop()
    },
  }
}

function begin(fleet: Fleet, life: Life): void {
  const { site } = life
  const { options, chance, counts } = fleet
  const { url, version, paces, lifeMs } = options
  if (site.presence === 'gone') started(site, Date.now())
  life.wire?.drop()
  life.backAtMs = NEVER
  life.endsAtMs = lifeMs === 0 ? NEVER : Date.now() + chance.wait(lifeMs)
  life.wire = openWire(
    { url, version, name: `fleet-${site.name}`, will: will(site), counts },
    () => {
      say(fleet, life, birth(site, paces, Date.now()))
      become(site, 'there', Date.now())
    },
    () => {
      // The broker died, and tells nobody.
      if (site.presence === 'there') become(site, 'silent', Date.now())
    },
  )
}

function end({ chance }: Fleet, life: Life): void {
  const { site, wire } = life
  const nowMs = Date.now()
  const how = chance.oneOf([
    ['dead', 2],
    ['left', 1],
    ['silent', 2],
  ] as const)
  if (how === 'left') wire?.leave(farewell(site, nowMs))
  if (how === 'dead') wire?.drop()
  if (how !== 'silent') life.wire = undefined
  life.endsAtMs = NEVER
  life.backAtMs = nowMs + LEAST_AWAY_MS + chance.below(AWAY_SPREAD_MS)
  become(site, how === 'silent' ? 'silent' : 'gone', nowMs)
}

function say({ options }: Fleet, { site, wire }: Life, messages: readonly Message[]): void {
  for (const message of messages) {
    if (options.eventsOnly && message.retain) continue
    wire?.say(message, message.retain ? undefined : () => site.waiting.delete(message))
  }
}
