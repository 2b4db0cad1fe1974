/**
 * The bytes of photos, as files beside the ledger: a folder per machine, a file per SHA-256. They are kept for a stated
 * time and then removed; the entry keeps the hash. A photo is on disk before its entry is asked for.
 * Read next: pixels.ts (what is left of a photo), front/api/machines/reports.ts (who is shown them).
 */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

type Options = {
  readonly dir: string
  readonly keepMs: number
  /** Of all photos together. */
  readonly mostBytes: number
  nowMs(): number
}

export type Photos = {
  /** False when there is no room. */
  keep(machine: string, sha256: string, bytes: Uint8Array): Promise<boolean>
  /** Undefined when it is not here, or not any more. */
  read(machine: string, sha256: string): Promise<Buffer | undefined>
  /** What is too old goes. */
  sweep(): Promise<void>
}

export function createPhotos({ dir, keepMs, mostBytes, nowMs }: Options): Photos {
  /** Bytes held; undefined until they were counted. */
  let held: number | undefined

  async function sweep(): Promise<void> {
    let left = 0
    for (const path of await filesIn(dir)) {
      const { mtimeMs, size } = await stat(path)
      if (mtimeMs < nowMs() - keepMs) await rm(path, { force: true })
      else left += size
    }
    held = left
  }

  return {
    sweep,
    async keep(machine, sha256, bytes) {
      if (held === undefined) await sweep()
      if (held! + bytes.length > mostBytes) return false
      held! += bytes.length
      await mkdir(join(dir, machine), { recursive: true, mode: 0o700 })
      await writeFile(join(dir, machine, sha256), bytes, { flush: true, mode: 0o600 })
      return true
    },
    read: (machine, sha256) => orMissing(readFile(join(dir, machine, sha256)), undefined),
  }
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await orMissing(readdir(dir, { recursive: true, withFileTypes: true }), [])
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

async function orMissing<T, U>(work: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return missing
    throw error
  }
}
