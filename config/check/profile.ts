/**
 * What no schema can say about a profile: addresses against the adapter's schema, names that must exist, types that
 * fit their use. Faults go to the profile's document. Pure. Read next: meter.ts, machine.ts (how a site uses it).
 */
import { type Protocol, protocols } from '../../adapters/registry.ts'
import { type ConfigDocument, isRecord, type Path } from '../document/document.ts'
import type { ProfileDraft } from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { validate } from '../document/validate.ts'
import { milliseconds } from '../schema/field.ts'
import { profileSchema } from '../schema/profile-schema.ts'
import { type Address, checkAddress } from './address.ts'
import { checkComposed } from './composed.ts'
import { checkInterlockAddresses } from './interlock-address.ts'
import { checkMeters } from './meter.ts'
import { checkSettings } from './setting.ts'
import { isBool, isCode, needType, type Subject, signalOf } from './signal.ts'
import { checkStateRule } from './state.ts'

/** Validates the whole profile; the result has its defaults, in the addresses too. `tickMs` is the shortest poll. */
export function checkProfile(document: ConfigDocument, name: string, tickMs: number): ProfileDraft {
  const judge = { ...document, env: {} }
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
  const addresses = new Map<string, Address>()
  const signals: Record<string, unknown> = {}
  for (const [key, signal] of Object.entries(draft.signals ?? {})) {
    if (signal === undefined) continue
    const address = signal.address === undefined ? undefined : addressOf(document, protocol, signal.address, key)
    signals[key] = { ...signal, address }
    if (isRecord(address)) addresses.set(key, address)
  }
  const subject = { document, protocol, addresses }
  for (const [key, address] of addresses) checkAddress(document, address, ['signals', key, 'address'])
  checkComposed(subject, draft)
  checkState(subject, draft)
  checkMeters(subject, draft)
  checkSettings(subject, draft)
  const interlock = checkInterlockAddresses(document, draft, protocol)
  const limits = checkLimits(subject, draft)
  return {
    ...draft,
    signals: signals as ProfileDraft['signals'],
    ...(interlock ? { interlock } : {}),
    ...(limits === undefined ? {} : { limits }),
  }
}

/** The address of a signal with its defaults; a point is one by its name. */
function addressOf(document: ConfigDocument, protocol: Protocol, given: unknown, key: string): unknown {
  const { addressSchema, points } = protocols[protocol]
  const path = ['signals', key, 'address']
  const judge = { ...document, env: {} }
  if (points === undefined || !isRecord(given) || !Object.hasOwn(given, 'point'))
    return validate(addressSchema, given, path, judge)
  const named = validate(points.schema, given, path, judge)
  if (!isRecord(named) || named.models === undefined || named.point === undefined) return undefined
  const found = points.addressOf(named)
  if (!Array.isArray(found)) return found
  const advice = found.length === 0 ? 'use table, address and type in its place' : suggest(String(named.point), found)
  const which = `model ${(named.models as number[]).join(', ')}`
  document.fault(
    [...path, found.length === 0 ? 'models' : 'point'],
    'point-unknown',
    found.length === 0
      ? `the points of ${which} are not known together`
      : `${which} has no point "${String(named.point)}"`,
    advice,
  )
  return undefined
}

function checkLimits(subject: Subject, { limits }: ProfileDraft): unknown {
  const { document, protocol } = subject
  if (limits === undefined) return undefined
  const schema = protocols[protocol].limitsSchema
  if (schema === undefined) {
    document.fault(['limits'], 'limits-protocol', `a device of ${protocol} says its limits itself`, 'remove it', 'key')
    return undefined
  }
  const found = validate(schema, limits, ['limits'], { ...document, env: {} })
  const { alone = [] } = (found ?? {}) as { readonly alone?: readonly string[] }
  for (const [index, name] of alone.entries()) signalOf(subject, name, ['limits', 'alone', index])
  return found
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

/* ───────────────────────────── state ───────────────────────────── */

function checkState(subject: Subject, draft: ProfileDraft): void {
  if (draft.state) checkStateRule(subject.document, draft.state, ['state'], (...signal) => needType(subject, ...signal))
  needType(subject, draft.mode?.signal, ['mode', 'signal'], isCode, 'a whole number, a text or a node id')
  needType(subject, draft.emergencyStop, ['emergencyStop'], isBool, 'type bool')
  needType(subject, draft.fault, ['fault'], isBool, 'type bool')
}
