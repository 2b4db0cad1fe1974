/** A ledger of every schema that was released opens today, with all that it held; a newer one is refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { holdAgainst } from '../../../gateway/ledger/anchor.ts'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { migrations } from '../../../gateway/ledger/store/migrations/index.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import { verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'

const FOLDER = join(import.meta.dirname, 'released')
const released = readdirSync(FOLDER).flatMap((name) => /^(\d+)\.json\.gz$/.exec(name)?.[1] ?? [])

type Kept = {
  readonly session: string
  readonly entries: number
  readonly keys: readonly string[]
  readonly receipt: string
  /** base64 */
  readonly ledger: string
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-released-'))
afterAll(() => rmSync(folder, { recursive: true }))

function opened(schema: string): Kept & { readonly path: string } {
  const kept = JSON.parse(gunzipSync(readFileSync(join(FOLDER, `${schema}.json.gz`))).toString('utf8')) as Kept
  const path = join(folder, `${schema}.sqlite`)
  writeFileSync(path, Buffer.from(kept.ledger, 'base64'))
  return { ...kept, path }
}

describe.each(released)('a ledger of schema %s', (schema) => {
  const { path, session, entries, keys, receipt } = opened(schema)

  it('is brought to the schema of today, with every entry and what follows from them', () => {
    createWriter(openWriter(path), { site: 'released', simulated: new Set() }).close()
    const { user_version: version } = new DatabaseSync(path).prepare('PRAGMA user_version').get() as {
      user_version: number
    }
    expect(version).toBe(migrations.length)
    const reader = createReader(path)
    expect(reader.head().nextSeq).toBe(entries)
    expect(reader.session(session)).toMatchObject({ status: 'ended' })
    expect(reader.machines()).toEqual([expect.objectContaining({ machine: 'booth-1', fencingCounter: 1 })])
    expect([reader.usedTokens().length, reader.bookings(0, 10).length, reader.keys().length]).toEqual([1, 1, 2])
    expect(reader.meters().length).toBeGreaterThan(1)
    reader.close()
  })

  it('goes on from what it signed, and its receipt is good', () => {
    const reader = createReader(path)
    expect(holdAgainst(reader, reader.checkpoint()?.note, keys)).toMatchObject({ kind: 'anchored' })
    reader.close()
    expect(verifyReceipt(receipt, keys, { sha256: nodeSha256, ed25519: createNodeEd25519() })).toMatchObject({
      ok: true,
    })
  })
})

it('a schema that is not known yet is refused, and says which software it needs', () => {
  const path = join(folder, 'newer.sqlite')
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  db.close()
  expect(() => openWriter(path)).toThrow(
    `the ledger has schema ${migrations.length + 1}; this software knows ${migrations.length}`,
  )
})
