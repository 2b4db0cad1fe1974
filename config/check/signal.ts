/** The signals of a profile by name, and what their types can do. Pure. Read next: profile.ts, meter.ts. */
import type { Protocol } from '../../adapters/registry.ts'
import { type ConfigDocument, isRecord, type Path } from '../document/document.ts'
import { suggest } from '../document/suggest.ts'
import type { Address } from './address.ts'

/** A profile under check, with its good addresses. */
export type Subject = {
  readonly document: ConfigDocument
  readonly protocol: Protocol
  readonly addresses: ReadonlyMap<string, Address>
}

/** The number of values of each type, from 0 up. */
export const COUNTS: Readonly<Record<string, bigint>> = {
  u8: 2n ** 8n,
  s8: 2n ** 7n,
  i8: 2n ** 7n,
  u16: 2n ** 16n,
  s16: 2n ** 15n,
  i16: 2n ** 15n,
  u32: 2n ** 32n,
  s32: 2n ** 31n,
  i32: 2n ** 31n,
  u64: 2n ** 64n,
  s64: 2n ** 63n,
  i64: 2n ** 63n,
  /** Of OPC UA: whichever the node holds. */
  integer: 2n ** 64n,
  bcd16: 10n ** 4n,
  bcd32: 10n ** 8n,
  bcd64: 10n ** 16n,
}
/** `steps` are those of a composed signal. */
export const isInteger = (type: string | undefined) => type === 'steps' || Object.hasOwn(COUNTS, type ?? '')
export const isNumber = (type: string | undefined) =>
  isInteger(type) || ['f16', 'f32', 'f64', 'number'].includes(type ?? '')

/** The address of a named signal; a fault when there is no such signal. */
export function signalOf(subject: Subject, name: string | undefined, path: Path): Address | undefined {
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

export function needType(
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

const TEXTS = ['text', 'string', 'localizedText', 'qualifiedName', 'nodeId', 'guid', 'any']
/** What can name a state: one of a few values. */
export const isCode = (type: string | undefined) => isInteger(type) || TEXTS.includes(type ?? '')

export const isBool = (type: string) => type === 'bool'
