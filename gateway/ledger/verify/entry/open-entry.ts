/**
 * One entry as it was hashed: its text is parsed and checked, field by field. What is not known to this version is
 * refused where it could change the sums, and noted where it could not.
 * Pure. Read next: kinds.ts, parse-content.ts.
 */
import { isObject, parseCanonical } from '../../evidence/canonical.ts'
import { parseCount } from '../quantity.ts'
import type { Report } from '../report.ts'
import type { Content } from './content.ts'
import { isField, isKnown, isOfSession, isOpened } from './kinds.ts'
import { type Data, parseContent } from './parse-content.ts'

/** Where an entry stands and what it says. */
export type OpenedEntry = {
  readonly seq: number
  readonly kind: string
  /** Wall time, RFC 3339, UTC, ms. */
  readonly at: string
  /** Empty when the entry has none. */
  readonly machine: string
  readonly session: string
  readonly simulated: boolean
  readonly clock: string
  /** Undefined for a kind that says nothing about use. */
  readonly content: Content | undefined
}

const envelope: ReadonlySet<string> = new Set(
  'at boot clock data kind machine mono seq session simulated site v'.split(' '),
)
export const clocks: readonly string[] = ['synchronised', 'informative', 'relative', 'unknown']
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** RFC 3339, UTC, ms, of a day that the calendar has. */
export function isInstant(text: string): boolean {
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text
}

/** Undefined when the text is not an entry of this site at this place; the report then has a fault. */
export function openEntry(text: string, seq: number, site: string, report: Report): OpenedEntry | undefined {
  const parsed = parseCanonical(text)
  if (parsed.kind === 'refused') return report.fault('entry-malformed', parsed.reason, seq)
  const { kind, machine, session, simulated = false, at, clock, boot, mono, data, ...rest } = parsed.value
  if (rest.seq !== seq) return report.fault('sequence-wrong', `it says ${String(rest.seq)}`, seq)
  if (rest.site !== site) return report.fault('site-differs', String(rest.site), seq)
  if (typeof kind !== 'string' || !isKnown(kind)) return report.fault('kind-unknown', String(kind), seq)
  if (rest.v !== 1) return report.fault('version-unknown', `${kind} ${String(rest.v)}`, seq)
  const isTimed = typeof at === 'string' && isInstant(at) && typeof boot === 'string' && parseCount(mono) !== undefined
  const isNamed = isName(machine, kind) && isName(session, kind)
  if (!isTimed || !isNamed || !clocks.includes(String(clock)) || !isObject(data))
    return report.fault('entry-malformed', `${kind} lacks a field`, seq)
  if (simulated !== (parsed.value.simulated !== undefined))
    return report.fault('entry-malformed', 'simulated is true or absent', seq)
  for (const name of Object.keys(rest)) if (!envelope.has(name)) report.note('field-unknown', `${kind}: ${name}`, seq)
  const content = isOpened(kind) ? openContent(kind, data, seq, report) : undefined
  if (isOpened(kind) && content === undefined) return undefined
  const words = { at, machine: String(machine ?? ''), session: String(session ?? ''), clock: String(clock) }
  return { seq, kind, ...words, simulated: simulated === true, content }
}

/** The name of a machine or a session. Only entries about a session must have both. */
const isName = (value: unknown, kind: string): boolean =>
  value === undefined ? !isOfSession(kind) : typeof value === 'string' && value !== ''

function openContent(kind: Content['kind'], data: Data, seq: number, report: Report): Content | undefined {
  for (const name of Object.keys(data))
    if (!isField(kind, name)) report.note('field-unknown', `${kind}: data.${name}`, seq)
  return parseContent(kind, data) ?? report.fault('entry-malformed', `${kind} does not say what its kind says`, seq)
}
