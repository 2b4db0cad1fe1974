/** What a box remembers of its pair, durable before anything follows from it. Read next: core/pair/begin.ts. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Standing } from '../../core/pair/begin.ts'
import { writeWhole } from '../host/files.ts'
import { PAIR, PAIR_FOLDER } from '../host/names.ts'

export function readStanding(dataDir: string): Standing | undefined {
  const path = join(dataDir, PAIR)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Standing) : undefined
}

export const writeStanding = (dataDir: string, standing: Standing): void =>
  writeWhole(join(dataDir, PAIR), JSON.stringify(standing))

/** A word for this data folder, the same for ever; made when it is first asked for. */
export function folderId(dataDir: string): string {
  const path = join(dataDir, PAIR_FOLDER)
  if (!existsSync(path)) writeWhole(path, randomUUID())
  return readFileSync(path, 'utf8')
}
