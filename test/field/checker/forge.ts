/**
 * From entries to evidence, with the real key: their tree, checkpoints at any size, receipts, and the lines of a
 * bundle. Entries are bytes of any kind, which no gateway would hash. Read next: signing.ts (what can be signed
 * wrongly).
 */
import { checkpointLine, endLine, headerLine, receiptLine } from '../../../gateway/ledger/evidence/bundle.ts'
import { canonicalJson } from '../../../gateway/ledger/evidence/canonical.ts'
import { signCheckpoint } from '../../../gateway/ledger/evidence/checkpoint.ts'
import { createTree, inclusionProof, leafHash, leafSource } from '../../../gateway/ledger/evidence/merkle.ts'
import { encodeReceipt } from '../../../gateway/ledger/evidence/receipt.ts'
import { keyOf, sha256 } from '../../ledger/verify/shop/log.ts'
import { type Body, ORIGIN, SITE } from './stories.ts'

export const key = keyOf('field', ORIGIN)
export const stranger = keyOf('field stranger', ORIGIN)
export const witness = keyOf('field witness', 'witness.example/w1', 'witness')

/** A case for both verifiers. */
export type Evidence = {
  readonly bytes: Uint8Array
  readonly keys: readonly string[]
  /** Checkpoints kept outside. */
  readonly held: readonly string[]
}

export const evidenceOf = (parts: readonly (Uint8Array | string)[], more: Partial<Evidence> = {}): Evidence => ({
  bytes: Buffer.concat(parts.map((part) => Buffer.from(part))),
  keys: [key.vkey],
  held: [],
  ...more,
})

export const textsOf = (bodies: readonly Body[]): Buffer[] => bodies.map((body) => Buffer.from(canonicalJson(body)))

/** A checkpoint before it is signed. */
export type Root = { readonly size: number; readonly root: Uint8Array }
export type Sign = (checkpoint: Root) => string

export const signByKey: Sign = ({ size, root }) =>
  signCheckpoint({ origin: ORIGIN, size, root }, [{ signer: key.signer }])

export type Forged = ReturnType<typeof forge>

/** `sizes`: where checkpoints stand; the newest is the one that receipts are made under. */
export function forge(entries: readonly Buffer[], sizes: readonly number[], sign: Sign = signByKey) {
  const leaves = entries.map((entry) => leafHash(sha256, entry))
  const source = leafSource(sha256, leaves)
  const notes = new Map<number, string>()
  const tree = createTree(sha256)
  for (let size = 0; size <= entries.length; size++) {
    if (size > 0) tree.append(leaves[size - 1]!)
    if (sizes.includes(size)) notes.set(size, sign({ size, root: tree.root() }))
  }
  const newest = Math.max(...sizes)

  /** The entries of these indexes under the newest checkpoint, whatever they say. */
  function receipt(session: string, indexes: readonly number[], size = newest): string {
    const proven = [...new Set(indexes)].map((index) => {
      const body = entries[index]!.toString()
      return { index, body, proof: inclusionProof(sha256, index, size, source) }
    })
    return encodeReceipt({ origin: ORIGIN, session, checkpoint: notes.get(size)!, entries: proven })
  }

  /** Header, entries and checkpoints, then these receipts, then the end: each with its newline. */
  function lines(receipts: readonly string[]): (string | Buffer)[] {
    const between = entries.flatMap((entry, index) => [
      Buffer.concat([entry, Buffer.from('\n')]),
      ...noteLine(index + 1),
    ])
    const end = { entries: entries.length, checkpoints: notes.size, receipts: receipts.length }
    return [
      headerLine({ origin: ORIGIN, site: SITE }),
      ...noteLine(0),
      ...between,
      ...receipts.map(receiptLine),
      endLine(end),
    ]
  }
  const noteLine = (size: number) => (notes.has(size) ? [checkpointLine(notes.get(size)!)] : [])

  return { entries, notes, newest, receipt, lines }
}

/**
 * What the receipt of a session holds: its confirmations, its end, and what was in force then. Empty before its end.
 */
export function provenOf(bodies: readonly Body[], session: string): number[] {
  const of = (kind: string) => [...bodies.keys()].filter((at) => bodies[at]!.kind === kind)
  const mine = (kind: string) => of(kind).filter((at) => bodies[at]!.session === session)
  const [ended] = mine('SessionEnded')
  if (ended === undefined) return []
  const inForce = ['GatewayStarted', 'ConfigurationApplied'].map((kind) => of(kind).findLast((at) => at < ended))
  return [...inForce.filter((at) => at !== undefined), ...mine('UnlockConfirmed'), ended]
}

export const endedSessions = (bodies: readonly Body[]): string[] => [
  ...new Set(bodies.filter(({ kind }) => kind === 'SessionEnded').map(({ session }) => String(session))),
]

export const sessionReceipts = (log: Pick<Forged, 'receipt'>, bodies: readonly Body[]): string[] =>
  endedSessions(bodies).map((session) => log.receipt(session, provenOf(bodies, session)))
