/**
 * The questions that the roll-up answers over HTTP: what is free, and what it knows. A question that cannot be meant is
 * refused in a sentence.
 * Read next: store.ts, where the answers come from.
 */
import type { Pool } from 'pg'
import { type Answer, type Routes, refuse } from '../faces/http-face.ts'
import { countKnown, findFree, type Wanted } from './store.ts'

/** An answer from what is older is worse than none. */
const MOST_AGE_MS = 1_500

const MOST_MINUTES = 14_400
const MOST_METRES = 1_000_000
const MOST_FOUND = 10_000

export function questionRoutes(pool: Pool, counts: () => object): Routes {
  return {
    'GET /machines': (_body, _parts, _headers, query) => {
      const wanted = readWanted(query)
      return typeof wanted === 'string' ? refuse(400, wanted) : answered(() => find(pool, wanted))
    },
    'GET /known': () => answered(async () => ({ status: 200, body: { ...(await countKnown(pool)), ...counts() } })),
  }
}

async function find(pool: Pool, wanted: Wanted): Promise<Answer> {
  const answer = await findFree(pool, wanted)
  if (answer === undefined) return refuse(503, 'nothing is known yet')
  const { ageMs, machines } = answer
  if (ageMs > MOST_AGE_MS) return refuse(503, `what is known is ${Math.round(ageMs)} ms old`)
  return { status: 200, body: { machines } }
}

async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    return refuse(503, `PostgreSQL does not answer: ${String(error)}`)
  }
}

function readWanted(query: URLSearchParams): Wanted | string {
  const kind = query.get('kind')
  if (kind === null) return 'kind is missing: what is looked for?'
  const [latitude, longitude] = (query.get('near') ?? '').split(',').map(Number)
  if (!isWithin(latitude, -90, 90) || !isWithin(longitude, -180, 180))
    return 'near must be latitude,longitude in degrees, such as 48.1,11.6'
  const from = new Date(query.get('from') ?? 0)
  if (Number.isNaN(from.getTime())) return 'from must be a time such as 2026-11-27T14:00:00Z'
  const minutes = Number(query.get('minutes') ?? 60)
  if (!isWithin(minutes, 1, MOST_MINUTES)) return `minutes must be 1 to ${MOST_MINUTES}`
  const metres = Number(query.get('within') ?? 10_000)
  if (!isWithin(metres, 1, MOST_METRES)) return `within must be 1 to ${MOST_METRES} metres`
  const limit = Number(query.get('limit') ?? 100)
  if (!isWithin(limit, 1, MOST_FOUND) || !Number.isInteger(limit)) return `limit must be 1 to ${MOST_FOUND}`
  return { kind, latitude, longitude, from, minutes, metres, limit }
}

const isWithin = (value: number | undefined, least: number, most: number): value is number =>
  value !== undefined && value >= least && value <= most
