/** The drill as a picture: what is drawn where, by what the gateway saw and did. */
import { expect, it } from 'vitest'
import { leaseSteps, leaseStepsByHand, leaseStepsByPowerCycle } from '../../../gateway/core/drill/lease-rules.ts'
import { coilSteps, watchdogSteps } from '../../../gateway/core/drill/output-rules.ts'
import { pictureOf, SHOWN_MS } from '../../../gateway/front/console/model/sights.ts'
import type { DrillSight } from '../../../gateway/front/console/model/wire.ts'
import { dictionaries } from '../../../gateway/front/console/words/words.ts'

const read = (atMs: number, state: string, leaseLeftMs: number): DrillSight => ({
  kind: 'read',
  atMs,
  state,
  leaseLeftMs,
})

it('draws the lease as it ran down, and the state under it', () => {
  const { states, lease, mostMs, last } = pictureOf([
    read(0, 'locked', 0),
    read(5_000, 'enabled', 4_000),
    read(10_000, 'enabled', 1_000),
  ])
  expect(mostMs).toBe(4_000)
  expect(lease).toEqual([
    [0, 0],
    [25, 100],
    [50, 25],
  ])
  expect(states).toEqual([
    { state: 'locked', left: 0, width: 25 },
    { state: 'enabled', left: 25, width: 25 },
  ])
  expect(last).toMatchObject({ read: { state: 'enabled', leaseLeftMs: 1_000 }, link: 'there' })
})

it('shows only the last seconds, the newest at the right', () => {
  const { states, lease } = pictureOf([
    read(0, 'locked', 0),
    read(SHOWN_MS, 'locked', 0),
    read(2 * SHOWN_MS, 'locked', 0),
  ])
  expect(lease.map(([left]) => left)).toEqual([0, 100])
  expect(states).toEqual([{ state: 'locked', left: 0, width: 100 }])
})

it('tells apart what was written, and shows where the link was away', () => {
  const write = (atMs: number, command: string, result: string): DrillSight => ({
    kind: 'write',
    atMs,
    command,
    result,
  })
  const { writes, away, last } = pictureOf([
    write(0, 'enable', 'accepted'),
    write(2_000, 'enable', 'refused'),
    write(4_000, 'revoke', 'accepted'),
    { kind: 'cut', atMs: 6_000 },
    { kind: 'back', atMs: 10_000 },
    { kind: 'cut', atMs: 12_000 },
  ])
  expect(writes.map(({ kind }) => kind)).toEqual(['renew', 'refused', 'take'])
  expect(away).toEqual([
    { left: 30, width: 20 },
    { left: 60, width: 0 },
  ])
  expect(last).toMatchObject({ write: { command: 'revoke' }, link: 'cut' })
})

it('has nothing to show before anything was seen', () => {
  expect(pictureOf([])).toMatchObject({ states: [], lease: [], writes: [], away: [], last: { read: undefined } })
})

it('has a word for each step of a drill', () => {
  const steps = [...leaseSteps, ...leaseStepsByHand, ...leaseStepsByPowerCycle, ...watchdogSteps, ...coilSteps]
  const words = new Set(Object.keys(dictionaries.en))
  expect(steps.map(({ step }) => `step.${step}`).filter((word) => !words.has(word))).toEqual([])
})
