/** An expected refusal with its reason: a value, never thrown. Read next: problems.ts (what each code means). */
import { type Decision, type ProblemCode, problems } from './problems.ts'

export type Refusal = {
  readonly code: ProblemCode
  /** What exactly is wrong. It never names a secret or another tenant. */
  readonly detail?: string
  /** More members for the problem document, e.g. `locksBy`, `session`. */
  readonly extra?: Readonly<Record<string, string | number | boolean>>
}

export function refuse(code: ProblemCode, detail?: string, extra?: Refusal['extra']): Refusal {
  return { code, ...(detail === undefined ? {} : { detail }), ...(extra === undefined ? {} : { extra }) }
}

/** The part of a ledger entry that states a refusal. */
export const decisionOf = (code: ProblemCode): { readonly code: ProblemCode; readonly decision: Decision } => ({
  code,
  decision: problems[code].decision,
})
