/**
 * Holds the ledger against a checkpoint of it that was found outside. A ledger that is shorter than what it once
 * signed, or has another past, was rolled back or rewritten: metering goes on, and nothing is unlocked until a person
 * has looked.
 * Read next: evidence/trust.ts, log/log.ts, superseded.ts (a copy that goes on elsewhere).
 */
import { rangeHash } from './evidence/merkle.ts'
import { trustedKeys, verifyCheckpoint } from './evidence/trust.ts'
import { nodeSha256 } from './log/native.ts'
import type { Reader } from './store/reader.ts'
import { supersededBy } from './superseded.ts'

/** The checkpoint outside is waited for this long at the start, ms; then the ledger counts as unanchored. */
export const ANCHOR_WITHIN_MS = 5000

export type Anchor =
  | { readonly kind: 'anchored'; readonly size: number }
  /** Nothing that we signed was found outside: it may be the first start, or the broker is away. */
  | { readonly kind: 'unanchored'; readonly why: string }
  | { readonly kind: 'contradicted'; readonly why: string }

/** `found`: a signed note, or undefined. Only what our own keys signed counts, because anybody may publish anything. */
export function holdAgainst(reader: Reader, found: string | undefined, vkeys: readonly string[]): Anchor {
  if (found === undefined) return { kind: 'unanchored', why: 'no checkpoint of this ledger was found outside' }
  const backup = supersededBy(found, vkeys)
  if (backup !== undefined)
    return {
      kind: 'contradicted',
      why: `another box has restored the backup ${backup} of it, and goes on in its place`,
    }
  const { signed } = verifyCheckpoint(found, trustedKeys(vkeys).keys)
  if (signed === undefined) return { kind: 'unanchored', why: 'the checkpoint found outside is not signed by our keys' }
  const { size, root } = signed.checkpoint
  const { nextSeq } = reader.head()
  if (nextSeq < size)
    return { kind: 'contradicted', why: `the ledger has ${nextSeq} entries, and ${size} were signed once` }
  return Buffer.from(rangeHash(nodeSha256, 0, size, reader.hashSource(size))).equals(root)
    ? { kind: 'anchored', size }
    : { kind: 'contradicted', why: `the first ${size} entries are not those that were signed` }
}
