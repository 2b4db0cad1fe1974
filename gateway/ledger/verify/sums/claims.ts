/**
 * What the end of a session claims of itself, held against its other entries: whose it was, when, by which clocks and
 * for whose account. The tenant pays by it, and the owner of the key could write anything there.
 * Pure. Read next: session-sums.ts, use.ts (the units).
 */
import type { Ended, Intended } from '../entry/content.ts'
import type { Share } from '../facts.ts'

/** `intent`: undefined in a receipt, which need not hold it. `endedAt`: of the entry of the end itself. */
type Witnessed = {
  readonly intent: Pick<Intended, 'booking' | 'tenant'> | undefined
  readonly confirmedAt: string
  readonly endedAt: string
}

/** What does not hold; undefined when all does. */
export function contradiction(end: Ended, { intent = end, confirmedAt, endedAt }: Witnessed): string | undefined {
  if (end.booking !== intent.booking || end.tenant !== intent.tenant) return 'booking or tenant'
  if (end.startedAt !== confirmedAt || end.endedAt !== endedAt) return 'when it began or ended'
  const { occupiedMs = 0, poweredMs = 0, executingMs = 0 } = end.clocks ?? {}
  if (executingMs > poweredMs || poweredMs > occupiedMs) return 'its clocks'
  return end.shares.length === 0 || isWhole(end.shares) ? undefined : 'its shares'
}

/** Shares have two decimals at most, and add up to 100 percent. */
function isWhole(shares: readonly Share[]): boolean {
  const parts = shares.map(({ percent }) => /^(0|[1-9]\d{0,2})(?:\.(\d{1,2}))?$/.exec(percent))
  const hundredths = parts.map((part) => Number(part?.[1]) * 100 + Number((part?.[2] ?? '').padEnd(2, '0')))
  return hundredths.reduce((sum, part) => sum + part, 0) === 10_000
}
