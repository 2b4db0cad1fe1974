/**
 * What no schema can say about the shares of a machine: that their days exist and are in order, and that they add up
 * exactly. Pure; percents are counted in hundredths, by their decimal text. Read next: gateway/core/session/shares.ts.
 */
import { isDay } from '../../gateway/core/ground/day.ts'
import type { ConfigDocument, Path } from '../document/document.ts'
import { keysAt, type MachineDraft } from '../document/draft.ts'

export function checkShares(document: ConfigDocument, path: Path, sets: NonNullable<MachineDraft['shares']>): void {
  let last: string | undefined
  for (const [index, set] of sets.entries()) {
    if (set === undefined) continue
    const at = [...path, index]
    const { from } = set
    if (from !== undefined && !isDay(from))
      document.fault([...at, 'from'], 'day-unknown', `there is no day ${from}`, 'correct the day')
    else if (from !== undefined && last !== undefined && from <= last)
      document.fault([...at, 'from'], 'shares-order', `${from} is not after ${last}`, 'put the sets in order of days')
    else last = from ?? last
    checkSum(document, [...at, 'owners'], set.owners)
  }
}

function checkSum(
  document: ConfigDocument,
  path: Path,
  owners: Readonly<Record<string, number | undefined>> = {},
): void {
  // A share that was refused is one fault already.
  if (Object.keys(owners).length !== keysAt(document.value, path).length) return
  let sum = 0
  for (const [owner, percent] of Object.entries(owners)) {
    const part = percent === undefined ? undefined : hundredths(percent)
    if (percent !== undefined && part === undefined)
      document.fault([...path, owner], 'shares-percent', `the share is ${percent}`, 'write two decimals at most')
    if (part === undefined) return
    sum += part
  }
  if (sum !== 10_000)
    document.fault(path, 'shares-sum', `the shares add up to ${sum / 100}`, 'make them add up to exactly 100', 'key')
}

/** The percent in hundredths; undefined when it is finer than that. */
function hundredths(percent: number): number | undefined {
  const [, whole, part = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(String(percent)) ?? []
  return whole === undefined ? undefined : Number(whole) * 100 + Number(part.padEnd(2, '0'))
}
