/** What somebody who watches a drill is shown, and that it stays small. */
import { expect, it } from 'vitest'
import { type DrillSight, MOST_SIGHTS, readSight, withSight, writeSight } from '../../../gateway/core/drill/sight.ts'
import { decodeFromPlc, encodeToPlc } from '../../../gateway/core/interlock/lease.ts'

const plc = decodeFromPlc([1, 0, 7, 1, 3, 0, 0, 4097, 0, 9, 0, 4097, 4200, 5, 1, 1, 0, 0])!
const enabled = { class: 'lease', ...plc } as const

it('shows the lock as it was read back, and that nothing was', () => {
  expect(readSight(40, enabled)).toEqual({ kind: 'read', atMs: 40, state: 'enabled', leaseLeftMs: 4200, token: 4097 })
  expect(readSight(41, undefined)).toEqual({ kind: 'silent', atMs: 41 })
  const output = { class: 'coil', on: true, feedback: undefined, bootId: 0, watchdogMs: 0, unsafe: undefined } as const
  expect(readSight(42, output)).toEqual({ kind: 'read', atMs: 42, state: 'enabled' })
})

it('shows what was written, with its heartbeat', () => {
  const block = { seq: 3, token: 4097, command: 'enable', leaseMs: 5000, tag: 9, challenge: 5, heartbeat: 12 } as const
  expect(writeSight(50, { class: 'lease' }, encodeToPlc(block), 'accepted')).toEqual({
    ...{ kind: 'write', atMs: 50, command: 'enable', heartbeat: 12, result: 'accepted' },
  })
  expect(writeSight(51, { class: 'watchdog' }, [0], 'refused')).toMatchObject({ command: 'off', result: 'refused' })
})

it('keeps each change at once, and of what stays the same only some', () => {
  const at = (atMs: number, state: 'locked' | 'enabled'): DrillSight => ({ kind: 'read', atMs, state })
  const seen = [at(0, 'locked'), at(100, 'locked'), at(150, 'enabled'), at(250, 'enabled'), at(350, 'enabled')]
  expect(seen.reduce<readonly DrillSight[]>(withSight, []).map(({ atMs }) => atMs)).toEqual([0, 150, 350])
})

it('holds no more than its bound, the newest last', () => {
  let sights: readonly DrillSight[] = []
  for (let atMs = 0; atMs < 3 * MOST_SIGHTS; atMs++) sights = withSight(sights, { kind: 'cut', atMs })
  expect(sights).toHaveLength(MOST_SIGHTS)
  expect(sights.at(-1)?.atMs).toBe(3 * MOST_SIGHTS - 1)
})
