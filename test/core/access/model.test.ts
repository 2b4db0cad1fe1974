/**
 * Generated lives of a machine with one or two gateways, held against a reference model. `node test/simulate/access.ts`
 * plays as many as one likes; here a bounded number, always the same, and what once broke a rule.
 */
import { describe, expect, it } from 'vitest'
import { found } from '../../simulate/access/found.ts'
import { playLife } from '../../simulate/access/life.ts'
import { playSeed } from '../../simulate/access/seeds.ts'

const LIVES = 500

describe('generated lives', () => {
  it('break no rule, and come to what they are about', { timeout: 240_000 }, () => {
    const happened = new Set<string>()
    for (let seed = 0; seed < LIVES; seed += 1) {
      const verdict = playSeed(seed)
      expect({ seed, fault: verdict.fault }).toEqual({ seed, fault: undefined })
      for (const name of Object.keys(verdict.happened)) happened.add(name)
    }
    for (const name of ['confirmed', 'resumed', 'adopted', 'refused', 'suspended cut', 'on by key', 'on by stranger'])
      expect(happened).toContain(name)
  })

  it.each(found.map(({ what, life }) => [what, life] as const))('%s', (_, life) => {
    expect(playLife(life).fault).toBeUndefined()
  })

  it('come to an unlock that is known late', () => {
    const verdict = playLife({
      ...found[0]!.life,
      second: 'rival',
      policy: 'owner-release',
      acceptSigned: true,
      cycleMs: 3000,
      opened: false,
      commands: [
        { kind: 'unlock', at: 0, booking: 0, token: 0 },
        { kind: 'pass', ms: 10 },
      ],
    })
    expect(verdict).toMatchObject({ happened: { unconfirmed: 1, 'confirmed late': 1 } })
    expect(verdict.fault).toBeUndefined()
  })

  it('are the same for the same seed', () => {
    expect(playSeed(77)).toEqual(playSeed(77))
  })
})
