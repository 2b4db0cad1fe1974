/**
 * A ledger in memory, as the writer makes it: canonical bodies, leaf hashes, a tree; and what is made of it:
 * checkpoints, receipts, bundles. Canonical JSON comes from the package the writer uses, so that the verifier's own is
 * held against it.
 */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { EntryDraft } from '../../../../gateway/core/ground/entry.ts'
import { checkpointLine, endLine, headerLine, receiptLine } from '../../../../gateway/ledger/evidence/bundle.ts'
import { signCheckpoint } from '../../../../gateway/ledger/evidence/checkpoint.ts'
import {
  createTree,
  type HashSource,
  inclusionProof,
  leafSource,
  type Sha256,
} from '../../../../gateway/ledger/evidence/merkle.ts'
import { createSigner, formatVkey, type Signer } from '../../../../gateway/ledger/evidence/note.ts'
import { encodeReceipt } from '../../../../gateway/ledger/evidence/receipt.ts'

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()

/** A key that is the same in each run: its seed is the hash of a word. */
export function keyOf(word: string, name: string, kind: 'log' | 'witness' = 'log'): { signer: Signer; vkey: string } {
  const signer = createSigner(name, sha256(Buffer.from(word)), kind)
  return { signer, vkey: formatVkey(signer.key) }
}

export type Log = ReturnType<typeof createLog>

export function createLog(site: string, origin: string, simulated: ReadonlySet<string> = new Set()) {
  const bodies: string[] = []
  const leaves: Uint8Array[] = []
  const tree = createTree(sha256)
  const notes = new Map<number, string[]>()
  const receipts: string[] = []

  function append(draft: EntryDraft): number {
    const { machine, session, at } = draft
    const body = canonicalize({
      seq: bodies.length,
      kind: draft.kind,
      v: draft.version,
      site,
      ...(machine === undefined ? {} : { machine }),
      ...(session === undefined ? {} : { session }),
      ...(machine !== undefined && simulated.has(machine) ? { simulated: true } : {}),
      at: new Date(at.wallMs).toISOString(),
      clock: at.clock,
      boot: at.bootId,
      mono: at.monoNs,
      data: draft.data,
    })!
    return appendBody(body)
  }

  /** Any text at all, for what a gateway should never write. */
  function appendBody(body: string): number {
    const leaf = sha256(Buffer.concat([Buffer.from([0]), Buffer.from(body)]))
    bodies.push(body)
    leaves.push(leaf)
    tree.append(leaf)
    return bodies.length - 1
  }

  /** A note over the tree as it is, kept for the bundle. */
  function checkpoint(signers: readonly (Signer | { signer: Signer; at: number })[], keep = true): string {
    const note = signCheckpoint(
      { origin, size: tree.size, root: tree.root() },
      signers.map((signer) => ('signer' in signer ? signer : { signer })),
    )
    if (keep) notes.set(tree.size, [...(notes.get(tree.size) ?? []), note])
    return note
  }

  const source: HashSource = (level, index) => leafSource(sha256, leaves)(level, index)

  /** The receipt of a session, by the newest checkpoint that was kept: with all its confirmations. */
  function receipt(session: string, keep = false): string {
    const size = Math.max(...notes.keys())
    const of = (kind: string, before: number) =>
      bodies.findLastIndex((body, index) => index < before && body.includes(`},"kind":"${kind}"`))
    const mine = (kind: string) =>
      [...bodies.keys()].filter(
        (at) => bodies[at]!.includes(`},"kind":"${kind}"`) && bodies[at]!.includes(`"session":"${session}"`),
      )
    const [ended] = mine('SessionEnded') as [number]
    const indexes = [of('GatewayStarted', ended), of('ConfigurationApplied', ended), ...mine('UnlockConfirmed'), ended]
    const text = encodeReceipt({
      origin,
      session,
      entries: indexes.map((index) => ({
        index,
        body: bodies[index]!,
        proof: inclusionProof(sha256, index, size, source),
      })),
      checkpoint: notes.get(size)!.at(-1)!,
    })
    if (keep) receipts.push(text)
    return text
  }

  /** The lines of a bundle of the first `entries` entries. */
  function bundleLines(entries = Math.max(...notes.keys())): string[] {
    const lines = [headerLine({ origin, site })]
    let checkpoints = 0
    for (let size = 0; size <= entries; size++) {
      if (size > 0) lines.push(`${bodies[size - 1]}\n`)
      for (const note of notes.get(size) ?? []) {
        lines.push(checkpointLine(note))
        checkpoints += 1
      }
    }
    lines.push(...receipts.map(receiptLine), endLine({ entries, checkpoints, receipts: receipts.length }))
    return lines
  }

  return {
    site,
    origin,
    bodies,
    leaves,
    tree,
    notes,
    source,
    append,
    appendBody,
    checkpoint,
    receipt,
    bundleLines,
    bundle: (entries?: number): Uint8Array => Buffer.from(bundleLines(entries).join('')),
  }
}
