/**
 * Who must have signed a checkpoint, and whether they have. A verifier receives its keys from outside, as lines `<vkey>
 * [from=<size>] [until=<size>]`, and never takes one from an entry.
 *
 * A log changes its key in two steps: from size A on both keys sign, from size B on the new key alone. Both keys have
 * the origin of the log as their name. The list for such a log is
 *
 *   <old vkey> until=B        every checkpoint below B must bear it, and none from B on may
 *   <new vkey> from=A         every checkpoint from A on must bear it, and none before may;  A < B
 *
 * so the old key vouches for the new one in each checkpoint of the hand-over, and a stolen old key is worth nothing
 * from B on. A key that is listed without sizes may sign at any size. At least one key of the log must have signed. The
 * key of a witness vouches for nothing alone: its signature is checked, and demanded where the key is listed with
 * sizes.
 *
 * Pure. Read next: checkpoint.ts, note.ts, ledger/verify/report.ts (what becomes of the findings).
 */
import type { Parsed } from './canonical.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import {
  type Ed25519Verify,
  type NoteSignature,
  parseNote,
  parseVkey,
  type VerifierKey,
  verifySignature,
} from './note.ts'

/** A key and the tree sizes it is valid for: from ≤ size < until. */
export type TrustedKey = { readonly key: VerifierKey; readonly from?: number; readonly until?: number }

/** The evidence is not good; ledger/verify/words.ts explains the code. */
export type TrustFault = {
  readonly code:
    | 'key-malformed'
    | 'key-retired'
    | 'checkpoint-malformed'
    | 'origin-differs'
    | 'signature-missing'
    | 'signature-wrong'
    | 'signature-doubled'
  readonly detail: string
}
/** Worth saying; the evidence may be good. */
type TrustNote = { readonly code: 'signature-unknown' | 'extension'; readonly detail: string }

/** The keys in these lines, and a fault for each line that cannot be read. Empty lines and comments (#) are skipped. */
export function trustedKeys(lines: readonly string[]): {
  readonly keys: readonly TrustedKey[]
  readonly faults: readonly TrustFault[]
} {
  const keys: TrustedKey[] = []
  const faults: TrustFault[] = []
  for (const line of lines.map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const parsed = parseKeyLine(line)
    if (parsed.kind === 'refused') faults.push({ code: 'key-malformed', detail: `${line}: ${parsed.reason}` })
    else if (keyOf(parsed.value.key, keys) !== undefined)
      faults.push({ code: 'key-malformed', detail: `${line}: this key is listed twice` })
    else keys.push(parsed.value)
  }
  return { keys, faults }
}

function parseKeyLine(line: string): Parsed<TrustedKey> {
  const match = /^(\S+)(?:\s+from=(\d{1,15}))?(?:\s+until=(\d{1,15}))?$/.exec(line)
  if (match === null) return { kind: 'refused', reason: 'only from=<size> and until=<size> may follow a key' }
  const [, vkey, from, until] = match
  const key = parseVkey(vkey!)
  if (key.kind === 'refused') return key
  return {
    kind: 'ok',
    value: {
      key: key.value,
      ...(from === undefined ? {} : { from: Number(from) }),
      ...(until === undefined ? {} : { until: Number(until) }),
    },
  }
}

export type SignedCheckpoint = {
  readonly note: string
  readonly checkpoint: Checkpoint
  /** Keys of the log that signed, as `<name>+<id>`. */
  readonly signers: readonly string[]
  /** `at`: when the witness signed, RFC 3339. */
  readonly witnesses: readonly { readonly name: string; readonly at: string }[]
}

export type Judgement = {
  /** Undefined when there is a fault. */
  readonly signed: SignedCheckpoint | undefined
  readonly faults: readonly TrustFault[]
  readonly notes: readonly TrustNote[]
}

/** Judges the signatures of a checkpoint by the keys. `ed25519`: a faster check than the built-in one. */
export function verifyCheckpoint(note: string, keys: readonly TrustedKey[], ed25519?: Ed25519Verify): Judgement {
  const parsed = parseNote(note)
  const body = parsed.kind === 'ok' ? parseCheckpoint(parsed.value.text) : parsed
  if (parsed.kind === 'refused') return malformed(parsed.reason)
  if (body.kind === 'refused') return malformed(body.reason)
  const checkpoint = body.value
  const { size, origin } = checkpoint
  const faults: TrustFault[] = []
  const notes: TrustNote[] = []
  const signers: string[] = []
  const witnesses: { name: string; at: string }[] = []
  const seen = new Set<TrustedKey>()
  const fault = (code: TrustFault['code'], { name, id }: { readonly name: string; readonly id: string }) =>
    faults.push({ code, detail: `size ${size}, key ${name}+${id}` })

  for (const signature of parsed.value.signatures) {
    const { name, id } = signature
    const trusted = keyOf(signature, keys)
    if (trusted === undefined) notes.push({ code: 'signature-unknown', detail: `${name}+${id}` })
    // The second signature of a key is not checked: a note of a hundred would cost a hundred checks.
    else if (seen.has(trusted)) fault('signature-doubled', signature)
    else {
      seen.add(trusted)
      const judged = judgeSignature(trusted, checkpoint, parsed.value.text, signature, ed25519)
      if (judged.kind === 'wrong') fault(judged.code, signature)
      else if (judged.at === undefined) signers.push(`${name}+${id}`)
      else witnesses.push({ name, at: new Date(judged.at * 1000).toISOString() })
    }
  }
  for (const trusted of keys)
    if (isDemanded(trusted, checkpoint) && !seen.has(trusted)) fault('signature-missing', trusted.key)
  if (faults.length === 0 && signers.length === 0)
    faults.push({
      code: 'signature-missing',
      detail: `size ${size} of ${origin}: none of the keys given has signed it`,
    })
  if (checkpoint.extensions.length > 0) notes.push({ code: 'extension', detail: `size ${size}` })
  return { signed: faults.length === 0 ? { note, checkpoint, signers, witnesses } : undefined, faults, notes }
}

const malformed = (detail: string): Judgement => ({
  signed: undefined,
  faults: [{ code: 'checkpoint-malformed', detail }],
  notes: [],
})

/** `at`: when a witness signed, UTC s; absent for a key of the log. */
type Judged =
  | { readonly kind: 'right'; readonly at?: number }
  | { readonly kind: 'wrong'; readonly code: TrustFault['code'] }

function judgeSignature(
  trusted: TrustedKey,
  { size, origin }: Checkpoint,
  text: string,
  { signature }: NoteSignature,
  ed25519: Ed25519Verify | undefined,
): Judged {
  const { key } = trusted
  const signed = verifySignature(key, text, signature, ed25519)
  if (signed === undefined) return { kind: 'wrong', code: 'signature-wrong' }
  if (!isValidAt(trusted, size)) return { kind: 'wrong', code: 'key-retired' }
  if (key.kind === 'log' && key.name !== origin) return { kind: 'wrong', code: 'origin-differs' }
  return { kind: 'right', ...signed }
}

const keyOf = ({ name, id }: { readonly name: string; readonly id: string }, keys: readonly TrustedKey[]) =>
  keys.find(({ key }) => key.name === name && key.id === id)

/** A key that is listed with sizes must have signed at each of them: a key of the log, in checkpoints of that log. */
const isDemanded = (trusted: TrustedKey, { size, origin }: Checkpoint): boolean =>
  (trusted.from ?? trusted.until) !== undefined &&
  isValidAt(trusted, size) &&
  (trusted.key.kind === 'witness' || trusted.key.name === origin)

const isValidAt = ({ from = 0, until = Number.POSITIVE_INFINITY }: TrustedKey, size: number) =>
  from <= size && size < until
