/** Generated lives of a ledger and a sink that reads it. `node test/simulate/ledger.ts` plays as many as one likes. */
import { describe, expect, it } from 'vitest'
import { playLives } from '../../simulate/ledger/lives.ts'

describe('generated lives of a ledger', () => {
  it('lose, change and skip nothing, and come to what they are about', { timeout: 120_000 }, async () => {
    const { faults, never } = await playLives({ runs: 500, from: 0 })
    expect(faults).toEqual([])
    expect(never).toEqual([])
  })
})
