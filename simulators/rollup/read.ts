/**
 * What a message or an answer of a gateway tells, or undefined when it is not what the protocol describes. Pure. What
 * comes out of here PostgreSQL takes: times are times, texts hold no character that it refuses.
 * Read next: fact.ts; gateway/front/sinks/asyncapi.json and gateway/front/api/openapi.json describe what comes in.
 */
import { asRecord } from '../faces/http-face.ts'
import type { About, AboutFact, Fact, State, StateFact } from './fact.ts'

const TOPIC =
  /^latchkey\/v1\/([a-z0-9-]{1,32})\/(?:status(?:-(\d{1,2}))?|(events)(?:-\d{1,2})?|([a-z0-9-]{1,32})\/(about|availability|events))$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** PostgreSQL knows no year 0. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z')
const ID = /^[a-z0-9-]{1,32}$/
const STATES = 'Available Reserved Preparing InUse Finishing ToCheck Blocked OutOfOrder Unknown'.split(' ')
const MOST_CHARS = 200
const MOST_ITEMS = 64
/** A gateway that calls its rows fresh for longer is not believed. */
const MOST_AGE_MS = 600_000

type Fields = Readonly<Record<string, unknown>>

export function readMessage(topic: string, payload: string): Fact | undefined {
  const [, site, gateway = '0', siteEvents, machine, what] = TOPIC.exec(topic) ?? []
  if (site === undefined) return undefined
  // A machine that has left the configuration: its retained topics are emptied.
  if (payload === '') return machine !== undefined && what !== 'events' ? { fact: 'gone', site, machine } : undefined
  const body = parse(payload)
  if (body?.site !== site || body.machine !== machine) return undefined
  if (siteEvents !== undefined || what === 'events') return readEvent(site, machine, body)
  if (machine === undefined) return readStatus(site, Number(gateway), body)
  if (what === 'about')
    return ifKnown(readAbout(body, body.gateway), (about) => ({ fact: 'about', site, machine, about }))
  return ifKnown(readState(body), (state) => ({ fact: 'state', site, machine, state }))
}

/** `GET /v1/machines`: a description and, where there is one, a state of each. */
export function readMachines(site: string, gateway: number, answer: unknown): (AboutFact | StateFact)[] | undefined {
  const machines = asRecord(answer)?.machines
  if (!Array.isArray(machines)) return undefined
  return machines.flatMap((given) => {
    const fields = asRecord(given) ?? {}
    const { id: machine } = fields
    if (typeof machine !== 'string' || !ID.test(machine)) return []
    const about = readAbout(fields, gateway)
    const state = readState(asRecord(fields.availability) ?? {})
    return [
      ...(about === undefined ? [] : [{ fact: 'about' as const, site, machine, about }]),
      ...(state === undefined ? [] : [{ fact: 'state' as const, site, machine, state }]),
    ]
  })
}

/**
 * `GET /v1/machines/{id}/calendar`, as a multirange. What is free from the begin of the answer is free since ever: that
 * begin is now by the clock of the gateway, which nobody has to share.
 */
export function readCalendar(answer: unknown): string | undefined {
  const { from, availableTimeslots: slots } = asRecord(answer) ?? {}
  if (!isTime(from) || !Array.isArray(slots)) return undefined
  const ranges = slots.map((slot) => {
    const { startFrom, endBefore } = asRecord(slot) ?? {}
    if (!isTime(startFrom) || !isTime(endBefore) || endBefore <= startFrom) return undefined
    return `[${startFrom === from ? '' : startFrom},${endBefore})`
  })
  return ranges.includes(undefined) ? undefined : `{${ranges.join()}}`
}

function readStatus(site: string, gateway: number, { online, at, asOf }: Fields): Fact | undefined {
  if (typeof online !== 'boolean') return undefined
  const ageMs = isTime(at) && isTime(asOf) ? Math.max(0, Date.parse(at) - Date.parse(asOf)) : 0
  return { fact: 'beat', site, gateway, online, ageMs }
}

function readEvent(site: string, machine: string | undefined, { seq, prevSeq, kind }: Fields): Fact | undefined {
  if (!isSequence(seq) || (prevSeq !== null && !isSequence(prevSeq)) || typeof kind !== 'string') return undefined
  return { fact: 'event', site, ...(machine === undefined ? {} : { machine }), seq, prevSeq, what: kind }
}

function readAbout({ kind, name, capabilities, location }: Fields, gateway: unknown): About | undefined {
  if (!isSequence(gateway) || gateway > 99) return undefined
  const { latitude, longitude } = asRecord(location) ?? {}
  const isPlaced = isWithin(latitude, 90) && isWithin(longitude, 180)
  const names = Object.entries(asRecord(name) ?? {}).slice(0, MOST_ITEMS)
  return {
    gateway,
    ...(typeof kind === 'string' && ID.test(kind) ? { kind } : {}),
    name: Object.fromEntries(names.map(([language, text]) => [clean(language), clean(text)])),
    capabilities: Array.isArray(capabilities) ? capabilities.slice(0, MOST_ITEMS).map(clean) : [],
    ...(isPlaced ? { latitude, longitude } : {}),
  }
}

function readState({ state, reason, freeAt, asOf, maxAgeMs }: Fields): State | undefined {
  if (typeof state !== 'string' || !STATES.includes(state) || !isSequence(maxAgeMs)) return undefined
  return {
    state,
    maxAgeMs: Math.min(maxAgeMs, MOST_AGE_MS),
    ...(reason === undefined ? {} : { reason: clean(reason) }),
    ...(isTime(freeAt) ? { freeAt } : {}),
    ...(isTime(asOf) ? { asOf } : {}),
  }
}

function parse(text: string): Fields | undefined {
  try {
    return asRecord(JSON.parse(text))
  } catch {
    return undefined
  }
}

const ifKnown = <T, F>(value: T | undefined, then: (value: T) => F) => (value === undefined ? undefined : then(value))

/** A day that no month has is a time to JavaScript, and none to PostgreSQL. */
function isTime(value: unknown): value is string {
  if (typeof value !== 'string' || !TIME.test(value)) return false
  const ms = Date.parse(value)
  return ms > FIRST_MS && new Date(ms).toISOString() === value
}

const isSequence = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isWithin = (value: unknown, most: number): value is number => typeof value === 'number' && Math.abs(value) <= most

/** PostgreSQL takes neither a NUL nor half a surrogate pair. */
const clean = (text: unknown): string => String(text).slice(0, MOST_CHARS).toWellFormed().replaceAll('\0', '')
