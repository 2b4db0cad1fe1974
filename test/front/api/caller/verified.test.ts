/** What was found of a token holds only while nothing can have changed. */
import { describe, expect, it } from 'vitest'
import type { Caller } from '../../../../gateway/front/api/caller/caller.ts'
import { createVerified, digestOf } from '../../../../gateway/front/api/caller/verified.ts'

const good: Caller = { principal: { role: 'platform', id: 'p', issuer: 'i' }, untilMs: 9e12 }
const times = { iat: 1000, exp: 2000 }

function bench(more: { readonly nbf?: number } = {}) {
  let edition = 4
  const verified = createVerified()
  verified.keep(digestOf('token'), good, { edition: () => edition }, 4, { ...times, ...more })
  return {
    verified,
    at: (seconds: number, token = 'token') => verified.find(digestOf(token), seconds * 1000) === good,
    renewKeys: () => void edition++,
  }
}

describe('a token that was found good', () => {
  it.each([
    [999.999, false],
    [1000, true],
    [1999.999, true],
    [2000, false],
  ])('at %d s: %s', (seconds, holds) => {
    expect(bench().at(seconds)).toBe(holds)
  })

  it('does not hold before its nbf', () => {
    expect([1499, 1500].map((seconds) => bench({ nbf: 1500 }).at(seconds))).toEqual([false, true])
  })

  it('is that token and no other', () => {
    expect(bench().at(1500, 'tokem')).toBe(false)
  })

  it('is verified anew when the keys of its issuer have changed', () => {
    const { at, renewKeys } = bench()
    renewKeys()
    expect(at(1500)).toBe(false)
  })

  it('makes way for a thousand others', () => {
    const { at, verified } = bench()
    for (let index = 0; index < 999; index++) verified.keep(`${index}`, good, { edition: () => 1 }, 1, times)
    expect(at(1500)).toBe(true)
    verified.keep('one more', good, { edition: () => 1 }, 1, times)
    expect(at(1500)).toBe(false)
  })
})
