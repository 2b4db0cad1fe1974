/**
 * What became of each try of a webhook, kept in dataDir: who was told what, when, how often, what was answered, and
 * when it was stopped. A try is written down before the delivery goes on, so a kill of the process loses none; a cut
 * of the power may lose those of the last half minute. There are two files, and the older one goes when the newer is
 * full. It is no evidence: whoever can write to the disk can write it. A disk that takes nothing holds up no delivery.
 * Read next: webhook.ts (who writes), front/api/webhooks/ (who reads).
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { appendFile, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { SinkLog } from './sink.ts'

/** One try, for people. `error`: there was no answer. */
export type Attempt = {
  readonly at: number
  readonly id: string
  /** Sequence of the entry; absent: an event for a try. */
  readonly entry?: number
  readonly type: string
  readonly status?: number
  readonly error?: string
  readonly ms: number
  /** With it the webhook was stopped. */
  readonly stopped?: string
}

export type DeliveryRecord = {
  /** Resolves when it is in the file, or when that is not to be had. */
  add(attempt: Attempt): Promise<void>
  /** The last ones, oldest first. */
  recent(): readonly Attempt[]
  /** All that are kept, oldest first. */
  all(): Promise<readonly Attempt[]>
}

type RecordOptions = {
  readonly folder: string
  readonly id: string
  /** Tries that are kept at least; twice as many are at most. */
  readonly most: number
  readonly log: Pick<SinkLog, 'warn'>
}

const RECENT = 100
/** Lines that are read in one turn: others wait for less than two milliseconds. */
const AT_ONCE = 500

export function openDeliveryRecord({ folder, id, most, log }: RecordOptions): DeliveryRecord {
  const [newer, older] = [join(folder, `${id}.jsonl`), join(folder, `${id}.older.jsonl`)] as const
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = textOf(newer)
  let lines = found.split('\n').length - 1
  // The power may have been cut in the middle of a line.
  let broken = found !== '' && !found.endsWith('\n')
  let recent: readonly Attempt[] = [...attemptsIn(textOf(older)), ...attemptsIn(found)].slice(-RECENT)
  let writing = Promise.resolve()
  let isFailing = false

  async function write(attempt: Attempt): Promise<void> {
    if (lines >= most) {
      await rename(newer, older)
      lines = 0
    }
    await appendFile(newer, `${broken ? '\n' : ''}${JSON.stringify(attempt)}\n`, { mode: 0o600 })
    broken = false
    lines += 1
    isFailing = false
  }

  return {
    add(attempt) {
      recent = [...recent.slice(1 - RECENT), attempt]
      writing = writing
        .then(() => write(attempt))
        .catch((cause) => {
          if (!isFailing) log.warn({ err: cause }, `deliveries of webhook ${id} cannot be written down`)
          isFailing = true
          broken = true
        })
      return writing
    },
    recent: () => recent,
    async all() {
      await writing
      const texts = await Promise.all([older, newer].map((path) => readFile(path, 'utf8').catch(() => '')))
      const lines = texts.flatMap((text) => text.split('\n'))
      const attempts: Attempt[] = []
      for (let from = 0; from < lines.length; from += AT_ONCE) {
        attempts.push(...lines.slice(from, from + AT_ONCE).flatMap(attemptIn))
        await othersTurn()
      }
      return attempts
    },
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const attemptsIn = (text: string): Attempt[] => text.split('\n').flatMap(attemptIn)

/** A line that cannot be read is passed over. */
function attemptIn(line: string): Attempt[] {
  try {
    const read = JSON.parse(line) as Attempt
    return Number.isSafeInteger(read.at) && typeof read.id === 'string' ? [read] : []
  } catch {
    return []
  }
}
