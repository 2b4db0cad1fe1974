/**
 * The receipt of a session: one file that proves by itself what was used. It holds entries exactly as they were hashed
 * (the confirmation of the unlock, the end with its readings, the software and the configuration in force), the proof
 * of each, and the one checkpoint they all are in. Beside it stands the proof of a single entry, C2SP tlog-proof.
 * Pure. Read next: ledger/issue.ts (what makes receipts), ledger/verify/receipt-check.ts (what checks them).
 */
import { canonicalJson, fromBase64, isObject, ok, type Parsed, parseCanonical, refused, toBase64 } from './canonical.ts'
import { HASH_BYTES } from './merkle.ts'

const RECEIPT_FORMAT = 'latchkey-receipt'
const RECEIPT_VERSION = 1
/** A receipt is a handful of entries of at most 65,535 bytes; a longer text is refused. */
const MAX_RECEIPT_CHARS = 1_000_000
const PROOF_HEAD = 'c2sp.org/tlog-proof@v1'
/** The height of a tree of 2^53 leaves. */
const MAX_HASHES = 53

export type ProvenEntry = {
  /** Leaf index, which is the sequence of the entry. */
  readonly index: number
  /** The canonical text that was hashed. */
  readonly body: string
  /** RFC 6962 §2.1.1, from the leaf's sibling up. */
  readonly proof: readonly Uint8Array[]
}

export type Receipt = {
  readonly origin: string
  readonly session: string
  /** In order of their index. */
  readonly entries: readonly ProvenEntry[]
  /** A signed note, verbatim. */
  readonly checkpoint: string
}

/** The file: canonical JSON and a newline. */
export function encodeReceipt({ origin, session, entries, checkpoint }: Receipt): string {
  return `${canonicalJson({
    format: RECEIPT_FORMAT,
    version: RECEIPT_VERSION,
    origin,
    session,
    entries: [...entries]
      .sort((a, b) => a.index - b.index)
      .map(({ index, body, proof }) => ({ index, body, proof: proof.map(toBase64) })),
    checkpoint,
  })}\n`
}

export function parseReceipt(text: string): Parsed<Receipt> {
  if (text.length > MAX_RECEIPT_CHARS) return refused('it is too long')
  if (!text.endsWith('\n')) return refused('it does not end in a newline')
  const parsed = parseCanonical(text.slice(0, -1))
  return parsed.kind === 'ok' ? receiptOf(parsed.value) : parsed
}

/** A receipt from its JSON value, as it stands in a bundle. Unknown fields are refused, because nothing signs them. */
export function receiptOf(value: unknown): Parsed<Receipt> {
  if (!isObject(value)) return refused('it is not an object')
  const { format, version, origin, session, entries: list, checkpoint, ...rest } = value
  if (format !== RECEIPT_FORMAT || version !== RECEIPT_VERSION) return refused('it is not a receipt of version 1')
  if (
    typeof origin !== 'string' ||
    typeof session !== 'string' ||
    typeof checkpoint !== 'string' ||
    !Array.isArray(list)
  )
    return refused('origin, session, entries and checkpoint must be there')
  if (Object.keys(rest).length > 0) return refused('it holds more than is known')
  const entries = provenEntries(list)
  return entries.kind === 'ok' ? ok({ origin, session, entries: entries.value, checkpoint }) : entries
}

/** Entries with their proofs, in order of their index. */
export function provenEntries(list: unknown): Parsed<ProvenEntry[]> {
  if (!Array.isArray(list)) return refused('the entries are not a list')
  const entries: ProvenEntry[] = []
  for (const item of list) {
    if (!isObject(item)) return refused('an entry is not an object')
    const { index, body, proof, ...others } = item
    const hashes = Array.isArray(proof) && proof.length <= MAX_HASHES ? proof.map(hashOf) : [undefined]
    if (
      typeof index !== 'number' ||
      !Number.isSafeInteger(index) ||
      typeof body !== 'string' ||
      hashes.includes(undefined) ||
      Object.keys(others).length > 0
    )
      return refused('an entry is its index, its body and a proof of 32-byte hashes')
    if (index <= (entries.at(-1)?.index ?? -1)) return refused('the entries are not in order')
    entries.push({ index, body, proof: hashes as Uint8Array[] })
  }
  return ok(entries)
}

function hashOf(text: unknown): Uint8Array | undefined {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined
  return bytes?.length === HASH_BYTES ? bytes : undefined
}

/* ── one entry, C2SP tlog-proof ── */

type TlogProof = {
  /** Data that nothing authenticates. */
  readonly extra?: Uint8Array
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  readonly checkpoint: string
}

export function encodeTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [PROOF_HEAD, ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]), `index ${index}`]
  return `${[...lines, ...hashes.map(toBase64)].join('\n')}\n\n${checkpoint}`
}

export function parseTlogProof(text: string): Parsed<TlogProof> {
  const gap = text.indexOf('\n\n')
  if (gap < 0) return refused('it has no checkpoint')
  const lines = text.slice(0, gap).split('\n')
  if (lines.shift() !== PROOF_HEAD) return refused(`it does not begin with ${PROOF_HEAD}`)
  let extra: Uint8Array | undefined
  if (lines[0]?.startsWith('extra ')) {
    extra = fromBase64(lines.shift()!.slice(6))
    if (extra === undefined) return refused('its extra data is not base64')
  }
  const number = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')
  const index = Number(number?.[1])
  if (number === null || !Number.isSafeInteger(index)) return refused('it has no index')
  const hashes = lines.map(hashOf)
  if (hashes.length > MAX_HASHES || hashes.includes(undefined)) return refused('a hash is not 32 bytes of base64')
  return ok({
    ...(extra === undefined ? {} : { extra }),
    index,
    hashes: hashes as Uint8Array[],
    checkpoint: text.slice(gap + 2),
  })
}
