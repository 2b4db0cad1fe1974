/**
 * Tokens that were found good, by digest, so that a caller who calls often is verified once. Kept only while nothing
 * can have changed: the keys of the issuer are the same, and the clock is within the times of the token without any
 * tolerance. Whatever else is so is verified anew. Bounded; the token itself is not kept.
 * Read next: token.ts.
 */
import { hash } from 'node:crypto'
import type { Caller } from './caller.ts'
import type { KeySet } from './key-set.ts'

const MAX_KEPT = 1_000

type Times = { readonly iat: number; readonly exp: number; readonly nbf?: number | undefined }

type Kept = {
  readonly caller: Caller
  readonly keys: Pick<KeySet, 'edition'>
  readonly edition: number
  readonly fromMs: number
  readonly untilMs: number
}

type Verified = {
  /** Whom exactly this token was found to be good for, if that still holds. */
  find(digest: string, nowMs: number): Caller | undefined
  /** `edition`: of the keys, as it was before the token was verified. */
  keep(digest: string, caller: Caller, keys: Kept['keys'], edition: number, times: Times): void
}

export const digestOf = (token: string): string => hash('sha256', token, 'base64')

export function createVerified(): Verified {
  const kept = new Map<string, Kept>()
  return {
    find(digest, nowMs) {
      const known = kept.get(digest)
      if (known === undefined) return undefined
      const holds = known.fromMs <= nowMs && nowMs < known.untilMs && known.keys.edition() === known.edition
      if (holds) return known.caller
      kept.delete(digest)
      return undefined
    },
    keep(digest, caller, keys, edition, { iat, exp, nbf = iat }) {
      if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!)
      kept.set(digest, {
        caller,
        keys,
        edition,
        fromMs: Math.max(iat, nbf) * 1000,
        untilMs: exp * 1000,
      })
    },
  }
}
