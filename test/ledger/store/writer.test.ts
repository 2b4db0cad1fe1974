import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { timeNs } from '../../../gateway/ledger/store/read-entries.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function ledgerPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-ledger-'))
  folders.push(folder)
  return join(folder, 'ledger.sqlite')
}

const options = { site: 'test', simulated: new Set(['sim']) }
const entry = (over: Partial<EntryDraft> = {}): Change => ({
  kind: 'entry',
  entry: {
    kind: 'LinkLost',
    version: 1,
    at: { wallMs: 1_767_600_000_123, monoNs: '5', bootId: 'b', clock: 'synchronised' },
    data: { link: 'plc', ünï: 'ä€' },
    ...over,
  },
})

describe('the writer', () => {
  it('gives entries gapless sequences from 0 and goes on after a restart', () => {
    const path = ledgerPath()
    let writer = createWriter(openWriter(path), options)
    expect(writer.commit([[entry(), entry()], [entry()]])).toEqual([
      { firstSeq: 0, nextSeq: 2 },
      { firstSeq: 2, nextSeq: 3 },
    ])
    writer.close()
    writer = createWriter(openWriter(path), options)
    expect(writer.commit([[entry()]])).toEqual([{ firstSeq: 3, nextSeq: 4 }])
    writer.close()
  })

  it('stores the body as canonical JSON with the leaf hash over those very bytes', () => {
    const path = ledgerPath()
    const writer = createWriter(openWriter(path), options)
    writer.commit([[entry({ machine: 'sim', session: 's1' })]])
    writer.close()
    const row = new DatabaseSync(path).prepare('SELECT body, leaf FROM entry').get() as {
      body: Uint8Array
      leaf: Uint8Array
    }
    const text = Buffer.from(row.body).toString('utf8')
    expect(text).toBe(
      '{"at":"2026-01-05T08:00:00.123Z","boot":"b","clock":"synchronised","data":{"link":"plc","ünï":"ä€"},"kind":"LinkLost","machine":"sim","mono":"5","seq":0,"session":"s1","simulated":true,"site":"test","v":1}',
    )
    // RFC 6962, 2.1: the hash of a leaf is SHA-256(0x00 || entry).
    expect(Buffer.from(row.leaf)).toEqual(
      createHash('sha256')
        .update(Buffer.concat([Buffer.from([0]), Buffer.from(row.body)]))
        .digest(),
    )
  })

  it('never lets an entry be changed or removed', () => {
    const path = ledgerPath()
    const writer = createWriter(openWriter(path), options)
    writer.commit([[entry()]])
    writer.close()
    const db = new DatabaseSync(path)
    expect(() => db.exec(`UPDATE entry SET kind = 'x'`)).toThrow(/immutable/)
    expect(() => db.exec('DELETE FROM entry')).toThrow(/immutable/)
    db.close()
  })

  it('keeps nothing of a group of which one part fails', () => {
    const path = ledgerPath()
    const writer = createWriter(openWriter(path), options)
    const used: Change = { kind: 'token-used', jti: 'j', session: 's', expMs: 1 }
    writer.commit([[used]])
    expect(() => writer.commit([[entry()], [entry(), used]])).toThrow(/ledger could not be written/)
    writer.close()
    const reader = createReader(path)
    expect(reader.head().nextSeq).toBe(0)
    reader.close()
  })

  it('refuses an entry that no bundle could hold', () => {
    const writer = createWriter(openWriter(ledgerPath()), options)
    expect(() => writer.commit([[entry({ data: { text: 'x'.repeat(70_000) } })]])).toThrow(/65535/)
    writer.close()
  })

  it('keeps the samples of an older gateway until each sink has had them', () => {
    const path = ledgerPath()
    const db = openWriter(path)
    for (let n = 0; n < 25; n++)
      db.prepare(
        `INSERT INTO sample (n, kind, machine, id, at, quality) VALUES (?, 'signal', 'm', 'm/a.x', 1, 'bad')`,
      ).run(n)
    const writer = createWriter(db, options)
    const reader = createReader(path)
    expect(writer.nextSample).toBe(25)
    writer.setCursor('influx', 0, 15)
    writer.setCursor('mqtt', 0, 20)
    expect(reader.samples(0, 100).map(({ n }) => n)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24])
    writer.setCursor('influx', 0, 25)
    expect(reader.samples(0, 100).map(({ n }) => n)).toEqual([20, 21, 22, 23, 24])
    reader.close()
    writer.close()
  })

  it('brings BigInt state back exactly', () => {
    const path = ledgerPath()
    const writer = createWriter(openWriter(path), options)
    const state = {
      meter: 'm/a.x',
      machine: 'm',
      kind: 'register' as const,
      unit: 'Wh',
      epoch: 1,
      raw: 2n ** 63n + 1n,
      firstRaw: 0n,
      wraps: 0n,
      total: 2n ** 64n,
      accounts: { session: 1n, unassigned: 2n, disputed: 3n },
      atMs: 1,
      atNs: 2n,
      bootId: 'b',
      carryNs: 0n,
      holding: false,
      recordedTotal: 0n,
    }
    writer.commit([[{ kind: 'meter', state }]])
    const reader = createReader(path)
    expect(reader.meter('m/a.x')).toEqual(state)
    reader.close()
    writer.close()
  })
})

describe('opening', () => {
  it('refuses a ledger from which entries are missing', () => {
    const path = ledgerPath()
    const writer = createWriter(openWriter(path), options)
    writer.commit([[entry(), entry(), entry()]])
    writer.close()
    const db = new DatabaseSync(path)
    db.exec('DROP TRIGGER entry_remains; DELETE FROM entry WHERE seq = 1')
    db.close()
    expect(() => createWriter(openWriter(path), options)).toThrow(/entries are missing/)
  })

  it('refuses a schema newer than this software', () => {
    const path = ledgerPath()
    openWriter(path).close()
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(() => openWriter(path)).toThrow(/newer software/)
  })

  it('refuses a file that is no database', async () => {
    const path = ledgerPath()
    const { writeFileSync } = await import('node:fs')
    writeFileSync(path, 'not a database at all, but long enough to be looked at as one '.repeat(20))
    expect(() => openWriter(path)).toThrow(/cannot be opened/)
  })

  it('has full durability each time', () => {
    const path = ledgerPath()
    for (let time = 0; time < 2; time++) {
      const db = openWriter(path)
      expect(Object.values(db.prepare('PRAGMA synchronous').get()!)).toEqual([2])
      expect(Object.values(db.prepare('PRAGMA journal_mode').get()!)).toEqual(['wal'])
      db.close()
    }
  })
})

describe('the reader', () => {
  it('makes something of each entry in order, however many are asked for', () => {
    const path = ledgerPath()
    const writer = createWriter(openWriter(path), options)
    writer.commit([Array.from({ length: 250 }, () => entry({ machine: 'saw' }))])
    writer.close()
    const reader = createReader(path)
    for (const limit of [0, 1, 99, 100, 101, 200, 240, 1_000]) {
      const made = reader.mapEntries(10, limit, ({ seq, machine }) => `${machine} ${seq}`)
      expect(made).toEqual(reader.entries(10, limit).map(({ body }) => `${body.machine} ${body.seq}`))
      expect(made).toHaveLength(Math.min(limit, 240))
    }
    reader.close()
  })
})

describe('timestamps', () => {
  it('are wall time and number, beyond 2^53, and differ within a millisecond', () => {
    expect(timeNs(1_767_600_000_123, 7)).toBe('1767600000123000007')
    expect(timeNs(1_767_600_000_123, 1_000_007)).toBe('1767600000123000007')
    expect(timeNs(1_767_600_000_123, 8)).not.toBe(timeNs(1_767_600_000_123, 7))
  })
})
