/**
 * What no schema can say about composed signals: that their parts exist, are read together and can make the value, and
 * that a counter whose ratio stands in a register is not counted across a change of it. Pure.
 * Read next: meter.ts, gateway/core/meter/composed.ts (how they are made).
 */
import { isRecord, type Path } from '../document/document.ts'
import type { ProfileDraft } from '../document/draft.ts'
import { milliseconds } from '../schema/field.ts'
import type { Address } from './address.ts'
import { isBool, isInteger, isNumber, type Subject, signalOf } from './signal.ts'

type SignalDraft = NonNullable<NonNullable<ProfileDraft['signals']>[string]>
type ComposedDraft = NonNullable<SignalDraft['from']>

/** What a composed value of numbers may say of its steps. */
const stepsOf = (from: ComposedDraft) => from as { readonly step?: string; readonly resolution?: string }

/** Names with their paths below `from`. */
type Named = readonly (readonly [name: string, path: Path])[]

/** Types of the composed signals are added to `addresses`, so that what rests on them finds them there. */
export function checkComposed(
  subject: Subject & { readonly addresses: Map<string, Address> },
  draft: ProfileDraft,
): void {
  for (const [key, signal] of Object.entries(draft.signals ?? {})) {
    if (signal === undefined) continue
    checkPlace(subject, key)
    if (signal.from !== undefined && signal.from.kind !== undefined) subject.addresses.set(key, typeOf(signal.from))
  }
  for (const [key, signal] of Object.entries(draft.signals ?? {})) {
    if (signal?.from?.kind === undefined) continue
    if (isCircle(draft, key))
      subject.document.fault(
        ['signals', key, 'from'],
        'composed-signal',
        `"${key}" is made of itself`,
        'name signals that are read from the device',
        'key',
      )
    else checkParts(subject, draft, key, signal)
  }
}

/** `steps` are whole and count; a `number` is only shown. */
function typeOf(from: ComposedDraft): Address {
  if (from.kind === 'time' || from.kind === 'text') return { type: 'string' }
  return { type: stepsOf(from).step === undefined ? 'number' : 'steps' }
}

/** A signal is read at its address, or made of others; of a made one nothing is scaled. */
function checkPlace({ document }: Subject, key: string): void {
  const path = ['signals', key]
  const { signals } = document.value as { readonly signals?: Readonly<Record<string, unknown>> }
  const written = signals?.[key]
  if (!isRecord(written)) return
  const has = (name: string) => Object.hasOwn(written, name)
  if (!has('from')) {
    if (has('address')) return
    return document.fault(path, 'missing-key', `"address" is missing in "${path.join('.')}"`, 'add it, or from', 'key')
  }
  for (const name of ['address', 'scale', 'offset', 'unavailable'])
    if (has(name))
      document.fault(
        [...path, name],
        'composed-signal',
        `"${key}" is made of other signals and has ${name === 'offset' ? 'an' : 'a value of'} ${name}`,
        'write it at the signals that it is made of',
        'key',
      )
}

function partsOf(from: ComposedDraft): Named {
  const list = (key: 'add' | 'subtract' | 'times' | 'of', names: readonly (string | undefined)[] | undefined) =>
    (names ?? []).flatMap((name, index) => (name === undefined ? [] : [[name, [key, index]] as const]))
  const one = (...path: string[]) => {
    let at: unknown = from
    for (const step of path) at = isRecord(at) ? at[step] : undefined
    return typeof at === 'string' ? [[at, path] as const] : []
  }
  switch (from.kind) {
    case 'sum':
      return [...list('add', from.add), ...list('subtract', from.subtract)]
    case 'product':
      return [...one('of'), ...list('times', from.times), ...one('tenTo'), ...one('tenToMinus'), ...one('by', 'signal')]
    case 'sign':
      return [...one('of'), ...one('negative')]
    case 'time':
      return ['year', 'month', 'day', 'hour', 'minute', 'second'].flatMap((field) => one(field))
    case 'text':
      return list('of', from.of)
    default:
      return []
  }
}

function isCircle({ signals }: ProfileDraft, key: string): boolean {
  const seen = new Set<string>()
  const below = [key]
  for (let name = below.pop(); name !== undefined; name = below.pop()) {
    const from = signals?.[name]?.from
    for (const [part] of from === undefined ? [] : partsOf(from)) {
      if (part === key) return true
      if (!seen.has(part)) below.push(part)
      seen.add(part)
    }
  }
  return false
}

function checkParts(subject: Subject, draft: ProfileDraft, key: string, signal: SignalDraft): void {
  const { fault } = subject.document
  const from = signal.from!
  const path = ['signals', key, 'from']
  const parts = partsOf(from)
  for (const [name, below] of parts) {
    const type = signalOf(subject, name, [...path, ...below])?.type
    const part = draft.signals?.[name]
    if (type === undefined || part === undefined) continue
    const problem = whyNot(from, below, type, part)
    if (problem !== undefined)
      fault([...path, ...below], 'composed-type', `the signal "${name}" has type ${type}`, problem)
    if (milliseconds(part.poll ?? '1s') !== milliseconds(signal.poll ?? '1s'))
      fault(
        [...path, ...below],
        'composed-poll',
        `"${name}" is read every ${part.poll}, and "${key}" every ${signal.poll}`,
        'give both the same poll: what makes one value is read in one cycle',
      )
    if (from.kind === 'sum' && part.unit !== signal.unit)
      fault(
        [...path, ...below],
        'composed-unit',
        `"${name}" is in ${part.unit ?? 'no unit'}, and its sum in ${signal.unit ?? 'none'}`,
        'give both the same unit; scale says what a count of each is worth',
      )
  }
}

/** What the part would have to be; undefined where it fits. */
function whyNot(from: ComposedDraft, [role]: Path, type: string, part: SignalDraft): string | undefined {
  if (from.kind === 'text') return undefined
  const isWhole = isInteger(type) && (role === 'by' || (part.scale ?? 1) % 1 === 0)
  if (from.kind === 'time' || role === 'tenTo' || role === 'tenToMinus' || role === 'by')
    return isWhole ? undefined : 'this needs a whole number'
  if (role === 'negative') return isBool(type) || isInteger(type) ? undefined : 'this needs a bit or a whole number'
  if (!isNumber(type)) return 'this needs a number'
  if (!isFloat(type)) return undefined
  const { step, resolution } = stepsOf(from)
  if (resolution !== undefined) {
    const isScaled = (part.scale ?? 1) !== 1 || (part.offset ?? 0) !== 0
    return isScaled ? 'with resolution leave out its scale and offset: a scaled float shows no whole steps' : undefined
  }
  return step === undefined ? undefined : 'with step add resolution: the step in which the float counts'
}

const isFloat = (type: string) => type === 'f16' || type === 'f32' || type === 'f64' || type === 'number'

/* ── counters ── */

/** A ratio that changes makes another counter of it: its meter must see that before it counts. */
export function checkRatio(
  { document }: Subject,
  draft: ProfileDraft,
  path: Path,
  { signal, identity }: { readonly signal?: string | undefined; readonly identity?: string | undefined },
): void {
  if (signal === undefined) return
  const held = identity === undefined ? new Set<string>() : allParts(draft, identity)
  const missing = [...ratiosOf(draft, signal)].filter((name) => !held.has(name))
  if (missing.length === 0) return
  document.fault(
    identity === undefined ? path : [...path, 'identity'],
    'meter-ratio',
    `a count of "${signal}" is worth what ${missing.join(' and ')} says, and a change of that would be counted`,
    `name as identity a signal from: { kind: text, of: [${missing.join(', ')}] }, with the serial number if there is one`,
    identity === undefined ? 'key' : 'value',
  )
}

function ratiosOf(draft: ProfileDraft, name: string): Set<string> {
  const found = new Set<string>()
  for (const part of allParts(draft, name)) {
    const from = draft.signals?.[part]?.from
    if (from?.kind === 'product') for (const [ratio, [role]] of partsOf(from)) if (role !== 'of') found.add(ratio)
  }
  return found
}

/** The signal itself, what it is made of, and what that is made of. */
function allParts(draft: ProfileDraft, name: string): Set<string> {
  const all = new Set([name])
  for (const one of all) {
    const from = draft.signals?.[one]?.from
    for (const [part] of from === undefined ? [] : partsOf(from)) all.add(part)
  }
  return all
}
