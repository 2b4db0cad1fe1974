/** Denials in the ledger: at once, then counted per minute and cause; bounded per day, and none goes uncounted. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDenials, MAX_CAUSES, MAX_PER_DAY } from '../../../gateway/control/commands/denials.ts'
import type { JsonObject } from '../../../gateway/core/ground/entry.ts'
import { NOW_MS } from '../../front/api/rows.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const START = NOW_MS - (NOW_MS % DAY)

type Entry = JsonObject & { readonly machine?: string }
let entries: Entry[]
let denials: ReturnType<typeof createDenials>
beforeEach(() => {
  vi.useFakeTimers({ now: START })
  entries = []
  denials = createDenials({
    machines: new Map([['saw-1', {}]]) as never,
    tenantRef: (tenant) => `t-${tenant}`,
    nowMs: () => Date.now(),
    record: (_kind, data, machine) => void entries.push({ ...data, ...(machine === undefined ? {} : { machine }) }),
  })
})
afterEach(() => vi.useRealTimers())

const deny = (what = 'POST /v1/machines/:id/unlock', machine = 'saw-1') =>
  denials.note('pin-wrong', () => what, machine)
/** How many denials the entries stand for. */
const told = () => entries.reduce((sum, { count, suppressed }) => sum + Number(count ?? 1) + Number(suppressed ?? 0), 0)

test('the first is recorded at once, and the others of its minute together, without one more to come', () => {
  for (let index = 0; index < 30; index++) deny()
  expect(entries).toEqual([
    { code: 'pin-wrong', decision: 'Invalid', what: 'POST /v1/machines/:id/unlock', machine: 'saw-1' },
  ])
  vi.advanceTimersByTime(MINUTE)
  expect(entries).toHaveLength(2)
  expect(entries[1]).toMatchObject({ count: 29, machine: 'saw-1' })
})

test('while it goes on there is one entry per minute and cause, and after a quiet minute the next is at once', () => {
  for (let second = 0; second < 600; second++) {
    deny()
    vi.advanceTimersByTime(1000)
  }
  expect(entries.length).toBeLessThanOrEqual(11)
  denials.flush()
  expect(told()).toBe(600)
  vi.advanceTimersByTime(2 * MINUTE)
  const before = entries.length
  deny()
  expect(entries).toHaveLength(before + 1)
})

test('causes are told apart by code, words and machine, as far as a minute has room', () => {
  for (let index = 0; index < 3 * MAX_CAUSES; index++) deny(`GET /${index}`)
  expect(entries).toHaveLength(MAX_CAUSES)
  vi.advanceTimersByTime(2 * MINUTE)
  deny('last')
  expect(entries.at(-1)).toMatchObject({ what: 'last', suppressed: 2 * MAX_CAUSES })
})

describe('a day of calls without a credential', () => {
  test.each([
    ['of one cause', () => 'x'],
    ['of ever new causes', (index: number) => `x${index}`],
  ])('%s has room for so many entries, and every call is counted', (_name, what) => {
    const calls = 20_000
    for (let index = 0; index < calls; index++) {
      deny(what(index))
      vi.advanceTimersByTime(Math.floor(DAY / calls))
    }
    expect(entries.length).toBeLessThanOrEqual(MAX_PER_DAY.unknown + 24)
    expect(entries.length).toBeGreaterThan(20)
    vi.advanceTimersByTime(DAY)
    denials.refuse({ code: 'forbidden' }, { principal: { role: 'auditor', id: 'Chen', key: 'k' }, machine: 'saw-1' })
    expect(told()).toBe(calls + 1)
  })

  test('takes no room from people who are known', () => {
    for (let index = 0; index < 5_000; index++) {
      deny(`x${index}`)
      vi.advanceTimersByTime(10_000)
    }
    const refusal = { code: 'forbidden' } as const
    denials.refuse(refusal, { principal: { role: 'owner', id: 'Li', key: 'k' }, machine: 'saw-1' })
    expect(entries.at(-1)).toMatchObject({ code: 'forbidden', what: 'owner:Li' })
  })
})
