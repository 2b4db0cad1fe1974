/**
 * A ledger in memory, as the writer makes it: canonical bodies, leaf hashes, a tree; and what is made of it:
 * checkpoints, receipts, bundles. Canonical JSON comes from the package that the writer uses, so that the verifier's
 * own is compared with it.
 */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { EntryDraft } from '../../../../gateway/core/ground/entry.ts'
import { checkpointLine, endLine, headerLine, receiptLine } from '../../../../gateway/ledger/evidence/bundle.ts'
import { signCheckpoint } from '../../../../gateway/ledger/evidence/checkpoint.ts'
import {
  createTree,
  inclusionProof,
  leafSource,
  type Sha256,
  type Tree,
} from '../../../../gateway/ledger/evidence/merkle.ts'
import { createSigner, formatVkey, type Signer } from '../../../../gateway/ledger/evidence/note.ts'
import { encodeReceipt } from '../../../../gateway/ledger/evidence/receipt.ts'

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()

/** A key that is the same in each run: its seed is the hash of a word. */
export function keyOf(word: string, name: string, kind: 'log' | 'witness' = 'log'): { signer: Signer; vkey: string } {
  const signer = createSigner(name, sha256(Buffer.from(word)), kind)
  return { signer, vkey: formatVkey(signer.key) }
}

type State = {
  readonly site: string
  readonly origin: string
  readonly simulated: ReadonlySet<string>
  readonly bodies: string[]
  readonly leaves: Uint8Array[]
  readonly tree: Tree
  /** Notes for the bundle, by the size they are of. */
  readonly notes: Map<number, string[]>
  /** Receipts for the bundle. */
  readonly receipts: string[]
}

/** `at`: when a witness signs, UTC s. */
type Signers = readonly (Signer | { readonly signer: Signer; readonly at: number })[]

export type Log = ReturnType<typeof createLog>

export function createLog(site: string, origin: string, simulated: ReadonlySet<string> = new Set()) {
  const bodies: string[] = []
  const notes = new Map<number, string[]>()
  const log: State = { site, origin, simulated, bodies, leaves: [], tree: createTree(sha256), notes, receipts: [] }
  const newest = () => Math.max(...notes.keys())
  return {
    origin,
    bodies,
    notes,
    append: (draft: EntryDraft) => appendBody(log, bodyOf(log, draft)),
    /** Any text at all, for what a gateway should never write. */
    appendBody: (body: string) => appendBody(log, body),
    /** A note over the tree as it is, kept for the bundle. */
    checkpoint: (signers: Signers, keep = true) => checkpoint(log, signers, keep),
    /** The receipt of a session, by the newest checkpoint that was kept: with all its confirmations. */
    receipt: (session: string, keep = false) => receipt(log, session, newest(), keep),
    /** The lines of a bundle of the first `entries` entries. */
    bundleLines: (entries = newest()) => bundleLines(log, entries),
    bundle: (entries = newest()): Uint8Array => Buffer.from(bundleLines(log, entries).join('')),
  }
}

function bodyOf({ site, simulated, bodies }: State, { kind, version, machine, session, at, data }: EntryDraft): string {
  return canonicalize({
    seq: bodies.length,
    kind,
    v: version,
    site,
    ...(machine === undefined ? {} : { machine }),
    ...(session === undefined ? {} : { session }),
    ...(machine !== undefined && simulated.has(machine) ? { simulated: true } : {}),
    at: new Date(at.wallMs).toISOString(),
    clock: at.clock,
    boot: at.bootId,
    mono: at.monoNs,
    data,
  })!
}

function appendBody({ bodies, leaves, tree }: State, body: string): number {
  const leaf = sha256(Buffer.concat([Buffer.from([0]), Buffer.from(body)]))
  bodies.push(body)
  leaves.push(leaf)
  tree.append(leaf)
  return bodies.length - 1
}

function checkpoint({ origin, tree, notes }: State, signers: Signers, keep: boolean): string {
  const note = signCheckpoint(
    { origin, size: tree.size, root: tree.root() },
    signers.map((signer) => ('signer' in signer ? signer : { signer })),
  )
  if (keep) notes.set(tree.size, [...(notes.get(tree.size) ?? []), note])
  return note
}

function receipt(
  { origin, bodies, leaves, notes, receipts }: State,
  session: string,
  size: number,
  keep: boolean,
): string {
  const isOf = (body: string, kind: string) => body.includes(`},"kind":"${kind}"`)
  const inForce = (kind: string, before: number) => bodies.findLastIndex((body, at) => at < before && isOf(body, kind))
  const mine = (kind: string) =>
    [...bodies.keys()].filter((at) => isOf(bodies[at]!, kind) && bodies[at]!.includes(`"session":"${session}"`))
  const [ended] = mine('SessionEnded') as [number]
  const identity = [inForce('GatewayStarted', ended), inForce('ConfigurationApplied', ended)]
  const source = leafSource(sha256, leaves)
  const entries = [...identity, ...mine('UnlockConfirmed'), ended].map((index) => ({
    index,
    body: bodies[index]!,
    proof: inclusionProof(sha256, index, size, source),
  }))
  const text = encodeReceipt({ origin, session, entries, checkpoint: notes.get(size)!.at(-1)! })
  if (keep) receipts.push(text)
  return text
}

function bundleLines({ site, origin, bodies, notes, receipts }: State, entries: number): string[] {
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
