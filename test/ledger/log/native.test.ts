/** What node:crypto signs is what the evidence files sign by themselves, byte for byte. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSigner } from '../../../gateway/ledger/evidence/note.ts'
import { nodeSigning } from '../../../gateway/ledger/log/native.ts'

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })

test('a key has one public half and one signature, whoever computes them', () => {
  fc.assert(
    fc.property(bytes(32, 32), bytes(0, 300), (seed, message) => {
      const own = createSigner('log', seed)
      const native = createSigner('log', seed, 'log', nodeSigning)
      expect(native.key).toEqual(own.key)
      expect(native.sign(message)).toEqual(own.sign(message))
    }),
    { numRuns: 50 },
  )
})
