/** Which host is this one, and which name was meant. */
import { describe, expect, it } from 'vitest'
import { isLoopback, splitListen } from '../../config/document/endpoint.ts'
import { suggest } from '../../config/document/suggest.ts'

describe('this host', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'LOCALHOST'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true)
  })
  it.each([
    '',
    '10.0.0.1',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '999.0.0.1',
    '127.0.0.1.example',
    'localhost.example',
    '[fe80::1]',
  ])('is not "%s"', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
  it('listens on an IPv6 address too', () => {
    expect(splitListen('[::1]:8080')).toEqual({ host: '::1', port: 8080 })
  })
})

describe('a name that is not known', () => {
  it.each([
    ['hots', ['port', 'host'], 'did you mean "host"?'],
    ['Timeout', ['timeoutMs', 'timeout'], 'did you mean "timeout"?'],
    ['modbsu', ['opcua', 'modbus'], 'did you mean "modbus"?'],
    ['x', ['y'], 'use one of: y'],
    ['x', [], 'there are none'],
    ['nothing-like-it', 'abcdefghijklmn'.split(''), 'use one of: a, b, c, d, e, f, g, h, i, j, k, l, …'],
  ])('%s of %j: %s', (wrong, known, advice) => {
    expect(suggest(wrong, known)).toBe(advice)
  })
})
