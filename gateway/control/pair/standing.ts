/** What a box remembers of its pair, durable before anything follows from it. Read next: core/pair/begin.ts. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Standing } from '../../core/pair/begin.ts'
import { writeWhole } from '../host/files.ts'
import { PAIR } from '../host/names.ts'

export function readStanding(dataDir: string): Standing | undefined {
  const path = join(dataDir, PAIR)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Standing) : undefined
}

export const writeStanding = (dataDir: string, standing: Standing): void =>
  writeWhole(join(dataDir, PAIR), JSON.stringify(standing))
