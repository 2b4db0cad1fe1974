/**
 * A bundle, checked as it comes, in pieces of any size and each line once: the header, the entries with the checkpoints
 * that sign them, the receipts, the end. What cannot be made sense of ends the check.
 * Pure. Read next: ledger/evidence/bundle.ts (the format), bundle-entries.ts, receipt-check.ts, held.ts.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { type BundleEnd, MAX_LINE_BYTES, parseHeader, parseItem, siteOf } from '../evidence/bundle.ts'
import { canonicalJson, fromUtf8, parseCanonical, sameBytes } from '../evidence/canonical.ts'
import type { Sha256 } from '../evidence/merkle.ts'
import type { Ed25519Verify } from '../evidence/note.ts'
import type { Receipt } from '../evidence/receipt.ts'
import { type SignedCheckpoint, type TrustedKey, trustedKeys, verifyCheckpoint } from '../evidence/trust.ts'
import { checkEntry, type EntryCheck, finishEntries, newEntryCheck } from './bundle-entries.ts'
import { type Lines, matches, word } from './bytes/lines.ts'
import { newPieces, pushPiece } from './bytes/pieces.ts'
import { checkpointFacts, noFacts, type SessionFacts } from './facts.ts'
import { finishHeld, type Held, newHeld, passHeld, requireHeldOrigin } from './held.ts'
import { checkReceipt, misfit } from './receipt-check.ts'
import { createReport, type Report } from './report.ts'
import { endsOf } from './sums/log-sums.ts'
import type { Verdict } from './verdict.ts'

/** Begins an entry, and no other line. */
const ENTRY = word('{"at":')
/** A larger piece is taken in parts. */
const PIECE_BYTES = 1_048_576

export type VerifyOptions = {
  /** A faster SHA-256 than the built-in one, such as node:crypto's. */
  readonly sha256?: Sha256
  /** A faster Ed25519 than the built-in one. */
  readonly ed25519?: Ed25519Verify
  /** Bundles: signed checkpoints kept outside; the log must be a continuation of each. */
  readonly held?: readonly string[]
  /** Bundles: parse every entry, also those that say nothing about use. */
  readonly thorough?: boolean
}

type BundleCheck = {
  push(piece: Uint8Array): void
  /** Entries so far. */
  readonly entries: number
  /** After the last piece. */
  end(): Verdict
}

type Log = { readonly origin: string; readonly site: string; readonly entries: EntryCheck }

type State = {
  readonly report: Report
  readonly options: VerifyOptions
  readonly sha256: Sha256
  readonly keys: readonly TrustedKey[]
  readonly held: Held
  /** From the header on. */
  log: Log | undefined
  readonly checkpoints: SignedCheckpoint[]
  readonly checkpointByNote: Map<string, SignedCheckpoint>
  /** The sessions that ended; complete when the receipts begin, which follow all entries. */
  ended: ReadonlyMap<string, SessionFacts> | undefined
  /** The end of the session that the last receipt is of. */
  lastEndedSeq: number
  readonly count: { checkpoints: number; receipts: number }
  end: BundleEnd | undefined
  /** Nothing that follows can be made sense of. */
  isLost: boolean
}

export function openBundle(vkeys: readonly string[], options: VerifyOptions = {}): BundleCheck {
  const state = newState(vkeys, options)
  const pieces = newPieces()
  const takeLine = (lines: Lines, start: number, stop: number): boolean => {
    checkLine(state, lines, start, stop)
    return !state.isLost
  }
  return {
    push(piece) {
      for (let at = 0; at < piece.length && !state.isLost; at += PIECE_BYTES) {
        pushPiece(pieces, piece.subarray(at, at + PIECE_BYTES), takeLine)
        if (pieces.kept > MAX_LINE_BYTES) lose(state, 'line-malformed', 'a line has no end')
      }
    },
    get entries() {
      return state.log?.entries.tree.size ?? 0
    },
    end: () => finish(state, pieces.kept > 0),
  }
}

function newState(vkeys: readonly string[], options: VerifyOptions): State {
  const report = createReport()
  const trusted = trustedKeys(vkeys)
  report.add(trusted)
  const held = (options.held ?? []).flatMap((note) => {
    const judged = verifyCheckpoint(note, trusted.keys, options.ed25519)
    report.add(judged, 'kept outside: ')
    return judged.signed ?? []
  })
  return {
    report,
    options,
    sha256: options.sha256 ?? nobleSha256,
    keys: trusted.keys,
    held: newHeld(held, report),
    log: undefined,
    checkpoints: [],
    checkpointByNote: new Map(),
    ended: undefined,
    lastEndedSeq: -1,
    count: { checkpoints: 0, receipts: 0 },
    end: undefined,
    isLost: false,
  }
}

function lose(state: State, code: 'format' | 'line-malformed', detail: string): void {
  state.report.fault(code, detail)
  state.isLost = true
}

/* ── lines ── */

function checkLine(state: State, lines: Lines, start: number, stop: number): void {
  const { bytes } = lines
  if (stop - start > MAX_LINE_BYTES) return lose(state, 'line-malformed', 'a line is too long')
  if (state.log === undefined) return checkHeader(state, bytes.subarray(start, stop))
  if (!matches(lines, start, ENTRY)) return checkItem(state, state.log, bytes.subarray(start, stop))
  if (state.count.receipts > 0 || state.end !== undefined)
    return lose(state, 'line-malformed', 'an entry after the receipts')
  const { entries } = state.log
  checkEntry(entries, lines, start, stop)
  passHeld(state.held, entries.tree)
}

function checkHeader(state: State, bytes: Uint8Array): void {
  const { report, held, options, sha256 } = state
  const parsed = parseCanonical(fromUtf8(bytes) ?? '')
  const header = parsed.kind === 'ok' ? parseHeader(parsed.value) : parsed
  if (header.kind === 'refused') return lose(state, 'format', header.reason)
  const { origin, site } = header.value
  if (site === '' || site !== siteOf(origin)) report.fault('site-differs', `${site} in ${origin}`)
  const entries = newEntryCheck(site, report, sha256, options.thorough ?? false)
  state.log = { origin, site, entries }
  requireHeldOrigin(held, origin)
  passHeld(held, entries.tree)
}

function checkItem(state: State, log: Log, bytes: Uint8Array): void {
  const parsed = parseCanonical(fromUtf8(bytes) ?? '')
  const item = parsed.kind === 'ok' ? parseItem(parsed.value) : parsed
  if (item.kind === 'refused')
    return lose(state, 'line-malformed', `after entry ${log.entries.tree.size - 1}: ${item.reason}`)
  if (state.end !== undefined) return lose(state, 'line-malformed', 'it follows the end')
  switch (item.value.kind) {
    case 'checkpoint':
      return checkCheckpoint(state, log, item.value.note)
    case 'receipt':
      return checkReceiptOf(state, log, item.value.receipt)
    case 'end':
      state.end = item.value.end
  }
}

function checkCheckpoint(state: State, { origin, entries }: Log, note: string): void {
  const { report, count } = state
  if (count.receipts > 0) return lose(state, 'line-malformed', 'a checkpoint after the receipts')
  count.checkpoints += 1
  const judged = verifyCheckpoint(note, state.keys, state.options.ed25519)
  report.add(judged)
  const { signed } = judged
  if (signed === undefined) return
  const { checkpoint } = signed
  const { size, root } = checkpoint
  if (checkpoint.origin !== origin) report.fault('origin-differs', checkpoint.origin)
  if (size !== entries.tree.size)
    report.fault('checkpoint-order', `it counts ${size} and follows ${entries.tree.size} entries`)
  else if (!sameBytes(root, entries.tree.root())) report.fault('root-differs', `at size ${size}`)
  else {
    state.checkpoints.push(signed)
    state.checkpointByNote.set(note, signed)
  }
}

function checkReceiptOf(state: State, { entries }: Log, receipt: Receipt): void {
  const { report, count } = state
  const { session } = receipt
  count.receipts += 1
  const signed = state.checkpointByNote.get(receipt.checkpoint)
  if (signed === undefined) report.fault('receipt-differs', `the checkpoint of ${session} is not in the bundle`)
  checkReceipt(receipt, signed, report, state.sha256)
  state.ended ??= endsOf(entries.sums)
  const end = state.ended.get(session)
  const odd = misfit(receipt, end, entries.sums.identity)
  if (odd !== undefined) report.fault('receipt-differs', odd)
  const { endedSeq = state.lastEndedSeq } = end ?? {}
  if (endedSeq <= state.lastEndedSeq)
    report.fault('receipt-differs', `the receipt of ${session} is not in the order of the log`)
  state.lastEndedSeq = endedSeq
}

/* ── the verdict ── */

/** `isCut`: the last line has no end. */
function finish(state: State, isCut: boolean): Verdict {
  const { report, log, checkpoints, count, end } = state
  if (log === undefined) {
    if (!state.isLost) report.fault('format', 'it has no header')
    return report.verdict('bundle', noFacts)
  }
  const { origin, site, entries } = log
  const { size } = entries.tree
  if (!state.isLost && (end === undefined || isCut)) report.fault('truncated', `after entry ${size - 1}`)
  const counted = { entries: size, ...count }
  if (end !== undefined && !isSameEnd(end, counted)) report.fault('counts-differ', canonicalJson(counted))
  const newest = checkpoints.at(-1)?.checkpoint
  if (count.checkpoints === 0) report.fault('checkpoint-none')
  else if (newest !== undefined && newest.size < size)
    report.fault('entries-unsigned', `${newest.size} of ${size} are signed`)
  finishHeld(state.held, size)
  return report.verdict('bundle', {
    origin,
    site,
    ...finishEntries(entries),
    checkpoints: checkpoints.map(checkpointFacts),
    receipts: count.receipts,
  })
}

const isSameEnd = (a: BundleEnd, b: BundleEnd) =>
  a.entries === b.entries && a.checkpoints === b.checkpoints && a.receipts === b.receipts
