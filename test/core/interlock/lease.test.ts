import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  counterOf,
  decodeFromPlc,
  encodeToPlc,
  fencingToken,
  isForeign,
  isHeldBy,
  isLastOwner,
  nextSeq,
} from '../../../gateway/core/interlock/lease.ts'
import { decodeToPlc, encodeFromPlc } from '../../../simulators/machine/lease-block.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })

describe('the lease block', () => {
  it('is understood by a PLC that was written from the description alone', () => {
    fc.assert(
      fc.property(
        u16,
        u32,
        fc.constantFrom('none', 'enable', 'finish', 'revoke'),
        u16,
        u32,
        u16,
        u16,
        (seq, token, command, leaseMs, tag, challenge, heartbeat) => {
          const seen = decodeToPlc(encodeToPlc({ seq, token, command, leaseMs, tag, challenge, heartbeat }))
          expect(seen).toEqual({
            head: seq,
            version: 1,
            token,
            command: ['none', 'enable', 'finish', 'revoke'].indexOf(command),
            leaseMs,
            tag,
            challengeEcho: challenge,
            heartbeat,
            tail: seq,
          })
        },
      ),
    )
  })

  it('is read as that PLC shows it', () => {
    fc.assert(
      fc.property(
        u32,
        fc.integer({ min: 0, max: 6 }),
        u16,
        u32,
        u32,
        u32,
        u16,
        u16,
        fc.boolean(),
        fc.integer({ min: 0, max: 2 }),
        (bootId, state, seq, ownerToken, ownerTag, highestToken, leaseLeftMs, challenge, safetyOk, mode) => {
          const words = encodeFromPlc({
            bootId,
            state,
            acknowledgedSeq: seq,
            rejectReason: 3,
            ownerToken,
            ownerTag,
            highestToken,
            leaseLeftMs,
            challenge,
            safetyOk,
            mode,
            cycleCount: 70_000,
          })
          expect(decodeFromPlc(words)).toMatchObject({
            bootId,
            acknowledgedSeq: seq,
            rejectReason: 3,
            ownerToken,
            ownerTag,
            highestToken,
            leaseLeftMs,
            challenge,
            safetyOk,
            cycleCount: 70_000,
          })
        },
      ),
    )
  })

  it.each([
    ['another version', (words: number[]) => words.with(0, 2)],
    ['a state nobody knows', (words: number[]) => words.with(3, 7)],
    ['a mode nobody knows', (words: number[]) => words.with(15, 3)],
    ['too few words', (words: number[]) => words.slice(1)],
  ])('is not taken: %s', (_name, spoil) => {
    const words = encodeFromPlc({
      bootId: 1,
      state: 0,
      acknowledgedSeq: 0,
      rejectReason: 0,
      ownerToken: 0,
      ownerTag: 0,
      highestToken: 0,
      leaseLeftMs: 0,
      challenge: 1,
      safetyOk: true,
      mode: 1,
      cycleCount: 0,
    })
    expect(decodeFromPlc(words)).toBeDefined()
    expect(decodeFromPlc(spoil(words))).toBeUndefined()
  })
})

const block = {
  version: 1,
  bootId: 4,
  state: 'enabled',
  acknowledgedSeq: 1,
  rejectReason: 0,
  ownerToken: 35,
  ownerTag: 9,
  highestToken: 35,
  leaseLeftMs: 4000,
  challenge: 1,
  safetyOk: true,
  mode: 'remote',
  cycleCount: 0,
} as const

describe('who holds the machine', () => {
  it.each([
    ['ours', {}, true, false],
    ['ours, running', { state: 'running' }, true, false],
    ['another token', { ownerToken: 51 }, false, true],
    ['another tag', { ownerTag: 8 }, false, false],
    ['no lease left', { leaseLeftMs: 0 }, false, false],
    ['locked', { state: 'locked' }, false, false],
    ['the key switch', { state: 'local' }, false, true],
    ['an emergency stop', { state: 'emergency-stop' }, false, false],
  ] as const)('%s', (_name, over, held, foreign) => {
    const plc = { ...block, ...over }
    expect(isHeldBy(plc, 35, 9)).toBe(held)
    expect(isForeign(plc, 35)).toBe(foreign)
  })

  it('is told by the highest token and the boot id once the lease has lapsed', () => {
    const lapsed = { ...block, state: 'locked', ownerToken: 0, ownerTag: 0 } as const
    expect(isLastOwner(lapsed, 35, 4)).toBe(true)
    expect(isLastOwner({ ...lapsed, highestToken: 36 }, 35, 4)).toBe(false)
    expect(isLastOwner({ ...lapsed, bootId: 5 }, 35, 4)).toBe(false)
    expect(isLastOwner({ ...lapsed, state: 'local' }, 35, 4)).toBe(false)
  })
})

describe('numbers', () => {
  it('keep two gateways apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 28 - 1 }), fc.integer({ min: 0, max: 15 }), (counter, id) => {
        const token = fencingToken(counter, id)
        expect(token).toBeLessThan(2 ** 32)
        expect(token % 16).toBe(id)
        expect(counterOf(token)).toBe(counter)
      }),
    )
  })

  it.each([
    [5, undefined, 6],
    [5, 5, 6],
    [5, 4, 6],
    [5, 9, 10],
    [0xffff, 0xffff, 0],
    [0xfffe, 2, 3],
    [2, 0xfffe, 3],
  ])('a sequence after %i when the PLC has acknowledged %s is %i', (ours, acknowledged, next) => {
    expect(nextSeq(ours, acknowledged)).toBe(next)
  })
})
