/** What ran, and on which configuration. Pure. Read next: log-sums.ts, ledger/verify/receipt-check.ts. */
import type { OpenedEntry } from '../entry/open-entry.ts'
import type { IdentityFacts } from '../facts.ts'

/** Undefined for an entry of another kind. */
export function identityOf({ seq, at, content }: OpenedEntry): IdentityFacts | undefined {
  if (content?.kind === 'GatewayStarted') return { seq, at, version: content.version }
  if (content?.kind === 'ConfigurationApplied') return { seq, at, configurationId: content.configurationId }
  return undefined
}
