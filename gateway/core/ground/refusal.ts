/** An expected no, with its reason: a value, never thrown. Read next: problems.ts (what each code says). */
import { type Decision, type ProblemCode, problems } from './problems.ts'

export type Refusal = {
  readonly code: ProblemCode
  /** What in particular; never a secret, never another tenant. */
  readonly detail?: string
  /** More members for the problem document, e.g. `locksBy`, `session`. */
  readonly extra?: Readonly<Record<string, string | number | boolean>>
}

export function refuse(code: ProblemCode, detail?: string, extra?: Refusal['extra']): Refusal {
  return { code, ...(detail === undefined ? {} : { detail }), ...(extra === undefined ? {} : { extra }) }
}

/** What the entry about a refusal says of it. */
export const decisionOf = (code: ProblemCode): { readonly code: ProblemCode; readonly decision: Decision } => ({
  code,
  decision: problems[code].decision,
})
