import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import type { EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { parseCheckpoint } from '../../../gateway/ledger/evidence/checkpoint.ts'
import {
  consistencyProof,
  createTree,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../../gateway/ledger/evidence/merkle.ts'
import { createSigner, formatVkey, parseNote } from '../../../gateway/ledger/evidence/note.ts'
import { tileSource } from '../../../gateway/ledger/evidence/tile.ts'
import { issueBundle, issueReceipt } from '../../../gateway/ledger/issue.ts'
import { nodeSha256 as sha256 } from '../../../gateway/ledger/log/native.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader, type Reader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter, type Writer } from '../../../gateway/ledger/store/writer.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'

const ORIGIN = 'test/0011223344556677'
const signer = createSigner(ORIGIN, new Uint8Array(32).fill(7))
const vkey = formatVkey(signer.key)
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function open(
  path = join(mkdtempSync(join(tmpdir(), 'latchkey-log-')), 'ledger.sqlite'),
  log = true,
): { path: string; writer: Writer } {
  folders.push(join(path, '..'))
  const writer = createWriter(openWriter(path), {
    site: 'test',
    simulated: new Set(),
    ...(log ? { log: { origin: ORIGIN, signers: [signer] } } : {}),
  })
  return { path, writer }
}

const entry = (
  kind: EntryKind = 'LinkLost',
  data: JsonObject = {},
  more: { machine?: string; session?: string } = {},
): Change => ({
  kind: 'entry',
  entry: {
    kind,
    version: 1,
    at: { wallMs: 1_767_600_000_000, monoNs: '5', bootId: 'b', clock: 'synchronised' },
    data,
    ...more,
  },
})

const grow = (writer: Writer, count: number) => writer.commit([Array.from({ length: count }, () => entry())])

const source = (reader: Reader, size: number) =>
  tileSource(sha256, size, ({ level, index, width }) => reader.tile(level as number, index, width))

function leaves(path: string): Uint8Array[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare('SELECT leaf FROM entry ORDER BY seq').all() as { leaf: Uint8Array }[]
  db.close()
  return rows.map(({ leaf }) => leaf)
}

function rootOf(note: string): { size: number; root: Uint8Array } {
  const parsed = parseNote(note)
  const checkpoint = parsed.kind === 'ok' ? parseCheckpoint(parsed.value.text) : parsed
  if (checkpoint.kind !== 'ok') throw new Error('no checkpoint')
  return checkpoint.value
}

describe('the log beside the entries', () => {
  it('has the root of a tree made from its leaves alone, over restarts and full tiles', () => {
    let { path, writer } = open()
    for (const count of [1, 254, 1, 1, 300, 70_000]) {
      grow(writer, count)
      if (count === 300) {
        writer.close()
        writer = open(path).writer
      }
      writer.checkpoint(1)
    }
    const tree = createTree(sha256)
    for (const leaf of leaves(path)) tree.append(leaf)
    const reader = createReader(path)
    const signed = rootOf(reader.checkpoint()!.note)
    expect(signed.size).toBe(70_557)
    expect(Buffer.from(signed.root)).toEqual(Buffer.from(tree.root()))
    reader.close()
    writer.close()
  })

  it('proves each entry and each older checkpoint from its tiles', () => {
    const { path, writer } = open()
    const sizes = [3, 256, 257, 600, 1100]
    let size = 0
    for (const next of sizes) {
      grow(writer, next - size)
      size = next
      writer.checkpoint(1)
    }
    const reader = createReader(path)
    const newest = rootOf(reader.checkpoint()!.note)
    const all = leaves(path)
    const from = source(reader, newest.size)
    for (const index of [0, 1, 255, 256, 511, 1099])
      expect(
        verifyInclusion(
          sha256,
          all[index]!,
          index,
          newest.size,
          inclusionProof(sha256, index, newest.size, from),
          newest.root,
        ),
      ).toBe(true)
    for (const { note } of reader.checkpoints(0, 10)) {
      const older = rootOf(note)
      const proof = consistencyProof(sha256, older.size, newest.size, from)
      expect(verifyConsistency(sha256, older, newest, proof)).toBe(true)
    }
    reader.close()
    writer.close()
  })

  it('is built for a ledger that had none, and signs nothing twice', () => {
    const before = open(undefined, false)
    grow(before.writer, 700)
    before.writer.close()
    const { writer, path } = open(before.path)
    expect(writer.checkpoint(1)).toBe(700)
    expect(writer.checkpoint(2)).toBeUndefined()
    const tree = createTree(sha256)
    for (const leaf of leaves(path)) tree.append(leaf)
    const reader = createReader(path)
    expect(Buffer.from(rootOf(reader.checkpoint()!.note).root)).toEqual(Buffer.from(tree.root()))
    reader.close()
    writer.close()
  })

  it('refuses the key of another log', () => {
    const { path, writer } = open()
    grow(writer, 1)
    writer.close()
    const other = { origin: 'test/other', signers: [createSigner('test/other', new Uint8Array(32).fill(9))] }
    expect(() => createWriter(openWriter(path), { site: 'test', simulated: new Set(), log: other })).toThrow(
      /its own key/,
    )
  })

  it('lets no checkpoint be changed', () => {
    const { path, writer } = open()
    grow(writer, 1)
    writer.checkpoint(1)
    writer.close()
    const db = new DatabaseSync(path)
    expect(() => db.exec(`UPDATE checkpoint SET note = ''`)).toThrow(/immutable/)
    expect(() => db.exec('DELETE FROM checkpoint')).toThrow(/immutable/)
    db.close()
  })
})

describe('what is issued', () => {
  const point = (raw: string, total: string) => ({
    meter: 'm/a.parts',
    unit: 'pcs',
    raw,
    epoch: 1,
    total,
    at: 1_767_600_000_000,
  })

  function used(writer: Writer): void {
    writer.commit([
      [
        entry('GatewayStarted', { version: '0.1.0', node: 'v24', fencingId: 0 }),
        entry('ConfigurationApplied', { configurationId: 'abc', machines: 1, links: 1 }),
      ],
    ])
    const one = { machine: 'm', session: 's1' }
    writer.commit([
      [
        entry(
          'MeterChanged',
          {
            meter: 'm/a.parts',
            change: 'first',
            unit: 'pcs',
            to: '5',
            delta: '0',
            account: 'unassigned',
            epoch: 1,
            total: '0',
          },
          { machine: 'm' },
        ),
        entry(
          'UnlockIntended',
          {
            booking: 'b',
            tenant: 't-1',
            by: 'tenant',
            token: '16',
            tag: 1,
            resume: false,
            bookedUntil: '2026-01-05T09:00:00.000Z',
            begin: [point('5', '0')],
          },
          one,
        ),
        entry(
          'UnlockConfirmed',
          {
            token: '16',
            tag: 1,
            plcBootId: 1,
            plcState: 'enabled',
            leaseLeftMs: 5000,
            resume: false,
            begin: [point('5', '0')],
          },
          one,
        ),
        entry(
          'SessionEnded',
          {
            booking: 'b',
            tenant: 't-1',
            stoppedReason: 'Local',
            startedAt: '2026-01-05T08:00:00.000Z',
            endedAt: '2026-01-05T08:00:00.000Z',
            begin: [point('5', '0')],
            end: [point('8', '3')],
            use: [{ meter: 'm/a.parts', unit: 'pcs', quantity: '3' }],
          },
          one,
        ),
      ],
    ])
  }

  it('is a receipt that the verifier takes, once a checkpoint covers the end', () => {
    const { path, writer } = open()
    used(writer)
    const reader = createReader(path)
    expect(issueReceipt(reader, 's1')).toBeUndefined()
    writer.checkpoint(1)
    const verdict = verifyReceipt(issueReceipt(reader, 's1')!, [vkey])
    expect(verdict.faults).toEqual([])
    expect(verdict.ok).toBe(true)
    expect(issueReceipt(reader, 'nobody')).toBeUndefined()
    reader.close()
    writer.close()
  })

  it('is a bundle that the verifier takes and adds up to the same', () => {
    const { path, writer } = open()
    used(writer)
    writer.checkpoint(1)
    grow(writer, 300)
    writer.checkpoint(2)
    const reader = createReader(path)
    const bundle = Buffer.concat([...issueBundle(reader, 'test')].map((piece) => Buffer.from(piece)))
    const verdict = verifyBundle(bundle, [vkey], { sha256 })
    expect(verdict.faults).toEqual([])
    expect(verdict.ok).toBe(true)
    bundle[400] = bundle[400]! ^ 1
    expect(verifyBundle(bundle, [vkey], { sha256 }).ok).toBe(false)
    reader.close()
    writer.close()
  })
})
