/** The site is left to the other box only when a technician of the whole site asks, and that box has everything. */
import { expect, it, vi } from 'vitest'
import type { Active } from '../../../gateway/control/pair/active.ts'
import { switchOverBy } from '../../../gateway/control/pair/switch-over.ts'
import type { Principal } from '../../../gateway/core/permission/principal.ts'

const technician = { role: 'technician', id: 'Wang', key: 'k' } as Principal
const withSpare = (followed: boolean) => ({ health: () => ({ followed, other: 'right' }) }) as unknown as Active

it.each([
  ['by an auditor', { role: 'auditor', id: 'a', key: 'k' } as Principal, withSpare(true), 'forbidden'],
  ['with a key for one machine', { ...technician, machines: ['saw'] } as Principal, withSpare(true), 'forbidden'],
  ['of one box alone', technician, undefined, 'no-spare'],
  ['while the spare lacks something', technician, withSpare(false), 'no-spare'],
])('is refused %s', async (_, principal, pair, code) => {
  const leave = vi.fn()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const outcome = await switchOverBy({ pair, log, leave })({ kind: 'switch-over', principal, reason: 'a new fan' })
  expect(outcome).toMatchObject({ kind: 'refused', refusal: { code } })
  expect(leave).not.toHaveBeenCalled()
})

it('is answered first, and done then', async () => {
  vi.useFakeTimers()
  const leave = vi.fn()
  const warn = vi.fn()
  const log = { debug() {}, info() {}, warn, error() {} }
  const switchOver = switchOverBy({ pair: withSpare(true), log, leave })
  expect(await switchOver({ kind: 'switch-over', principal: technician, reason: 'a new fan' })).toEqual({
    kind: 'done',
  })
  expect(warn).toHaveBeenCalledWith({ other: 'right', by: 'Wang', reason: 'a new fan' }, expect.any(String))
  expect(leave).not.toHaveBeenCalled()
  vi.runAllTimers()
  expect(leave).toHaveBeenCalledOnce()
  vi.useRealTimers()
})
