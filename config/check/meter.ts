/**
 * What no schema can say about meters: that signals can count, and that no counter wraps or is exchanged unseen. Pure.
 * Read next: gateway/core/meter/meter.ts (how they are counted).
 */

import type { ConfigDocument, Path } from '../document/document.ts'
import type { ProfileDraft } from '../document/draft.ts'
import { milliseconds } from '../schema/field.ts'
import { checkRatio } from './composed.ts'
import { COUNTS, isBool, isInteger, isNumber, needType, type Subject, signalOf } from './signal.ts'
import { rightPerCount } from './unit.ts'

export function checkMeters(subject: Subject, draft: ProfileDraft): void {
  const { fault } = subject.document
  for (const [key, meter] of Object.entries(draft.meters ?? {})) {
    const path = ['meters', key]
    if (meter?.kind === 'edges') needType(subject, meter.signal, [...path, 'signal'], isBool, 'type bool')
    if (meter?.kind === 'integral') {
      needType(subject, meter.signal, [...path, 'signal'], isNumber, 'a number')
      if (meter.maxRate !== undefined && BigInt(meter.maxRate) === 0n) noRate(fault, path)
    }
    if (meter?.kind !== 'register') continue
    const type = signalOf(subject, meter.signal, [...path, 'signal'])?.type
    const counts = COUNTS[type ?? '']
    checkCounts(fault, path, meter, type)
    if (meter.finer && meter.resolution === undefined)
      fault([...path, 'finer'], 'meter-type', 'finer without resolution', 'add resolution: the step to count in')
    if (meter.resolution !== undefined && meter.signal !== undefined) {
      const { scale = 1, offset = 0 } = draft.signals?.[meter.signal] ?? {}
      if (scale !== 1 || offset !== 0)
        fault(
          [...path, 'resolution'],
          'meter-type',
          `resolution of a signal with scale ${scale} and offset ${offset}`,
          'leave both out: a scaled float no longer shows whole steps; say with perCount what a step is worth',
        )
    }
    if (counts !== undefined || type === 'steps' || meter.resolution !== undefined)
      checkUnit(fault, path, meter, draft.signals?.[meter.signal ?? ''])
    checkIdentity(subject, draft, path, meter)
    checkRatio(subject, draft, path, meter)
    const wrapAt = meter.wrapAt === undefined || meter.wrapAt === 'unknown' ? undefined : BigInt(meter.wrapAt)
    noteCounter(subject.document, path, key, meter)
    const wraps = wrapAt === undefined || (wrapAt >= 2n && (counts === undefined || wrapAt <= counts))
    if (!wraps) {
      const holds = counts === undefined ? 'counts further' : `holds up to ${counts - 1n}`
      fault(
        [...path, 'wrapAt'],
        'meter-wrap',
        `wrapAt is ${wrapAt}, and a ${type ?? 'counter'} ${holds}`,
        'write the highest value the device shows, plus one; leave it out if it never wraps',
      )
    }
    const poll = meter.signal === undefined ? undefined : draft.signals?.[meter.signal]?.poll
    checkRate(fault, path, meter.maxRate, wraps ? wrapAt : undefined, poll)
  }
}

type MeterDraft = NonNullable<NonNullable<ProfileDraft['meters']>[string]>
type RegisterDraft = Extract<MeterDraft, { readonly kind?: 'register' | undefined }>

/** From so many of the smallest units on a step is worth saying: a session may use less, and shows none. */
const COARSE: Readonly<Record<string, bigint>> = {
  Wh: 1000n,
  mWh: 1_000_000n,
  l: 1000n,
  ml: 1_000_000n,
  ms: 3_600_000n,
}

/** What a person should know before the meter is billed by. */
function noteCounter(document: ConfigDocument, path: Path, name: string, meter: RegisterDraft): void {
  const { resets, unit = '', perCount = 1 } = meter
  if (resets === 'by-write' || resets === 'per-job')
    document.note(
      [...path, 'resets'],
      'meter-clearable',
      resets === 'by-write'
        ? `anybody who can write to the device can clear "${name}"`
        : `"${name}" begins anew with each job`,
      'what was made since the last poll is lost then: poll it often, or count a total that is not cleared',
    )
  const coarse = COARSE[unit]
  if (coarse !== undefined && BigInt(perCount) >= coarse)
    document.note(
      [...path, 'perCount'],
      'meter-coarse',
      `a step of "${name}" is ${perCount} ${unit}: a session that uses less may show none, or one`,
      'count a finer register, or bill this machine by time',
    )
}

/** A counter is an integer, or a float whose steps are named. */
function checkCounts(fault: ConfigDocument['fault'], path: Path, meter: RegisterDraft, type: string | undefined): void {
  if (type === undefined) return
  const isFloat = type === 'f32' || type === 'f64'
  if (isFloat && meter.resolution === undefined)
    fault(
      [...path, 'signal'],
      'meter-type',
      `the signal "${meter.signal}" has type ${type}, which cannot count exactly`,
      'use an integer register of the device, or add resolution: the step the device counts in',
    )
  else if (!isFloat && !isInteger(type))
    fault(
      [...path, 'signal'],
      'meter-type',
      `the signal "${meter.signal}" has type ${type}, which does not count`,
      'use an integer register of the device; without one there is nothing to bill from',
    )
  else if (!isFloat && meter.resolution !== undefined)
    fault(
      [...path, 'resolution'],
      'meter-type',
      `resolution with type ${type}`,
      'only a float needs it; say with perCount what a count is worth',
    )
}

/** What the signal says of a count against what the meter makes of it. */
function checkUnit(
  fault: ConfigDocument['fault'],
  path: Path,
  { unit, perCount, resolution }: RegisterDraft,
  signal: NonNullable<ProfileDraft['signals']>[string] | undefined,
): void {
  if (unit === undefined || perCount === undefined || signal?.unit === undefined) return
  const ofComposed = signal.from !== undefined && 'step' in signal.from ? signal.from.step : undefined
  const step = resolution ?? ofComposed ?? String(signal.scale ?? 1)
  const right = rightPerCount({ step, signalUnit: signal.unit, perCount: BigInt(perCount), unit })
  if (right === undefined) return
  const count = `a count is ${step} ${signal.unit} by its signal`
  if (right === 'other-kind')
    fault([...path, 'unit'], 'meter-unit', `${count}, and the meter counts ${unit}`, 'write a unit of the same kind')
  else if (right === 'not-whole')
    fault([...path, 'unit'], 'meter-unit', `${count}, which is no whole number of ${unit}`, 'write a smaller unit')
  else
    fault(
      [...path, 'perCount'],
      'meter-unit',
      `${count}, and ${perCount} ${unit} by its meter`,
      `write perCount: ${right}, or correct the ${resolution !== undefined ? 'resolution' : ofComposed !== undefined ? 'step' : 'scale'} or the unit`,
    )
}

/** An exchange between two readings of the counter must be seen before the second is counted. */
function checkIdentity(subject: Subject, draft: ProfileDraft, path: Path, meter: RegisterDraft): void {
  if (meter.identity === undefined) return
  const isIdentity = (type: string) => isInteger(type) || type === 'string' || type === 'text' || type === 'steps'
  needType(subject, meter.identity, [...path, 'identity'], isIdentity, 'a whole number or a string')
  const pollMs = (name: string | undefined) =>
    milliseconds((name === undefined ? undefined : draft.signals?.[name]?.poll) ?? '1s')
  if (meter.signal === undefined || pollMs(meter.identity) <= pollMs(meter.signal)) return
  subject.document.fault(
    [...path, 'identity'],
    'meter-identity',
    `the signal "${meter.identity}" is read every ${pollMs(meter.identity)} ms, its counter every ${pollMs(meter.signal)} ms`,
    'poll it as often as the counter, so that an exchange is seen before it is counted',
  )
}

function noRate(fault: ConfigDocument['fault'], path: Path): void {
  fault(
    [...path, 'maxRate'],
    'meter-rate',
    'maxRate is 0: everything would be out of range',
    'write the most the machine can make',
  )
}

function checkRate(
  fault: ConfigDocument['fault'],
  path: Path,
  maxRate: string | undefined,
  wrapAt: bigint | undefined,
  poll: string | undefined,
): void {
  if (maxRate === undefined) return
  const rate = BigInt(maxRate)
  if (rate === 0n) noRate(fault, path)
  const pollMs = BigInt(milliseconds(poll ?? '1s'))
  if (wrapAt !== undefined && rate * pollMs * 2n >= wrapAt * 1000n) {
    fault(
      [...path, 'maxRate'],
      'meter-rate',
      `at ${rate} a second the counter can wrap between two polls of ${pollMs} ms`,
      'poll the signal more often, or lower maxRate to what the machine can really make',
    )
  }
}
