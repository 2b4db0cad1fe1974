/**
 * A client of a tiled log as others write it (C2SP tlog-tiles): checkpoint, tiles, entry bundles and single proofs, by
 * their paths alone, with its own hashing.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyInclusion } from '../../../../gateway/ledger/evidence/merkle.ts'
import { parseTlogProof } from '../../../../gateway/ledger/evidence/receipt.ts'
import { type Bench, createBench } from '../bench.ts'
import { entryDraft } from '../rows.ts'

const SIZE = 600
let bench: Bench
let auditor: string
beforeAll(async () => {
  bench = await createBench()
  auditor = (await bench.addKey('auditor', 'Chen')).key.text
  bench.commit(...Array.from({ length: SIZE }, () => ({ kind: 'entry' as const, entry: entryDraft() })))
  bench.sign()
  // beyond what is signed nothing is served
  bench.commit({ kind: 'entry', entry: entryDraft() })
})
afterAll(() => bench.close())

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const get = (path: string, credential?: string) =>
  bench.app.inject({
    url: `/v1/ledger/${path}`,
    headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` },
  })
const hashesOf = async (path: string) => {
  const { statusCode, rawPayload } = await get(path)
  expect([path, statusCode]).toEqual([path, 200])
  return Array.from({ length: rawPayload.length / 32 }, (_, n) => rawPayload.subarray(n * 32, n * 32 + 32))
}
/** RFC 6962 §2.1. */
function root(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Uint8Array.of(1), root(leaves.slice(0, split)), root(leaves.slice(split)))
}

test('the tiles make the root that was signed, and the bundles hold the entries behind their leaves', async () => {
  const [, size, signed] = (await get('checkpoint')).body.split('\n')
  expect(size).toBe(String(SIZE))
  const leaves = (await Promise.all(['tile/0/000', 'tile/0/001', 'tile/0/002.p/88'].map(hashesOf))).flat()
  expect(Buffer.from(root(leaves)).toString('base64')).toBe(signed)
  const [first, second] = await hashesOf('tile/1/000.p/2')
  expect([first, second]).toEqual([root(leaves.slice(0, 256)), root(leaves.slice(256, 512))])
  expect((await get('bundle/002.p/88')).statusCode).toBe(401)
  const bundle = (await get('bundle/002.p/88', auditor)).rawPayload
  const entries: Buffer[] = []
  for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at))
    entries.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)))
  expect(entries.map((entry) => sha256(Uint8Array.of(0), entry))).toEqual(leaves.slice(512))
  for (const path of ['tile/0/002', 'tile/0/002.p/89', 'tile/0/003.p/1', 'tile/1/000', 'tile/2/000.p/1'])
    expect([path, (await get(path)).statusCode]).toEqual([path, 404])
})

test('the proof of an entry leads to the same checkpoint; what is not signed has none', async () => {
  const checkpoint = (await get('checkpoint')).body
  const signed = Buffer.from(checkpoint.split('\n')[2]!, 'base64')
  for (const seq of [0, 255, 256, 511, 599]) {
    const parsed = parseTlogProof((await get(`proof/${seq}`)).body)
    if (parsed.kind === 'refused') throw new Error(parsed.reason)
    const { index, hashes, checkpoint: note } = parsed.value
    const [entry] = bench.deps.reader.bodies(seq, seq + 1)
    expect([index, note]).toEqual([seq, checkpoint])
    expect(verifyInclusion(sha256, sha256(Uint8Array.of(0), entry!), seq, SIZE, hashes, signed)).toBe(true)
  }
  expect((await get(`proof/${SIZE}`)).statusCode).toBe(404)
})
