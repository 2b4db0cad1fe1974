/**
 * Asks the roll-up for every machine of the fleet, and the fleet what the answer must and may be. A machine that is
 * named though it may not be is always wrong; one that is missing is excused only while something is broken on purpose.
 */
import { inLanes } from '../../../support/proof.ts'

/** As the README of the roll-up promises. */
const DELAY_MS = 2_000
const SILENCE_MS = 17_000
const KINDS = ['edge-bander', 'panel-saw', 'spray-booth', 'cnc-router', 'laser']
/** Where the simulated sites are: round these. */
const PLACES = [
  '48.14,11.58',
  '52.52,13.4',
  '45.46,9.19',
  '23.02,113.12',
  '31.23,121.47',
  '22.54,114.06',
  '-33.87,151.21',
  '64.15,-21.94',
]
const WITHIN = 61_237
const LANES = 4

type Judged = { readonly named: number; readonly missing: readonly string[]; readonly wrong: readonly string[] }
export type Round = Judged & { readonly unanswered: number; readonly tookMs: readonly number[] }

/** Free now for an hour, or in three hours for two. */
export type Form = 'now' | 'later'

export async function judgeRound(rollupUrl: string, fleetUrl: string, form: Form): Promise<Round> {
  const questions = PLACES.flatMap((near) => KINDS.map((kind) => questionOf(kind, near, form)))
  const answers = await inLanes(questions, LANES, (question) => judge(rollupUrl, fleetUrl, question))
  const judged = answers.flatMap((answer) => answer ?? [])
  return {
    named: judged.reduce((sum, { named }) => sum + named, 0),
    missing: judged.flatMap(({ missing }) => missing),
    wrong: judged.flatMap(({ wrong }) => wrong),
    tookMs: judged.map(({ tookMs }) => tookMs),
    unanswered: answers.length - judged.length,
  }
}

/** What is free of a kind near a place, by the roll-up; undefined: it does not answer. */
export async function askRollup(url: string, question: string): Promise<string[] | undefined> {
  const response = await fetch(`${url}/machines?${question}&limit=10000`).catch(() => undefined)
  if (response?.ok !== true) return undefined
  const { machines } = (await response.json()) as { machines: { site: string; machine: string }[] }
  return machines.map(({ site, machine }) => `${site}/${machine}`)
}

function questionOf(kind: string, near: string, form: Form): string {
  const times = { now: 'minutes=60', later: `minutes=120&from=${new Date(Date.now() + 10_800_000).toISOString()}` }
  return `kind=${kind}&near=${near}&within=${WITHIN}&${times[form]}`
}

async function judge(rollupUrl: string, fleetUrl: string, question: string) {
  const since = Date.now()
  const beganMs = performance.now()
  const named = await askRollup(rollupUrl, question)
  const tookMs = performance.now() - beganMs
  if (named === undefined) return undefined
  const asked = `since=${since}&until=${Date.now()}&delay=${DELAY_MS}&silence=${SILENCE_MS}`
  const response = await fetch(`${fleetUrl}/truth?${question}&${asked}`)
  const truth = (await response.json()) as { must: string[]; may: string[] }
  const [given, may] = [new Set(named), new Set(truth.may)]
  return {
    tookMs,
    named: named.length,
    missing: truth.must.filter((key) => !given.has(key)),
    wrong: named.filter((key) => !may.has(key)),
  }
}
