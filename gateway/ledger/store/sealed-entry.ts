/**
 * An entry as it is stored and never changed: its canonical bytes (RFC 8785) and its leaf hash (RFC 6962 §2.1). The
 * verifier makes both with other code, so that a mistake here is found there.
 * Pure. Read next: core/ground/entry.ts, writer.ts.
 */
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { EntryBody, EntryDraft } from '../../core/ground/entry.ts'
import { MAX_ENTRY_BYTES } from '../evidence/tile.ts'

type Sealed = { readonly bytes: Uint8Array; readonly leaf: Uint8Array }

/** Throws when the entry has no canonical form or is too long for a bundle. */
export function sealEntry(draft: EntryDraft, seq: number, site: string, simulated: ReadonlySet<string>): Sealed {
  const { kind, version, machine, session, at, data } = draft
  const body: EntryBody = {
    seq,
    kind,
    v: version,
    site,
    ...(machine === undefined ? {} : { machine }),
    ...(session === undefined ? {} : { session }),
    ...(machine !== undefined && simulated.has(machine) ? { simulated: true as const } : {}),
    at: new Date(at.wallMs).toISOString(),
    clock: at.clock,
    boot: at.bootId,
    mono: at.monoNs,
    data,
  }
  const text = canonicalize(body)
  if (text === undefined) throw new Error(`entry ${kind} has no canonical form`)
  // The leaf in one piece, so that it is hashed by one call: its prefix, then the entry.
  const whole = Buffer.from(`\0${text}`, 'utf8')
  const bytes = whole.subarray(1)
  if (bytes.length > MAX_ENTRY_BYTES)
    throw new Error(`entry ${kind} has ${bytes.length} bytes; at most ${MAX_ENTRY_BYTES} are allowed`)
  return { bytes, leaf: hash('sha256', whole, 'buffer') }
}
