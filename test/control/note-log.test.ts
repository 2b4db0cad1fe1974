/** What flaps does not fill the log: so many lines an hour, and a count of those that were left out. */
import { expect, it } from 'vitest'
import { createNoteLog } from '../../gateway/control/note-log.ts'

const MINUTE_NS = 60_000_000_000n
const about = 'readings of saw'
const note = { about, text: 'saw is not read' }

function bench(perHour: number) {
  const lines: (readonly [text: string, unlogged: unknown])[] = []
  const take = (data: object, text: string) => void lines.push([text, (data as { unlogged?: number }).unlogged])
  const tell = createNoteLog({ debug() {}, info: take, warn: take, error() {} }, perHour)
  return { lines, tell }
}

it('a matter is logged when it comes and when it is gone, whatever its words are meanwhile', () => {
  const { lines, tell } = bench(2)
  tell([note], 0n)
  tell([{ about, text: 'other words' }], MINUTE_NS)
  tell([], 2n * MINUTE_NS)
  expect(lines.map(([text]) => text)).toEqual(['saw is not read', `${about}: this is over`])
})

it('one that flaps is logged so many times at once and as often in each hour, with a count of the others', () => {
  const { lines, tell } = bench(2)
  for (let minute = 0n; minute < 10n; minute++) {
    tell([note], minute * MINUTE_NS)
    tell([], minute * MINUTE_NS + 1n)
  }
  expect(lines).toHaveLength(4)
  tell([{ about: 'another', text: 'has its own' }], 10n * MINUTE_NS)
  tell([note], 60n * MINUTE_NS)
  expect(lines.slice(4)).toEqual([
    ['has its own', undefined],
    ['saw is not read', 8],
    ['another: this is over', undefined],
  ])
})
