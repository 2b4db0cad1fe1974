/**
 * Recomputes a statement in the browser with the offline verifier, which is loaded when somebody asks for it. The bytes
 * are judged as the gateway gave them. Read next: ledger/verify/verifier.ts.
 */
import type { Lang } from '../words/words.ts'

export type Recomputed = {
  readonly ok: boolean
  /** Uses whose receipts are in the file. */
  readonly uses: number
  readonly faults: readonly Finding[]
}
type Finding = { readonly code: string; readonly said: Readonly<Record<Lang, string>>; readonly detail?: string }

/** More are of no use to whoever reads them. */
const MOST_FAULTS = 10

export async function recompute(file: string, keys: readonly string[]): Promise<Recomputed> {
  const [{ verifyStatement }, { faultWords }] = await Promise.all([
    import('../../../ledger/verify/verifier.ts'),
    import('../../../ledger/verify/words.ts'),
  ])
  const { ok, faults, facts } = verifyStatement(file, keys)
  return {
    ok,
    uses: facts.sessions.length,
    faults: faults.slice(0, MOST_FAULTS).map(({ code, detail }) => ({
      ...{ code, said: faultWords[code] },
      ...(detail === undefined ? {} : { detail }),
    })),
  }
}
