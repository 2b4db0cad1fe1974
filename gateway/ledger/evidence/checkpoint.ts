/**
 * Checkpoints (C2SP tlog-checkpoint): the root of the ledger at one size, as a signed note.
 *
 *   <origin>\n<size>\n<base64 root>\n   The gateway writes no extension lines; those it finds are signed and kept.
 *
 * Pure. Read next: note.ts (the signatures), trust.ts (who must have signed).
 */
import { fromBase64, ok, type Parsed, refused, toBase64 } from './canonical.ts'
import { HASH_BYTES } from './merkle.ts'
import { type Signer, signNote } from './note.ts'

export type Checkpoint = {
  readonly origin: string
  /** Leaves in the tree; also the sequence of the next entry. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly extensions: readonly string[]
}

/** The text that is signed. Throws when the origin or the root cannot stand in a checkpoint. */
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
