/**
 * check.py as a process of its own, asked about many cases one after another: a line of JSON in, a line of JSON out.
 * Read next: compare.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Evidence } from './forge.ts'
import type { Forgery } from './forgeries.ts'

/** What it answers: the first fault, or the facts of good evidence. */
export type Answer = {
  readonly ok: boolean
  readonly fault: string | null
  readonly where?: string
  readonly notes?: readonly string[]
  readonly sessions?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Units made, charged and corrected, by meter. */
  readonly meters?: Readonly<Record<string, readonly [string, string, string]>>
}

/** Cases that are on their way to Python, so that neither of the two waits for the other. */
const AHEAD = 50

export type Checker = {
  check(evidence: Evidence): Promise<Answer>
  close(): Promise<void>
}

/** `script`: check.py, or another one that answers like it. */
export function startChecker(script = join(import.meta.dirname, 'check.py')): Checker {
  const child = spawn('python3', ['-B', script, '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = once(child, 'exit')
  child.stdin.on('error', () => undefined)
  return {
    async check({ bytes, keys, held }) {
      child.stdin.write(`${JSON.stringify({ evidence: Buffer.from(bytes).toString('base64'), keys, held })}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('check.py has ended')
      return JSON.parse(value) as Answer
    },
    async close() {
      child.stdin.end()
      await exited
    },
  }
}

/** Forgeries with what the checker answers. */
export async function* answers(
  checker: Checker,
  forger: (number: number) => Forgery,
  from: number,
  runs: number,
): AsyncGenerator<readonly [Forgery, Answer]> {
  for (let first = from; first < from + runs; first += AHEAD) {
    const count = Math.min(AHEAD, from + runs - first)
    const forgeries = Array.from({ length: count }, (_, at) => forger(first + at))
    const asked = forgeries.map(({ evidence }) => checker.check(evidence))
    for (const [at, forgery] of forgeries.entries()) yield [forgery, await asked[at]!]
  }
}
