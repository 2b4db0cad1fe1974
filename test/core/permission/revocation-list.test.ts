/** Lists of what an issuer took back: the number only rises, and nothing in a list is unlocked. */
import { describe, expect, it } from 'vitest'
import {
  decideList,
  type RevocationList,
  refuseRevoked,
  refuseStale,
} from '../../../gateway/core/permission/revocation-list.ts'

const HOUR = 3_600_000
const list = (more: Partial<RevocationList> = {}): RevocationList => ({
  issuer: 'https://platform.example',
  number: 7,
  issuedAtMs: 10 * HOUR,
  bookings: ['b-1'],
  jtis: ['j-1'],
  ...more,
})

describe('a list', () => {
  it.each([
    ['the first', undefined, list(), 'taken'],
    ['the same again', list(), list(), 'unchanged'],
    ['the next number', list(), list({ number: 8 }), 'taken'],
    ['a number far ahead', list(), list({ number: 900, bookings: [] }), 'taken'],
    ['a lower number', list(), list({ number: 6 }), 'refused'],
    ['the same number with less in it', list(), list({ bookings: [] }), 'refused'],
    ['the same number at another time', list(), list({ issuedAtMs: 11 * HOUR }), 'refused'],
    ['a higher number issued before', list(), list({ number: 8, issuedAtMs: 9 * HOUR }), 'refused'],
  ] as const)('%s', (_name, known, given, kind) => {
    expect(decideList(known, given).kind).toBe(kind)
  })

  it('refuses its bookings and tokens, and no others', () => {
    const lists = [list({ issuer: 'https://other.example', bookings: [], jtis: [] }), list()]
    expect(refuseRevoked({ lists }, { booking: 'b-1', jti: undefined })?.code).toBe('booking-cancelled')
    expect(refuseRevoked({ lists }, { booking: 'b-2', jti: 'j-1' })?.code).toBe('token-revoked')
    expect(refuseRevoked({ lists }, { booking: 'b-2', jti: 'j-2' })).toBeUndefined()
    expect(refuseRevoked({ lists: [] }, { booking: 'b-1', jti: 'j-1' })).toBeUndefined()
  })

  it.each([
    ['not demanded', [], undefined, 20, undefined],
    ['young enough', [list()], HOUR, 11, undefined],
    ['too old', [list()], HOUR, 11.1, 'revocations-stale'],
    ['none yet', [], HOUR, 11, 'revocations-stale'],
    ['only that of another issuer', [list({ issuer: 'https://other.example' })], HOUR, 11, 'revocations-stale'],
  ] as const)('%s', (_name, lists, maxAgeMs, hour, code) => {
    const known = { lists, nowMs: hour * HOUR, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) }
    expect(refuseStale(known, 'https://platform.example')?.code).toBe(code)
  })
})
