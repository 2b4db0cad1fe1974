/**
 * `latchkey pair status` and `latchkey pair switch <site.yaml>`: which of two boxes is the gateway, whether the other
 * one could take over, and a switch-over that waits for no lease to lapse. It asks the active box, and shows what the
 * other one says of itself where the site file names its address (pair.api).
 * Ends 0 when it is so, 1 when not.
 * Read next: control/pair/switch-over.ts, front/spare/answer.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { loadSite } from '../../config/load.ts'
import type { PairBox, SiteConfig } from '../../config/site.ts'
import { oneLine } from '../core/ground/text.ts'
import type { DrillCliIo } from './drill-io.ts'
import { type Reach, reached, urlOf } from './reached.ts'
import { type Io, withoutSecrets } from './site.ts'

/** What a box says of itself, whichever it is. */
type Told = {
  readonly role: string
  readonly box: string
  readonly other: string
  readonly otherUrl?: string
  readonly term: number
  readonly spare?: string
  readonly heardAgoMs?: number
  readonly behind?: number
  readonly couldTakeOver?: boolean
  readonly why?: { readonly code: string; readonly en: string }
}

const ANSWER_MS = 5000
/** A switch-over is over long before. */
const SWITCH_MS = 30_000
const ASK_EVERY_MS = 500

export async function pairStatusCommand(path: string, { gateway, key, json }: Reach, io: Io): Promise<number> {
  const loaded = loadSite(path, withoutSecrets(io.env))
  if (loaded.kind === 'faults' || loaded.config.pair === undefined) return failed('the site file names no pair', io)
  const told = await tellAll(loaded.config, gateway, key ?? io.env.LATCHKEY_KEY)
  io.stdout.write(json ? `${JSON.stringify(told)}\n` : told.map((each) => `${oneLine(lineOf(each))}\n`).join(''))
  const isFollowed = told.some((each) => 'role' in each && (each.spare === 'follows' || each.couldTakeOver === true))
  return isFollowed ? 0 : 1
}

export async function pairSwitchCommand(
  path: string,
  { reason, ...reach }: Reach & { readonly reason: string },
  io: DrillCliIo,
): Promise<number> {
  return reached(path, reach, io, async (gateway, _, fail, config) => {
    const before = await tell(reach.gateway ?? urlOf(config), reach.key ?? io.env.LATCHKEY_KEY)
    await gateway('POST', '/pair/switch', { reason })
    const other = config.pair?.boxes.find(({ id }) => id === before?.other)
    if (other?.url === undefined) return done(reach, io, { switched: true }, 'It stops, and the other box begins.')
    const atMs = performance.now()
    while (performance.now() - atMs < SWITCH_MS) {
      if ((await tell(other.url, reach.key ?? io.env.LATCHKEY_KEY))?.role === 'active') {
        const tookMs = Math.round(performance.now() - atMs)
        return done(
          reach,
          io,
          { switched: true, box: other.id, tookMs },
          `Box ${other.id} is the gateway after ${tookMs} ms.`,
        )
      }
      await pause(ASK_EVERY_MS)
    }
    return fail(`box ${other.id} does not say that it is the gateway: see its page, ${other.url}`)
  })
}

function done({ json }: Reach, io: Io, told: object, words: string): number {
  io.stdout.write(json ? `${JSON.stringify({ ok: true, ...told })}\n` : `${words}\n`)
  return 0
}

function failed(words: string, { stderr }: Io): number {
  stderr.write(`${words}\n`)
  return 1
}

type Silent = { readonly url: string; readonly answers: false }

/** This host's box, and each that has an address in the site file. */
async function tellAll(
  config: SiteConfig,
  gateway: string | undefined,
  key: string | undefined,
): Promise<(Told | Silent)[]> {
  const { boxes } = config.pair!
  const own = await tell(gateway ?? urlOf(config), key)
  const others = boxes.filter(({ id, url }) => url !== undefined && id !== own?.box) as Required<PairBox>[]
  const told = await Promise.all(
    others.map(async ({ url }) => (await tell(url, key)) ?? { url, answers: false as const }),
  )
  return [own ?? { url: gateway ?? urlOf(config), answers: false as const }, ...told]
}

/** Undefined: nobody answers there, or not as a box of a pair. */
async function tell(url: string, key: string | undefined): Promise<Told | undefined> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const answer = await fetch(`${url}/health/ready`, { headers, signal: AbortSignal.timeout(ANSWER_MS) }).catch(
    () => undefined,
  )
  const body = (await answer?.json().catch(() => undefined)) as { readonly pair?: Told } | undefined
  return body?.pair
}

function lineOf(told: Told | Silent): string {
  if (!('role' in told)) return `${told.url}: no answer`
  const { role, box, term, spare, behind, couldTakeOver, why, other } = told
  const head = `${box}: ${role}, term ${term}`
  if (role === 'active')
    return `${head}; box ${other} ${spare === 'follows' ? 'follows, and would take over' : `${spare}: could not take over`}`
  const lacks = behind === undefined ? '' : `, lacks ${behind} changes`
  return couldTakeOver ? `${head}${lacks}; could take over` : `${head}${lacks}; could not take over: ${why?.en}`
}
