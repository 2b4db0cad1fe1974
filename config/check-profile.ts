/**
 * What no schema can say about a profile: addresses against the adapter's schema, names that must exist, types that
 * fit their use, counters that cannot wrap unseen. Faults go to the profile's document. Pure.
 * Read next: check-machine.ts (how a site uses it).
 */
import { type Protocol, protocols } from '../adapters/registry.ts'
import { type Address, checkAddress, overlap } from './check-address.ts'
import type { ConfigDocument, Path } from './document.ts'
import type { ProfileDraft } from './draft.ts'
import { profileSchema } from './schema.ts'
import { suggest } from './suggest.ts'
import { isRecord, milliseconds, validate } from './validate.ts'

type Subject = {
  readonly document: ConfigDocument
  readonly protocol: Protocol
  readonly addresses: ReadonlyMap<string, Address>
}

/** Validates the whole profile; what it returns has its defaults, also in the addresses. `tickMs`: shortest poll. */
export function checkProfile(document: ConfigDocument, name: string, tickMs: number): ProfileDraft {
  const judge = { env: {}, fault: document.fault }
  const draft = validate(profileSchema, document.value, [], judge) as ProfileDraft | undefined
  if (draft === undefined) return {}
  if (draft.profile !== undefined && draft.profile !== name) {
    document.fault(
      ['profile'],
      'profile-name',
      `the profile calls itself "${draft.profile}" in a file named ${name}.yaml`,
      'make both the same',
    )
  }
  checkPolls(document, draft, tickMs)
  const protocol = protocolOf(draft)
  if (protocol === undefined) return draft
  const schema = protocols[protocol].addressSchema
  const addresses = new Map<string, Address>()
  const signals: Record<string, unknown> = {}
  for (const [key, signal] of Object.entries(draft.signals ?? {})) {
    if (signal === undefined) continue
    const address =
      signal.address === undefined ? undefined : validate(schema, signal.address, ['signals', key, 'address'], judge)
    signals[key] = { ...signal, address }
    if (isRecord(address)) addresses.set(key, address)
  }
  const subject = { document, protocol, addresses }
  for (const [key, address] of addresses) checkAddress(document, address, ['signals', key, 'address'])
  checkState(subject, draft)
  checkMeters(subject, draft)
  const interlock = checkInterlock(document, draft, protocol)
  return { ...draft, signals: signals as ProfileDraft['signals'], ...(interlock ? { interlock } : {}) }
}

export function protocolOf(draft: ProfileDraft): Protocol | undefined {
  const { protocol } = draft
  return protocol !== undefined && Object.hasOwn(protocols, protocol) ? (protocol as Protocol) : undefined
}

function checkPolls(document: ConfigDocument, draft: ProfileDraft, tickMs: number): void {
  const check = (poll: string | undefined, path: Path) => {
    if (poll === undefined || milliseconds(poll) >= tickMs) return
    document.fault(
      path,
      'poll-too-fast',
      `poll is ${poll}, and polls start every ${Math.ceil(tickMs)} ms`,
      `write at least ${Math.ceil(tickMs)}ms, or raise bounds.ticksPerSecond in the site file`,
    )
  }
  for (const [key, signal] of Object.entries(draft.signals ?? {})) check(signal?.poll, ['signals', key, 'poll'])
  check(draft.interlock?.poll, ['interlock', 'poll'])
}

/* ───────────────────────────── signals by name ───────────────────────────── */

/** What each type counts to, plus one. */
const COUNTS: Readonly<Record<string, bigint>> = {
  u16: 2n ** 16n,
  s16: 2n ** 15n,
  i16: 2n ** 15n,
  u32: 2n ** 32n,
  s32: 2n ** 31n,
  i32: 2n ** 31n,
  u64: 2n ** 64n,
  s64: 2n ** 63n,
  i64: 2n ** 63n,
  bcd16: 10n ** 4n,
  bcd32: 10n ** 8n,
}
const isInteger = (type: string | undefined) => Object.hasOwn(COUNTS, type ?? '')
const isNumber = (type: string | undefined) => isInteger(type) || type === 'f32' || type === 'f64'

/** The address of a named signal; complains when there is none of that name. */
function signalOf(subject: Subject, name: string | undefined, path: Path): Address | undefined {
  if (name === undefined) return undefined
  const { document, addresses } = subject
  const known = isRecord(document.value) && isRecord(document.value.signals) ? Object.keys(document.value.signals) : []
  if (!known.includes(name)) {
    document.fault(
      path,
      'signal-unknown',
      `the profile has no signal "${name}"`,
      suggest(name, known, 'add it under signals'),
    )
    return undefined
  }
  return addresses.get(name)
}

function needType(
  subject: Subject,
  name: string | undefined,
  path: Path,
  allowed: (type: string) => boolean,
  words: string,
): void {
  const type = signalOf(subject, name, path)?.type
  if (type === undefined || allowed(type)) return
  subject.document.fault(path, 'signal-type', `the signal "${name}" has type ${type}`, `this needs ${words}`)
}

const isBool = (type: string) => type === 'bool'

function checkState(subject: Subject, draft: ProfileDraft): void {
  const rule = draft.state
  if (rule?.kind === 'map') needType(subject, rule.signal, ['state', 'signal'], isInteger, 'a whole number')
  if (rule?.kind === 'threshold') {
    needType(subject, rule.signal, ['state', 'signal'], isNumber, 'a number')
    if (rule.below !== undefined && rule.above !== undefined && rule.below >= rule.above) {
      subject.document.fault(
        ['state', 'below'],
        'threshold-order',
        `below is ${rule.below} and above is ${rule.above}`,
        'make below lower, so that noise does not switch the state',
      )
    }
  }
  if (rule?.kind === 'priority') {
    rule.rules?.forEach((item, index) => {
      needType(subject, item?.when, ['state', 'rules', index, 'when'], isBool, 'type bool')
    })
  }
  needType(subject, draft.mode?.signal, ['mode', 'signal'], isInteger, 'a whole number')
  needType(subject, draft.emergencyStop, ['emergencyStop'], isBool, 'type bool')
  needType(subject, draft.fault, ['fault'], isBool, 'type bool')
}

function checkMeters(subject: Subject, draft: ProfileDraft): void {
  const { fault } = subject.document
  for (const [key, meter] of Object.entries(draft.meters ?? {})) {
    if (meter?.kind !== 'register') continue
    const path = ['meters', key]
    const type = signalOf(subject, meter.signal, [...path, 'signal'])?.type
    const counts = COUNTS[type ?? '']
    if (type !== undefined && counts === undefined) {
      fault(
        [...path, 'signal'],
        'meter-type',
        `the signal "${meter.signal}" has type ${type}, which cannot count exactly`,
        'use an integer register of the device; without one there is nothing to bill from',
      )
    }
    const wrapAt = meter.wrapAt === undefined ? undefined : BigInt(meter.wrapAt)
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

function checkRate(
  fault: ConfigDocument['fault'],
  path: Path,
  maxRate: string | undefined,
  wrapAt: bigint | undefined,
  poll: string | undefined,
): void {
  if (maxRate === undefined) return
  const rate = BigInt(maxRate)
  if (rate === 0n)
    fault(
      [...path, 'maxRate'],
      'meter-rate',
      'maxRate is 0: every count would be out of range',
      'write the most counts a second the machine can make',
    )
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

/* ───────────────────────────── interlock ───────────────────────────── */

const TO_PLC_WORDS = 16
export const FROM_PLC_WORDS = 18

function checkInterlock(document: ConfigDocument, draft: ProfileDraft, protocol: Protocol): ProfileDraft['interlock'] {
  const { interlock } = draft
  if (interlock === undefined) return undefined
  const block = (key: 'toPlc' | 'fromPlc', count: number): Address | undefined => {
    const path = ['interlock', key]
    if (interlock[key] === undefined) return undefined
    const address = validate(protocols[protocol].addressSchema, interlock[key], path, {
      env: {},
      fault: document.fault,
    })
    if (!isRecord(address)) return undefined
    const found: Address = address
    if (found.type !== undefined && (found.type !== 'words' || found.count !== count)) {
      document.fault(
        path,
        'interlock-block',
        `${key} is ${found.count ?? 1} of type ${found.type}`,
        `the lease block needs type words, count ${count}`,
      )
    } else checkAddress(document, found, path)
    const writable =
      found.table === undefined || found.table === 'holding' || (key === 'fromPlc' && found.table === 'input')
    if (!writable)
      document.fault(
        [...path, 'table'],
        'interlock-block',
        `${key} is in table ${found.table}`,
        key === 'toPlc' ? 'only holding registers can be written as a block' : 'use holding or input registers',
      )
    return found
  }
  const toPlc = block('toPlc', TO_PLC_WORDS)
  const fromPlc = block('fromPlc', FROM_PLC_WORDS)
  if (toPlc && fromPlc && overlap(toPlc, fromPlc)) {
    document.fault(
      ['interlock', 'fromPlc'],
      'interlock-block',
      'toPlc and fromPlc overlap',
      'give each a place of its own',
    )
  }
  return { ...interlock, toPlc, fromPlc }
}
