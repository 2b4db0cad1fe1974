/**
 * What a check of evidence answers: good or not, every fault and note by a stable code, and the facts. Types only.
 * Read next: words.ts (what the codes mean), facts.ts, report.ts (what gathers a verdict).
 */
import type { Facts } from './facts.ts'
import type { faultWords, noteWords } from './words.ts'

export type FaultCode = keyof typeof faultWords
export type NoteCode = keyof typeof noteWords

type Finding<Code> = {
  readonly code: Code
  /** The English words of the code, with the entry and the detail. */
  readonly message: string
  readonly detail?: string
  /** The entry it is about; for a note that is counted, the first one. */
  readonly seq?: number
}
/** The evidence is not good. */
export type Fault = Finding<FaultCode>
/** Worth reading; the evidence may be good. */
export type Note = Finding<NoteCode> & {
  /** How often it was found. */
  readonly count: number
}

export type Verdict = {
  readonly ok: boolean
  readonly kind: 'receipt' | 'bundle' | 'statement' | 'timeline' | 'acceptance'
  readonly faults: readonly Fault[]
  /** Faults beyond the first hundred. */
  readonly moreFaults: number
  readonly notes: readonly Note[]
  readonly facts: Facts
}
