/**
 * Checkpoints (C2SP tlog-checkpoint): the root of the ledger at one size, as a signed note; and who must have signed one.
 * Pure. Imports nothing but its siblings named in canonical.ts.
 *
 *   <origin>\n<size>\n<base64 root>\n   No extension lines are written; those found are signed, kept and reported.
 *
 * Keys come to whoever verifies from outside, as lines `<vkey> [from=<size>] [until=<size>]`. A log changes its key
 * in two steps: from size A on it signs with the new key, too, and from size B on no longer with the old one. Both keys
 * have the origin as their name, and neither is taken from an entry. The list for it is
 *
 *   <old vkey> until=B        every checkpoint below B must bear it, and none from B on may
 *   <new vkey> from=A         every checkpoint from A on must bear it, and none before may;  A < B
 *
 * so that each checkpoint of the hand-over vouches for the new key with the old one, and a stolen old key is worth
 * nothing from B on. A key listed without sizes may sign at any size. One key of the log at least must have signed.
 * A witness' key vouches for nothing by itself: its signature is checked, and demanded where it is listed with sizes.
 */

import type { CheckpointFacts, FaultCode, Report } from '../verify/verdict.ts'
import { fromBase64, ok, type Parsed, refused, toBase64 } from './canonical.ts'
import { HASH_BYTES } from './merkle.ts'
import {
  type Ed25519Verify,
  parseNote,
  parseVkey,
  type Signer,
  signNote,
  type VerifierKey,
  verifySignature,
} from './note.ts'

export type Checkpoint = {
  readonly origin: string
  /** Leaves in the tree; also the sequence of the next entry. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly extensions: readonly string[]
}

/** A key and the tree sizes it is valid for: from ≤ size < until. */
export type TrustedKey = { readonly key: VerifierKey; readonly from?: number; readonly until?: number }

/** The text that is signed. Throws on an origin or a root that cannot be. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const text = `${[origin, String(size), toBase64(root), ...extensions].join('\n')}\n`
  if (parseCheckpoint(text).kind === 'refused') throw new Error(`not a checkpoint: ${JSON.stringify(text)}`)
  return text
}

/** Signs a checkpoint without extension lines; all signers sign the same text. */
export function signCheckpoint(
  checkpoint: Omit<Checkpoint, 'extensions'>,
  signers: readonly { readonly signer: Signer; readonly at?: number }[],
): string {
  return signNote(formatCheckpoint({ ...checkpoint, extensions: [] }), signers)
}

/** The text of a checkpoint, without its signatures. */
export function parseCheckpoint(text: string): Parsed<Checkpoint> {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('')) return refused('it must have three full lines')
  const [origin, count, encoded, ...extensions] = lines as [string, string, string, ...string[]]
  const size = Number(count)
  if (!/^(0|[1-9]\d{0,15})$/.test(count) || !Number.isSafeInteger(size)) return refused('its size is not a number')
  const root = fromBase64(encoded)
  if (root === undefined || root.length !== HASH_BYTES) return refused('its root is not 32 bytes of base64')
  return ok({ origin, size, root, extensions })
}

/** The keys of these lines; empty lines and those with # are passed over, those that cannot be read are faults. */
export function trustedKeys(lines: readonly string[], report: Report): TrustedKey[] {
  const keys: TrustedKey[] = []
  const refuse = (line: string, reason: string) => report.fault('key-malformed', `${line}: ${reason}`)
  for (const line of lines.map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const match = /^(\S+)(?:\s+from=(\d{1,15}))?(?:\s+until=(\d{1,15}))?$/.exec(line)
    const parsed =
      match === null ? refused('after a key only from=<size> and until=<size> may stand') : parseVkey(match[1]!)
    if (parsed.kind === 'refused') refuse(line, parsed.reason)
    else if (keys.some(({ key }) => key.name === parsed.value.name && key.id === parsed.value.id))
      refuse(line, 'this key is listed twice')
    else
      keys.push({
        key: parsed.value,
        ...(match?.[2] === undefined ? {} : { from: Number(match[2]) }),
        ...(match?.[3] === undefined ? {} : { until: Number(match[3]) }),
      })
  }
  return keys
}

export type VerifiedCheckpoint = {
  readonly note: string
  readonly checkpoint: Checkpoint
  readonly facts: CheckpointFacts
}

/**
 * A checkpoint whose signatures satisfy the keys. Undefined when anything is wrong; the report says what, with `what`
 * before the details.
 */
export function verifyCheckpoint(
  note: string,
  keys: readonly TrustedKey[],
  report: Report,
  { what = '', ed25519 }: { readonly what?: string; readonly ed25519?: Ed25519Verify | undefined } = {},
): VerifiedCheckpoint | undefined {
  const parsed = parseNote(note)
  const body = parsed.kind === 'ok' ? parseCheckpoint(parsed.value.text) : parsed
  if (parsed.kind === 'refused' || body.kind === 'refused') {
    report.fault(
      'checkpoint-malformed',
      `${what}${(parsed.kind === 'refused' ? parsed : (body as { reason: string })).reason}`,
    )
    return undefined
  }
  const checkpoint = body.value
  const { size, origin } = checkpoint
  let good = true
  const fault = (code: FaultCode, name: string, id: string) => {
    good = false
    report.fault(code, `${what}size ${size}, key ${name}+${id}`)
  }
  const signers: string[] = []
  const witnesses: { name: string; at: string }[] = []
  const seen = new Set<TrustedKey>()
  for (const { name, id, signature } of parsed.value.signatures) {
    const trusted = keys.find(({ key }) => key.name === name && key.id === id)
    if (trusted === undefined) {
      report.note('signature-unknown', `${name}+${id}`)
      continue
    }
    const { key } = trusted
    if (seen.has(trusted)) {
      // Not checked: a note of many would cost a check each.
      fault('signature-doubled', name, id)
      continue
    }
    const signed = verifySignature(key, parsed.value.text, signature, ed25519)
    if (signed === undefined) fault('signature-wrong', name, id)
    else if (!validAt(trusted, size)) fault('key-retired', name, id)
    else if (key.kind === 'log' && name !== origin) fault('origin-differs', name, id)
    else if (signed.at !== undefined) witnesses.push({ name, at: new Date(signed.at * 1000).toISOString() })
    else signers.push(`${name}+${id}`)
    seen.add(trusted)
  }
  for (const trusted of keys) {
    const { key, from, until } = trusted
    const demanded = (from ?? until) !== undefined && validAt(trusted, size)
    if (demanded && (key.kind === 'witness' || key.name === origin) && !seen.has(trusted))
      fault('signature-missing', key.name, key.id)
  }
  if (good && signers.length === 0) {
    good = false
    report.fault('signature-missing', `${what}size ${size} of ${origin}: none of the keys given has signed it`)
  }
  if (checkpoint.extensions.length > 0) report.note('extension', `size ${size}`)
  return good ? { note, checkpoint, facts: { size, root: toBase64(checkpoint.root), signers, witnesses } } : undefined
}

const validAt = ({ from = 0, until = Number.POSITIVE_INFINITY }: TrustedKey, size: number) =>
  from <= size && size < until
