/**
 * Which tokens are spent, and on which session: a token unlocks once. Follows every change on its way to the ledger.
 */
import type { Change } from '../../core/machine/change.ts'

type SpentTokens = {
  note(change: Change): void
  /** The session that a token was spent on. */
  by(jti: string): string | undefined
}

export function createSpentTokens(stored: readonly { readonly jti: string; readonly session: string }[]): SpentTokens {
  const spent = new Map(stored.map(({ jti, session }) => [jti, session]))
  return {
    note(change) {
      if (change.kind === 'token-used') spent.set(change.jti, change.session)
      else if (change.kind === 'token-released') spent.delete(change.jti)
    },
    by: (jti) => spent.get(jti),
  }
}
