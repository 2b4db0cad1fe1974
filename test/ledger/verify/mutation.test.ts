/**
 * Every change of evidence by a person without the key is found. A change by the holder of the key is found with a
 * checkpoint that was kept outside.
 */
import { describe, expect, it } from 'vitest'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import type { Verdict } from '../../../gateway/ledger/verify/verdict.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import { type Evidence, goods, mutations } from '../../simulate/mutations.ts'

const native = { sha256: nodeSha256, ed25519: createNodeEd25519() }

function check({ kind, bytes, keys, held }: Evidence, options: object): Verdict {
  return kind === 'bundle' ? verifyBundle(bytes, keys, { ...options, held }) : verifyReceipt(bytes, keys, options)
}

describe('evidence', () => {
  it('is good as it was made, whichever way it is checked', () => {
    for (const good of goods())
      for (const options of [native, { ...native, thorough: true }])
        expect(check(good, options).faults, good.what).toEqual([])
    for (const good of [...goods()].slice(0, 8)) expect(check(good, {}).faults, good.what).toEqual([])
  }, 60_000)

  /** A third of them here; all of them, as command and as page, in `npm run prove -- metering-evidence`. */
  it('that was changed in any way is not', () => {
    const passed: string[] = []
    let made = 0
    let tried = 0
    for (const mutation of mutations()) {
      made += 1
      if (made % 3 !== 0) continue
      const { ok, faults } = check(mutation, native)
      const { what, fault } = mutation
      if (ok || (fault !== undefined && !faults.some(({ code }) => code === fault))) passed.push(what)
      tried += 1
    }
    expect(passed).toEqual([])
    expect(tried).toBeGreaterThan(5000)
  }, 240_000)
})
