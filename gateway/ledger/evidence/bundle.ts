/**
 * The evidence bundle: a whole log in one file that can be written and checked while it streams. Lines of UTF-8, each
 * ended by one newline:
 *
 *   1  the header, canonical JSON
 *   2  each entry, exactly the bytes that were hashed, in order from sequence 0; a checkpoint stands right after the
 *      entries it counts, as {"checkpoint":"<signed note>"}
 *   3  receipts, if any, as {"receipt":{…}}, each of a checkpoint in the file, in the order their sessions ended
 *   4  {"end":{"checkpoints":n,"entries":n,"receipts":n}}
 *
 * Pure. Read next: receipt.ts, ledger/issue.ts (what makes bundles), ledger/verify/bundle-check.ts (what checks them).
 */
import { canonicalJson, isObject, ok, type Parsed, refused } from './canonical.ts'
import { type Receipt, receiptOf } from './receipt.ts'

const BUNDLE_FORMAT = 'latchkey-evidence'
const BUNDLE_VERSION = 1
/** A longer line is refused; the longest are receipts, which hold several entries. */
export const MAX_LINE_BYTES = 1_048_576

type BundleHeader = { readonly origin: string; readonly site: string }
export type BundleEnd = { readonly entries: number; readonly checkpoints: number; readonly receipts: number }

/** The site that an origin `<site>/<id>` names. */
export const siteOf = (origin: string): string => origin.slice(0, Math.max(0, origin.indexOf('/')))

export const headerLine = ({ origin, site }: BundleHeader): string =>
  `${canonicalJson({ format: BUNDLE_FORMAT, version: BUNDLE_VERSION, origin, site })}\n`
export const checkpointLine = (note: string): string => `${canonicalJson({ checkpoint: note })}\n`
/** `receipt`: the file, as encodeReceipt gives it. */
export const receiptLine = (receipt: string): string => `{"receipt":${receipt.trimEnd()}}\n`
export const endLine = (end: BundleEnd): string => `${canonicalJson({ end })}\n`

/** The header; unknown fields are refused, because nothing signs them. */
export function parseHeader(value: Readonly<Record<string, unknown>>): Parsed<BundleHeader> {
  const { format, version, origin, site, ...rest } = value
  if (format !== BUNDLE_FORMAT || version !== BUNDLE_VERSION)
    return refused('it is not an evidence bundle of version 1')
  if (typeof origin !== 'string' || typeof site !== 'string') return refused('its header lacks origin or site')
  if (Object.keys(rest).length > 0) return refused('its header holds more than is known')
  return ok({ origin, site })
}

type BundleItem =
  | { readonly kind: 'checkpoint'; readonly note: string }
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'end'; readonly end: BundleEnd }

/** A line that is not an entry. */
export function parseItem(value: Readonly<Record<string, unknown>>): Parsed<BundleItem> {
  const [name, ...others] = Object.keys(value)
  if (others.length === 0 && name === 'checkpoint' && typeof value.checkpoint === 'string')
    return ok({ kind: 'checkpoint', note: value.checkpoint })
  if (others.length === 0 && name === 'receipt') {
    const receipt = receiptOf(value.receipt)
    return receipt.kind === 'ok' ? ok({ kind: 'receipt', receipt: receipt.value }) : receipt
  }
  if (others.length === 0 && name === 'end' && isObject(value.end)) {
    const { entries, checkpoints, receipts, ...rest } = value.end
    if (typeof entries === 'number' && typeof checkpoints === 'number' && typeof receipts === 'number')
      if (Object.keys(rest).length === 0) return ok({ kind: 'end', end: { entries, checkpoints, receipts } })
  }
  return refused('it is not an entry, a checkpoint, a receipt or the end')
}
