/** Whether the ledger of the years to come fits on the disk. */
import { expect, it } from 'vitest'
import {
  BYTES_PER_MACHINE_YEAR,
  type Capacity,
  neededBytes,
  shortfall,
} from '../../../gateway/ledger/store/capacity.ts'

const GIB = 1_073_741_824
const year = BYTES_PER_MACHINE_YEAR
const capacity = (over: Partial<Capacity> = {}): Capacity => ({
  machines: 10,
  years: 10,
  storedBytes: 0,
  freeBytes: 100 * GIB,
  reserveBytes: 1000,
  ...over,
})

it.each([
  ['needs the term of every machine and the reserve', {}, 100 * year + 1000],
  ['counts what is stored as part of the term', { storedBytes: 60 * year }, 40 * year + 1000],
  ['needs the reserve alone when the term is full', { storedBytes: 101 * year }, 1000],
  ['needs nothing but the reserve without machines', { machines: 0 }, 1000],
] as const)('a ledger %s', (_what, over, needed) => {
  expect(neededBytes(capacity(over))).toBe(needed)
  expect(shortfall(capacity({ ...over, freeBytes: needed }))).toBeUndefined()
  expect(shortfall(capacity({ ...over, freeBytes: needed - 1 }))).toMatch(/over 10 years needs about \d+ MiB/)
})
