/**
 * What whole-gateway trials share: a scope that ends everything that was started in it, pauses, chance, and work done
 * a few at a time. Read next: simulators.ts and gateway-plant.ts, which start things in a scope.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { goFirstAsGroup, until } from './process.ts'

/** Monotonic whole ms, the same in every process: the clock of the judges. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

/** Ahead of what else this computer does, which is not what is measured. Children go first with us; a user may not. */
export function goFirst(): void {
  try {
    setPriority(-10)
    goFirstAsGroup('self')
  } catch {
    // then the figures are those of a busy computer
  }
}

export type Scope = {
  /** A folder of its own, removed at the end. */
  readonly folder: string
  /** Called at the end, last first. */
  defer(close: () => unknown): void
  close(): Promise<void>
}

const folders = new Set<string>()
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function createScope(name = 'proof'): Scope {
  const folder = mkdtempSync(join(tmpdir(), `latchkey-${name}-`))
  folders.add(folder)
  const closers: (() => unknown)[] = []
  return {
    folder,
    defer: (close) => void closers.push(close),
    async close() {
      for (const close of closers.splice(0).reverse()) await close()
      rmSync(folder, { recursive: true, force: true })
      folders.delete(folder)
    },
  }
}

export const pause = (ms: number): Promise<void> => sleep(Math.max(0, ms))

/** A whole number, both ends included. */
export function randomBetween(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1))
}

/** Asks again until there is an answer; `otherwise` is the message when there is none. */
export async function found<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs: number,
  otherwise: string | (() => string),
): Promise<T> {
  let answer: T | undefined
  const look = async () => {
    answer = await ask()
    return answer !== undefined
  }
  try {
    await until(look, withinMs, '')
  } catch (error) {
    if (answer === undefined && (error as Error).message.startsWith(' (waited'))
      throw new Error(`${typeof otherwise === 'string' ? otherwise : otherwise()}${(error as Error).message}`)
    throw error
  }
  return answer as T
}

/** Does `work` for each item, `lanes` at a time; answers in the order of the items. The first failure ends it. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T, lane: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const run = async (lane: number) => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T, lane)
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, (_, lane) => run(lane)))
  return results
}
