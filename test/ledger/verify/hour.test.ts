import { describe, expect, it } from 'vitest'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import { verifyBundle } from '../../../gateway/ledger/verify/verifier.ts'
import { ENERGY, faultsOf, PARTS, runHour } from '../../simulate/hour.ts'
import { MACHINE } from '../../support/world.ts'
import { createLog, keyOf } from './shop/log.ts'

const ORIGIN = 'hall/0a1b2c3d4e5f6071'
const key = keyOf('hour', ORIGIN)

/**
 * 3 and 12: what was made on the key switch stood in no reading that shows the counter, and so was missing from the
 * sums.
 */
describe('an hour of use with faults', () => {
  it.each([0, 1, 3, 12, 15, 27])('adds up to what was made, in the core and in its evidence: seed %i', (seed) => {
    const hour = runHour(seed)
    expect(faultsOf(hour)).toEqual([])
    const log = createLog('hall', ORIGIN, new Set([MACHINE]))
    for (const entry of hour.entries) log.append(entry)
    log.checkpoint([key.signer])
    const { faults, facts } = verifyBundle(log.bundle(), [key.vkey], {
      sha256: nodeSha256,
      ed25519: createNodeEd25519(),
    })
    expect(faults).toEqual([])
    const unitsOf = (meter: string) => facts.meters.find((each) => each.meter === meter)?.units
    expect(unitsOf(PARTS)).toBe(String(hour.truth.parts))
    expect(unitsOf(ENERGY)).toBe(String(hour.truth.energyWh))
  })
})
