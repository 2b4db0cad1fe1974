/**
 * The bytes of photos, as files beside the ledger: a folder per machine, a file per SHA-256. They are kept for a stated
 * time and then removed; the entry keeps the hash. A photo is on disk before its entry is asked for, and goes again
 * when that is refused: who may make no report takes no room from others.
 * Read next: pixels.ts (what is left of a photo), front/api/machines/reports.ts (who is shown them).
 */
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

type Options = {
  readonly dir: string
  readonly keepMs: number
  /** Of all photos together. */
  readonly mostBytes: number
  nowMs(): number
}

export type Photos = {
  /** False when there is no room. Each call is settled later, whatever it says. */
  keep(machine: string, sha256: string, bytes: Uint8Array): Promise<boolean>
  /** Its report was taken, or not: then the photo goes, unless another report has it. */
  settle(machine: string, sha256: string, isTaken: boolean): Promise<void>
  /** Undefined when it is not here, or not any more. */
  read(machine: string, sha256: string): Promise<Buffer | undefined>
  /** What is too old goes. */
  sweep(): Promise<void>
}

/** A photo of reports that nobody has answered yet; two of them may have the same. */
type Asked = { reports: number; isTaken: boolean; bytesAdded: number }

export function createPhotos({ dir, keepMs, mostBytes, nowMs }: Options): Photos {
  /** Bytes held; undefined until they were counted. */
  let held: number | undefined
  let last: Promise<unknown> = Promise.resolve()
  const asked = new Map<string, Asked>()

  /** One after another, so that no photo goes while another report brings it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }

  async function count(): Promise<number> {
    let left = 0
    for (const path of await filesIn(dir)) {
      const { mtimeMs, size } = await stat(path)
      if (mtimeMs < nowMs() - keepMs) await rm(path, { force: true })
      else left += size
    }
    held = left
    return left
  }

  /** The bytes that it added; undefined: there is no room. One that is here already is kept as long as a new one. */
  async function store(path: string, bytes: Uint8Array): Promise<number | undefined> {
    const before = held ?? (await count())
    if ((await orMissing(stat(path), undefined)) !== undefined) {
      await utimes(path, nowMs() / 1000, nowMs() / 1000)
      return 0
    }
    if (before + bytes.length > mostBytes) return undefined
    held = before + bytes.length
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, bytes, { flush: true, mode: 0o600 })
    return bytes.length
  }

  return {
    sweep: () => inTurn(async () => void (await count())),
    keep(machine, sha256, bytes) {
      const path = join(dir, machine, sha256)
      const own = asked.get(path) ?? { reports: 0, isTaken: false, bytesAdded: 0 }
      asked.set(path, own)
      own.reports += 1
      return inTurn(async () => {
        const added = await store(path, bytes)
        own.bytesAdded += added ?? 0
        return added !== undefined
      })
    },
    async settle(machine, sha256, isTaken) {
      const path = join(dir, machine, sha256)
      const own = asked.get(path)!
      own.reports -= 1
      own.isTaken ||= isTaken
      await inTurn(async () => {
        if (own.reports > 0 || asked.get(path) !== own) return
        asked.delete(path)
        if (own.isTaken || own.bytesAdded === 0) return
        await rm(path, { force: true })
        held! -= own.bytesAdded
      })
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
