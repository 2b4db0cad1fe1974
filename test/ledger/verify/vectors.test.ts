import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import { type Vector, vectors } from './vectors/make.ts'

const FOLDER = join(import.meta.dirname, 'vectors')
const list = JSON.parse(readFileSync(join(FOLDER, 'vectors.json'), 'utf8')) as Vector[]
const read = (file: string) => readFileSync(join(FOLDER, file))

describe('a committed vector', () => {
  it.each(list.map((vector) => [vector.file, vector] as const))('%s gets its verdict', (_file, vector) => {
    const held = vector.held.map((file) => read(file).toString('utf8'))
    for (const options of [
      { held },
      { held, sha256: nodeSha256, ed25519: createNodeEd25519() },
      { held, thorough: true },
    ]) {
      const verify = vector.kind === 'receipt' ? verifyReceipt : verifyBundle
      const verdict = verify(read(vector.file), vector.keys, options)
      expect(verdict.faults.map(({ code }) => code)).toEqual(vector.ok ? [] : expect.arrayContaining([vector.fault]))
      expect(verdict.ok).toBe(vector.ok)
      if (vector.sessions !== undefined)
        expect(Object.fromEntries(verdict.facts.meters.map(({ meter, sessions }) => [meter, sessions]))).toEqual(
          vector.sessions,
        )
    }
  })

  it('is what its generator makes', () => {
    const made = vectors()
    expect(list).toEqual(made.list)
    for (const [file, content] of made.files) expect(read(file).equals(Buffer.from(content)), file).toBe(true)
    expect(readdirSync(FOLDER).sort()).toEqual([...made.files.keys(), 'make.ts', 'vectors.json'].sort())
  })
})
