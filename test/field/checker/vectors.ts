/** The committed vectors as cases for both verifiers. Read next: test/ledger/verify/vectors/make.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Vector } from '../../ledger/verify/vectors/make.ts'
import type { Evidence } from './forge.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'ledger', 'verify', 'vectors')

export function vectorCases(): readonly {
  readonly file: string
  readonly vector: Vector
  readonly evidence: Evidence
}[] {
  const read = (file: string) => readFileSync(join(FOLDER, file))
  const list = JSON.parse(read('vectors.json').toString()) as Vector[]
  return list.map((vector) => {
    const held = vector.held.map((file) => read(file).toString())
    return { file: vector.file, vector, evidence: { bytes: read(vector.file), keys: vector.keys, held } }
  })
}
