/**
 * A bundle checked as it comes, in pieces of any size: each line once, memory for the facts only. Entries are hashed into
 * the tree as they pass; at each checkpoint the root must be the signed one.
 * Pure. Imports nothing but @noble/* and its siblings named in ledger/evidence/canonical.ts. Read next: scan.ts, body.ts, sessions.ts.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { type BundleEnd, MOST_ENTRY_BYTES, MOST_LINE_BYTES, parseHeader, parseItem } from '../evidence/bundle.ts'
import { canonicalJson, fromUtf8, parseCanonical, sameBytes } from '../evidence/canonical.ts'
import { trustedKeys, type VerifiedCheckpoint, verifyCheckpoint } from '../evidence/checkpoint.ts'
import { createTree, type Sha256 } from '../evidence/merkle.ts'
import type { Ed25519Verify } from '../evidence/note.ts'
import type { Receipt } from '../evidence/receipt.ts'
import { openEntry } from './body.ts'
import type { Content } from './content.ts'
import { createReader } from './fast.ts'
import { createJournal } from './journal.ts'
import { type Lines, newLines } from './lines.ts'
import { checkReceipt, fitsBundle } from './proven.ts'
import { createScanner, type Scanner, type Seen } from './scan.ts'
import { createReport, noFacts, type Verdict } from './verdict.ts'

export type VerifyOptions = {
  /** A faster SHA-256 than the built-in one, such as node:crypto's. */
  readonly sha256?: Sha256
  /** A faster Ed25519 than the built-in one. */
  readonly ed25519?: Ed25519Verify
  /** Bundles: signed checkpoints kept outside; the log must be a continuation of each. */
  readonly held?: readonly string[]
  /** Bundles: also parse the entries that say nothing about use. */
  readonly thorough?: boolean
}

export type BundleCheck = {
  push(piece: Uint8Array): void
  /** Entries so far. */
  readonly entries: number
  /** After the last piece. */
  end(): Verdict
}

const NEWLINE = 0x0a
const PIECE_BYTES = 1_048_576

export function openBundle(vkeys: readonly string[], options: VerifyOptions = {}): BundleCheck {
  const report = createReport()
  const { sha256 = nobleSha256, ed25519 } = options
  const keys = trustedKeys(vkeys, report)
  const tree = createTree(sha256)
  const journal = createJournal(report)
  const readContent = createReader()
  const checkpoints: VerifiedCheckpoint[] = []
  const byNote = new Map<string, VerifiedCheckpoint>()
  const held = heldCheckpoints()
  let origin: string | undefined
  let site = ''
  let scanner: Scanner | undefined
  let firstAt: string | undefined
  let lastSize = 0
  let notOpened = 0
  let lastEnded = -1
  let nextHeld = 0
  const count = { checkpoints: 0, receipts: 0 }
  let end: BundleEnd | undefined
  /** Nothing that follows can be made sense of. */
  let lost = false
  /**
   * Bytes not yet looked at, from 1 on. A buffer of our own: the byte before a line, the newline of the one before it,
   * becomes the 0x00 that a leaf hash begins with.
   */
  let work = newLines(PIECE_BYTES + 131_072)
  let kept = 0

  function heldCheckpoints(): VerifiedCheckpoint[] {
    const found = (options.held ?? []).flatMap(
      (note) => verifyCheckpoint(note, keys, report, { what: 'held outside: ', ed25519 }) ?? [],
    )
    return found.sort((a, b) => a.checkpoint.size - b.checkpoint.size)
  }

  /** Lines of a piece, put behind what the one before left over. */
  function take(piece: Uint8Array): void {
    const shift = 1 + kept
    const used = shift + piece.length
    if (used > work.bytes.length) {
      const { bytes } = work
      work = newLines(used)
      work.bytes.set(bytes.subarray(0, shift))
    }
    work.bytes.set(piece, shift)
    let start = 1
    // Looked for in the piece itself: a Buffer does it faster.
    let stop = piece.indexOf(NEWLINE)
    for (; stop >= 0 && !lost; stop = piece.indexOf(NEWLINE, start - shift)) {
      line(work, start, shift + stop)
      start = shift + stop + 1
    }
    work.bytes.copyWithin(1, start, used)
    kept = used - start
    if (kept > MOST_LINE_BYTES) lose('line-malformed', 'a line has no end')
  }

  function lose(code: 'format' | 'line-malformed', detail: string): void {
    report.fault(code, detail)
    lost = true
  }

  function line(lines: Lines, start: number, stop: number): void {
    const { bytes } = lines
    if (origin === undefined) return header(bytes.subarray(start, stop))
    // `{"at":` begins an entry, and no other line.
    if (bytes[start + 2] === 0x61 && bytes[start + 1] === 0x22) return entry(lines, start, stop)
    item(bytes.subarray(start, stop))
  }

  function header(bytes: Uint8Array): void {
    const parsed = parseCanonical(fromUtf8(bytes) ?? '')
    const head = parsed.kind === 'ok' ? parseHeader(parsed.value) : parsed
    if (head.kind === 'refused') return lose('format', head.reason)
    origin = head.value.origin
    site = head.value.site
    scanner = createScanner(site)
    for (const name of head.value.unknown) report.note('field-unknown', `header: ${name}`)
    if (!origin.startsWith(`${site}/`)) report.fault('site-differs', `${site} in ${origin}`)
    for (const { checkpoint } of held)
      if (checkpoint.origin !== origin) report.fault('origin-differs', `held outside: ${checkpoint.origin}`)
    passHeld()
  }

  function entry(lines: Lines, start: number, stop: number): void {
    const { bytes } = lines
    if (count.receipts > 0 || end !== undefined) return lose('line-malformed', 'an entry after the receipts')
    const seq = tree.size
    bytes[start - 1] = 0
    tree.append(sha256(bytes.subarray(start - 1, stop)))
    if (stop - start > MOST_ENTRY_BYTES)
      return report.fault('entry-malformed', `it has more than ${MOST_ENTRY_BYTES} bytes`, seq)
    const seen = scanner!.kindOf(lines, start, stop, seq)
    if (scanner!.wentBack) report.note('clock-back', undefined, seq)
    if (seq === 0) firstAt = scanner!.at
    if (seen === undefined || options.thorough || !glance(seen, lines, seq)) open(bytes.subarray(start, stop), seq)
    if (nextHeld <= tree.size) passHeld()
  }

  /** False when the entry has to be parsed. */
  function glance(seen: Seen, lines: Lines, seq: number): boolean {
    const { kind } = seen
    if (!seen.opened) notOpened += 1
    else {
      const content = readContent(kind as Content['kind'], lines, scanner!.dataAt, scanner!.dataEnd)
      if (content === undefined) return false
      if (content.kind !== 'MeterSampled' || scanner!.simulated) {
        journal.take({ ...scanner!.envelope(lines), seq, kind, content })
        return true
      }
      journal.sampled(content.meters, scanner!.simulated, seq)
    }
    seen.entries += 1
    return true
  }

  function open(bytes: Uint8Array, seq: number): void {
    const text = fromUtf8(bytes)
    if (text === undefined) return report.fault('entry-malformed', 'it is not UTF-8', seq)
    const entry = openEntry(text, seq, site, report)
    if (entry !== undefined) journal.take(entry)
  }

  function passHeld(): void {
    while (held[0] !== undefined && held[0].checkpoint.size <= tree.size) {
      const { checkpoint } = held.shift()!
      if (!sameBytes(tree.root(), checkpoint.root)) report.fault('forked', `at size ${checkpoint.size}`)
    }
    nextHeld = held[0]?.checkpoint.size ?? Number.POSITIVE_INFINITY
  }

  function item(bytes: Uint8Array): void {
    const parsed = parseCanonical(fromUtf8(bytes) ?? '')
    const found = parsed.kind === 'ok' ? parseItem(parsed.value) : parsed
    if (found.kind === 'refused') return lose('line-malformed', `after entry ${tree.size - 1}: ${found.reason}`)
    if (end !== undefined) return lose('line-malformed', 'something after the end')
    switch (found.value.kind) {
      case 'checkpoint':
        return checkpoint(found.value.note)
      case 'receipt':
        return receipt(found.value.receipt)
      case 'end':
        end = found.value.end
    }
  }

  function checkpoint(note: string): void {
    if (count.receipts > 0) return lose('line-malformed', 'a checkpoint after the receipts')
    count.checkpoints += 1
    const signed = verifyCheckpoint(note, keys, report, { ed25519 })
    if (signed === undefined) return
    const { size, root } = signed.checkpoint
    if (signed.checkpoint.origin !== origin) report.fault('origin-differs', signed.checkpoint.origin)
    if (size !== tree.size) report.fault('checkpoint-order', `it counts ${size} behind ${tree.size} entries`)
    else if (!sameBytes(root, tree.root())) report.fault('root-differs', `at size ${size}`)
    else {
      lastSize = size
      checkpoints.push(signed)
      byNote.set(note, signed)
    }
  }

  function receipt(item: Receipt): void {
    count.receipts += 1
    const signed = byNote.get(item.checkpoint)
    if (signed === undefined) report.fault('receipt-differs', `the checkpoint of ${item.session} is not in the bundle`)
    checkReceipt(item, signed, report, sha256)
    const ended = journal.ended(item.session)
    const odd = fitsBundle(item, ended, journal.identity)
    if (odd !== undefined) report.fault('receipt-differs', odd)
    const { endedSeq = lastEnded } = ended ?? {}
    if (endedSeq <= lastEnded) report.fault('receipt-differs', `${item.session} does not stand in the order of the log`)
    lastEnded = endedSeq
  }

  return {
    push(piece) {
      for (let at = 0; at < piece.length && !lost; at += PIECE_BYTES) take(piece.subarray(at, at + PIECE_BYTES))
    },
    get entries() {
      return tree.size
    },
    end() {
      if (origin === undefined) {
        if (!lost) report.fault('format', 'it has no header')
        return report.verdict('bundle', noFacts)
      }
      if (!lost && (end === undefined || kept > 0)) report.fault('truncated', `after entry ${tree.size - 1}`)
      const counted = { entries: tree.size, ...count }
      if (end !== undefined && !same(end, counted)) report.fault('counts-differ', canonicalJson(counted))
      if (count.checkpoints === 0) report.fault('checkpoint-none')
      else if (checkpoints.length > 0 && lastSize < tree.size)
        report.fault('entries-unsigned', `${lastSize} of ${tree.size} are signed`)
      for (const { checkpoint } of held)
        report.fault('rolled-back', `it has ${tree.size} entries; ${checkpoint.size} were signed`)
      if (notOpened > 0) report.note('not-opened', undefined, undefined, notOpened)
      return report.verdict('bundle', {
        origin,
        site,
        entries: tree.size,
        ...(firstAt === undefined ? {} : { firstAt, lastAt: scanner!.at }),
        ...journal.finish(scanner?.seen ?? []),
        checkpoints: checkpoints.map(({ facts }) => facts),
        receipts: count.receipts,
      })
    },
  }
}

const same = (a: BundleEnd, b: BundleEnd) =>
  a.entries === b.entries && a.checkpoints === b.checkpoints && a.receipts === b.receipts
