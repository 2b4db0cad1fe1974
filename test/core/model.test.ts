/**
 * Generated lives of a machine with one or two gateways, held against a reference model. `node test/simulate/access.ts`
 * plays as many as one likes; here a bounded number, always the same, and the seeds that once found something.
 */
import { describe, expect, it } from 'vitest'
import { playSeed } from '../simulate/access/seeds.ts'

const LIVES = 500

describe('generated lives', () => {
  it('break no rule, and come to what they are about', { timeout: 240_000 }, () => {
    const happened = new Set<string>()
    for (let seed = 0; seed < LIVES; seed += 1) {
      const verdict = playSeed(seed)
      expect({ seed, fault: verdict.fault }).toEqual({ seed, fault: undefined })
      for (const name of Object.keys(verdict.happened)) happened.add(name)
    }
    for (const name of [
      'confirmed',
      'resumed',
      'adopted',
      'unconfirmed',
      'suspended cut',
      'on by key',
      'on by stranger',
    ])
      expect(happened).toContain(name)
  })

  it.each([
    [1106, 'a machine that nobody can see is not told to lock: its stop may be pressed'],
    [12296, 'a use by the key that was seen before a restart is in no session after it'],
    [15748, 'a session cancelled while it is resumed intends nothing'],
    [15902, 'a use by the key that was seen, and whose units were not, is in no session after a restart'],
  ])('seed %i: %s', (seed) => {
    expect(playSeed(seed).fault).toBeUndefined()
  })

  it('are the same for the same seed', () => {
    expect(playSeed(77)).toEqual(playSeed(77))
  })
})
