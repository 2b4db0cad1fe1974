/**
 * What this gateway has left behind at the broker, kept in dataDir: which topics are retained, so that those of a
 * machine that left the site file can be cleared, and the newest checkpoint, so that a rollback is noticed here too.
 * It is no evidence: who can write to the disk can write it. Read next: mqtt.ts and outside.ts (the callers).
 */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { SinkLog } from './sink.ts'

/** In dataDir. */
export const RETAINED = 'mqtt-retained.json'

export type Published = { readonly topics: readonly string[]; readonly checkpoint?: string }

export type Memory = {
  read(): Published
  /** Whole or not at all. A fault of the disk is logged: it costs topics that stay, nothing else. */
  write(next: Published): Promise<void>
}

const NOTHING: Published = { topics: [] }

export function openMemory(path: string, log: Pick<SinkLog, 'warn'>): Memory {
  let known = readMemory(path, log)
  let writing = Promise.resolve()
  return {
    read: () => known,
    write(next) {
      known = next
      writing = writing
        .then(() => replace(path, JSON.stringify(next)))
        .catch((cause) => {
          log.warn({ err: cause }, 'what is retained at the broker could not be written down')
        })
      return writing
    },
  }
}

function readMemory(path: string, log: Pick<SinkLog, 'warn'>): Published {
  try {
    const { topics, checkpoint } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string'))
      throw new Error('no topics in it')
    return { topics, ...(typeof checkpoint === 'string' ? { checkpoint } : {}) }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn(
        { err: cause },
        'what was retained at the broker cannot be read: topics of machines that left stay there',
      )
    return NOTHING
  }
}

/** Whole or not at all. */
export async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}
