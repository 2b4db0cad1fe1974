/**
 * Gathers faults and notes while evidence is checked, and becomes the verdict. Both lists are bounded: evidence that is
 * wrong in every line costs no more than its first hundred faults.
 * Read next: verdict.ts, words.ts.
 */
import type { Judgement, TrustFault } from '../evidence/trust.ts'
import type { Facts } from './facts.ts'
import type { Fault, FaultCode, Note, NoteCode, Verdict } from './verdict.ts'
import { faultWords, noteWords } from './words.ts'

/** Faults that are kept; the rest are counted. */
const MAX_FAULTS = 100
/** Different details kept per note; the rest are counted together. */
const MAX_DETAILS = 50

export type Report = ReturnType<typeof createReport>

export function createReport() {
  const faults: Fault[] = []
  const notes = new Map<string, Note>()
  const details = new Map<NoteCode, number>()
  let moreFaults = 0

  function fault(code: FaultCode, detail?: string, seq?: number): undefined {
    if (faults.length >= MAX_FAULTS) moreFaults += 1
    else faults.push({ code, ...explained(faultWords[code].en, detail, seq) })
  }

  /** Keeps one note per code and detail, with a count. */
  function note(code: NoteCode, detail?: string, seq?: number, count = 1): void {
    const different = details.get(code) ?? 0
    const isFull = different >= MAX_DETAILS && !notes.has(`${code}\n${detail}`)
    const kept = isFull ? 'and others' : detail
    const known = notes.get(`${code}\n${kept}`)
    if (known === undefined) details.set(code, different + 1)
    notes.set(
      `${code}\n${kept}`,
      known === undefined
        ? { code, ...explained(noteWords[code].en, kept, seq), count }
        : { ...known, count: known.count + count },
    )
  }

  return {
    fault,
    note,
    /** Takes over the findings about keys or a checkpoint; `what` stands before the detail of each fault. */
    add({ faults, notes = [] }: { faults: readonly TrustFault[]; notes?: Judgement['notes'] }, what = ''): void {
      for (const { code, detail } of faults) fault(code, `${what}${detail}`)
      for (const { code, detail } of notes) note(code, detail)
    },
    verdict(kind: Verdict['kind'], facts: Facts): Verdict {
      return { ok: faults.length === 0, kind, faults, moreFaults, notes: [...notes.values()], facts }
    },
  }
}

function explained(words: string, detail: string | undefined, seq: number | undefined) {
  return {
    message: `${seq === undefined ? '' : `entry ${seq}: `}${words}${detail === undefined ? '' : ` (${detail})`}`,
    ...(detail === undefined ? {} : { detail }),
    ...(seq === undefined ? {} : { seq }),
  }
}
