/** What a proof is made of: items that measure something real and say whether it reaches its aim. */
import type { Scope } from '../support/proof.ts'

export type Verdict = {
  /** What was measured, in one line. */
  readonly figure: string
  /** What it has to reach. */
  readonly aim: string
  readonly ok: boolean
  /** Why it falls short. */
  readonly notes: readonly string[]
}

export type Run = {
  /** The bounded form. */
  readonly quick: boolean
  /** Whatever is started in it ends with the item. */
  readonly scope: Scope
  /** Progress, for the person who waits. */
  say(text: string): void
}

export type Item = {
  readonly name: string
  /** Not in the bounded form, unless it is named with `--only`. */
  readonly fullOnly?: true
  run(run: Run): Promise<Verdict>
}

export type Proof = {
  readonly about: string
  readonly items: readonly Item[]
  /** Items at a time in the bounded form; in the full form one after the other. */
  readonly quickLanes: number
}

/** Named yes-or-no findings. */
export type Checks = {
  /** `seen` is shown when it does not hold. */
  check(what: string, holds: boolean, seen?: unknown): void
  verdict(more?: string): Verdict
}

export function createChecks(say: (text: string) => void): Checks {
  const notes: string[] = []
  let count = 0
  return {
    check(what, holds, seen) {
      count += 1
      if (holds) return
      const note = `${what}${seen === undefined ? '' : `: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`}`
      notes.push(note.slice(0, 2000))
      say(`not so: ${note}`)
    },
    verdict: (more) => ({
      figure: `${count - notes.length} of ${count} hold${more === undefined ? '' : `; ${more}`}`,
      aim: 'all',
      ok: notes.length === 0 && count > 0,
      notes,
    }),
  }
}
