/**
 * The reference of a ledger: what was committed, leaf by leaf, and the root of it, made the plain way (RFC 6962, 2.1).
 * I7: a cursor stands behind nothing that was not committed and taken. I8: entries are gapless and stay, and no signed
 * tree shrinks.
 */
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

type Row = { readonly seq: number; readonly body: Uint8Array; readonly leaf: Uint8Array }

export type LedgerJudge = ReturnType<typeof createLedgerJudge>

export function createLedgerJudge(db: DatabaseSync, acknowledged: ReadonlySet<number>) {
  let fault: string | undefined
  const happened: Record<string, number> = {}
  const leaves: Buffer[] = []
  const parked = new Set<number>()
  let cursor = 0
  let signed = 0
  const rows = db.prepare('SELECT seq, body, leaf FROM entry WHERE seq >= ? ORDER BY seq')
  const newest = db.prepare('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1')
  const stored = db.prepare("SELECT next FROM cursor WHERE sink = 'floor'")

  const broke = (rule: string, detail: string) => {
    fault ??= `${rule}: ${detail}`
  }
  const note = (name: string) => {
    happened[name] = (happened[name] ?? 0) + 1
  }

  /** After a commit that gave `seqs` entries. */
  function committed(entries: number): void {
    const added = rows.all(leaves.length) as Row[]
    if (added.length !== entries) broke('I8', `${entries} were committed, ${added.length} are there`)
    for (const { seq, body, leaf } of added) {
      if (seq !== leaves.length) broke('I8', `${seq} follows ${leaves.length - 1}`)
      if (!sha256(Buffer.of(0), body).equals(leaf)) broke('I8', `the leaf of ${seq} is of another body`)
      leaves.push(Buffer.from(leaf))
    }
  }

  /** All of it is as it was. */
  function compare(): void {
    const all = rows.all(0) as Row[]
    if (all.length !== leaves.length) broke('I8', `${all.length} entries, and ${leaves.length} were committed`)
    for (const [index, { seq, body, leaf }] of all.entries())
      if (seq !== index || !leaves[index]!.equals(leaf) || !sha256(Buffer.of(0), body).equals(leaf))
        broke('I8', `entry ${index} is not what it was`)
  }

  function checkpoint(): void {
    const row = newest.get() as { size: number; note: string } | undefined
    if (row === undefined) return
    const [, size, root] = row.note.split('\n')
    if (Number(size) < signed) broke('I8', `a tree of ${size} is signed after one of ${signed}`)
    if (Number(size) > leaves.length) broke('I8', `a tree of ${size} is signed, and there are ${leaves.length} entries`)
    else if (rootOf(leaves.slice(0, Number(size))).toString('base64') !== root)
      broke('I8', `the root of ${size} is another`)
    signed = Number(size)
    note('I8 a checkpoint')
  }

  /** What is durable of the cursor. */
  function saved(): void {
    const next = Number((stored.get() as { next: number } | undefined)?.next ?? 0)
    note('I7 a cursor saved')
    if (next > leaves.length) broke('I7', `the cursor is ${next} of ${leaves.length}`)
    for (let seq = cursor; seq < next; seq += 1)
      if (!acknowledged.has(seq) && !parked.has(seq)) broke('I7', `the cursor is ${next}, and ${seq} was never taken`)
    cursor = Math.max(cursor, next)
  }

  return {
    broke,
    note,
    committed,
    compare,
    checkpoint,
    saved,
    parked,
    happened,
    get size() {
      return leaves.length
    },
    get cursor() {
      return cursor
    },
    get fault() {
      return fault
    },
  }
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0]!
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)))
}
