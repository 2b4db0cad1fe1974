/**
 * What goes into InfluxDB: points of four measurements. Pure. They are a view, never evidence.
 *
 *   availability  site machine                        state reason access itemState mode clock seq
 *   session       site machine                        event session stoppedReason durationMs use_{alias.name} clock seq
 *   meter         site machine meter unit origin      total raw epoch clock seq (ledger) · change delta account (named)
 *   signal        site machine signal unit            value (float) | bool | text, quality
 *
 * A field keeps its type for ever, so that no write conflicts: what does not fit the type goes to a text field.
 * Booking, session and tenant are no tags. The time is fixed at commit, so that a repeat overwrites.
 */
import type { Entry, Json, JsonObject } from '../../core/ground/entry.ts'
import { cutText } from '../../core/ground/text.ts'
import { timeNs } from '../../ledger/store/read-entries.ts'
import type { Sample, SampleValue } from '../../live/sample.ts'
import { splitPoint } from './topics.ts'

/** A 64-bit integer; `toString()` is its line protocol. */
type IntegerField = { toString(): string }
type Field = string | number | boolean | IntegerField

export type InfluxPoint = {
  readonly measurement: 'availability' | 'session' | 'meter' | 'signal'
  readonly tags: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, Field>>
  /** Decimal ns. */
  readonly timestamp: string
}

/** Points of an entry: none, one, or one per meter. */
export function entryPoints(site: string, entry: Entry): InfluxPoint[] {
  const { machine, kind } = entry
  if (machine === undefined) return []
  const { data } = entry.body
  const tags = { site, machine }
  switch (kind) {
    case 'AvailabilityChanged':
      return points('availability', tags, entry.timeNs, {
        state: text(data.to),
        // Empty when there is none, or a query for the last value would find that of an older state.
        reason: text(data.reason) ?? '',
        access: text(data.access),
        itemState: text(data.itemState),
        mode: text(data.mode),
        clock: entry.body.clock,
        ...integer('seq', entry.seq),
      })
    case 'MeterSampled':
    case 'MeterChanged':
      return meterPoints(site, entry)
    case 'UnlockConfirmed':
    case 'SessionEnded':
      return [...sessionPoint(tags, entry), ...meterPoints(site, entry)]
    case 'UnlockIntended':
    case 'UnlockRefused':
    case 'UnlockUnconfirmed':
    case 'SessionSuspended':
    case 'SessionResumed':
    case 'SessionWarned':
    case 'SessionFinishing':
      return sessionPoint(tags, entry)
    default:
      return []
  }
}

/** What an entry says of meters, one object each. */
export function readingsOf({ kind, body: { data } }: Entry): JsonObject[] {
  switch (kind) {
    case 'MeterSampled':
      return list(data.meters)
    case 'MeterChanged':
      return [{ ...data, raw: data.to ?? null }]
    case 'UnlockConfirmed':
      return list(data.begin)
    case 'SessionEnded':
      return list(data.end)
    default:
      return []
  }
}

export function samplePoints(site: string, sample: Sample): InfluxPoint[] {
  const [machine, point] = splitPoint(sample.id)
  const timestamp = timeNs(sample.atMs, sample.n)
  const unit = sample.unit === undefined ? {} : { unit: sample.unit }
  if (sample.kind === 'meter') {
    const tags = { site, machine, meter: point, ...unit, origin: 'live' }
    return points('meter', tags, timestamp, integer('total', sample.value))
  }
  const tags = { site, machine, signal: point, ...unit }
  return points('signal', tags, timestamp, { ...signalFields(sample.value), quality: sample.quality })
}

function signalFields(value: SampleValue | undefined): Record<string, Field> {
  if (value === undefined) return {}
  if (typeof value === 'boolean') return { bool: value }
  if (typeof value === 'number') return { value }
  // A whole number beyond a double: the nearest one for the curve, the exact one as text.
  return DIGITS.test(value) ? { value: Number(value), text: value } : { text: value }
}

function sessionPoint(tags: Record<string, string>, entry: Entry): InfluxPoint[] {
  const { data } = entry.body
  const startedMs = millis(data.startedAt)
  const endedMs = millis(data.endedAt)
  const use = list(data.use).flatMap(({ meter, quantity }) => {
    const name = text(meter)
    return name === undefined ? [] : Object.entries(integer(`use_${splitPoint(name)[1]}`, quantity))
  })
  return points('session', tags, entry.timeNs, {
    event: entry.kind,
    session: entry.session,
    stoppedReason: text(data.stoppedReason),
    ...(startedMs === undefined || endedMs === undefined ? {} : integer('durationMs', endedMs - startedMs)),
    ...Object.fromEntries(use),
    clock: entry.body.clock,
    ...integer('seq', entry.seq),
  })
}

function meterPoints(site: string, entry: Entry): InfluxPoint[] {
  return readingsOf(entry).flatMap((meter) => {
    const name = text(meter.meter)
    if (name === undefined) return []
    const [machine, point] = splitPoint(name)
    const unit = text(meter.unit)
    const tags = { site, machine, meter: point, ...(unit === undefined ? {} : { unit }), origin: 'ledger' }
    return points('meter', tags, entry.timeNs, {
      ...integer('total', meter.total),
      ...integer('raw', meter.raw),
      ...integer('epoch', meter.epoch),
      ...integer('delta', meter.delta),
      change: text(meter.change),
      account: text(meter.account),
      clock: entry.body.clock,
      ...integer('seq', entry.seq),
    })
  })
}

function points(
  measurement: InfluxPoint['measurement'],
  tags: Readonly<Record<string, string>>,
  timestamp: string,
  fields: Readonly<Record<string, Field | undefined>>,
): InfluxPoint[] {
  const clean: Record<string, Field> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (field === undefined || (typeof field === 'number' && !Number.isFinite(field))) continue
    clean[name] = typeof field === 'string' ? plain(field) : field
  }
  if (Object.keys(clean).length === 0) return []
  const named: Record<string, string> = {}
  for (const [name, tag] of Object.entries(tags)) {
    // A backslash at the end of a tag would escape what follows it.
    const value = plain(tag).replaceAll('\\', '/').trim()
    if (value !== '') named[name] = value
  }
  return [{ measurement, tags: named, fields: clean, timestamp }]
}

const MAX_TEXT = 4_096
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
const DIGITS = /^-?\d+$/

/** Exact, as `{name: 123i}`; beyond a signed 64-bit integer as `{nameText: "123"}`; nothing when it is no integer. */
function integer(name: string, value: unknown): Record<string, Field> {
  if (Number.isSafeInteger(value)) return { [name]: { toString: () => `${value}i` } }
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  if (!DIGITS.test(digits)) return {}
  const exact = BigInt(digits)
  if (exact > INT64_MAX || exact < INT64_MIN) return { [`${name}Text`]: digits }
  return { [name]: { toString: () => `${exact}i` } }
}

/** Without control characters: a newline would end the line. Most texts have none. */
function plain(value: string): string {
  if (value.length <= MAX_TEXT && !/\p{Cc}/u.test(value)) return value
  return cutText(value, MAX_TEXT).replace(/\p{Cc}/gu, ' ')
}

export function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** RFC 3339 or UTC ms. */
function millis(value: Json | undefined): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : value
  return typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined
}

function list(value: Json | undefined): JsonObject[] {
  if (!Array.isArray(value)) return []
  return value.filter((item): item is JsonObject => item !== null && typeof item === 'object' && !Array.isArray(item))
}
