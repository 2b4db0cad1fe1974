/**
 * The keys of an issuer on disk, one file per issuer and URL. A fault of the disk is logged: the keys in memory hold.
 * Read next: key-set.ts.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { JSONWebKeySet } from 'jose'
import type { Logger } from 'pino'
import { readJwks } from './jwks.ts'

export type KeyCache = { read(): Promise<JSONWebKeySet | undefined>; write(keys: JSONWebKeySet): Promise<void> }

export function openKeyCache(issuer: string, url: string, dataDir: string, log: Logger): KeyCache {
  const folder = join(dataDir, 'jwks')
  const name = createHash('sha256').update(`${issuer}\n${url}`).digest('hex').slice(0, 32)
  const path = join(folder, `${name}.json`)
  return {
    async read() {
      try {
        return readJwks(await readFile(path))
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn({ err: cause }, 'the kept keys of an issuer cannot be read')
        return undefined
      }
    },
    async write(keys) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        await replace(path, JSON.stringify(keys))
      } catch (cause) {
        log.warn({ err: cause }, 'the keys of an issuer could not be kept')
      }
    },
  }
}

/** Whole or not at all. */
async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
