/** The two small parsers everything from outside goes through. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseInstant, toInstant } from '../../../../gateway/front/api/http/instant.ts'
import { MAX_DEPTH, MAX_ITEMS, MAX_MEMBERS, parseStrictJson } from '../../../../gateway/front/api/http/strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text, 'utf8'))

const members = (count: number) => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`).join(',')}}`
const items = (count: number) => `[${Array(count).fill('{}').join(',')}]`

describe('strict JSON', () => {
  test('takes any JSON that has no key twice, as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        if (/"(__proto__|constructor|prototype)":/.test(text)) return
        expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) })
        expect(parse(JSON.stringify(value, null, 2))).toEqual({ ok: true, value: JSON.parse(text) })
      }),
      { numRuns: 2_000 },
    )
  })

  test('refuses a key twice wherever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue({ maxDepth: 2 }), fc.integer({ min: 0, max: 5 }), (key, value, depth) => {
        const twice = `{${JSON.stringify(key)}:${JSON.stringify(value)},"x${key.length}y":[],${JSON.stringify(key)}:1}`
        expect(parse(`${'[1,{"a":'.repeat(depth)}${twice}${'}]'.repeat(depth)}`).ok).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('never throws and never takes what JSON.parse does not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ', 'u') }),
        (text) => {
          let valid = true
          try {
            JSON.parse(text)
          } catch {
            valid = false
          }
          const result = parse(text)
          if (!valid) expect(result.ok).toBe(false)
        },
      ),
      { numRuns: 20_000 },
    )
  })

  test.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":3}]}', true],
    ['{"a":"a\\":\\"b","b":1}', true],
    ['["a","a"]', true],
    ['{"a":["a","a"]}', true],
    ['{"a":1,"\\u0061":2}', false],
    ['{"__proto__":1}', false],
    ['{"x":{"\\u005f\\u005fproto__":1}}', false],
    ['{"a":"__proto__"}', true],
    [`${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`, true],
    [`${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}`, false],
    ['['.repeat(60_000), false],
    ['', false],
    ['{"a":"\\ud83d\\ude00"}', true],
    ['{"a":"\\ud800"}', false],
    ['{"a":"\\uDFFF"}', false],
    ['{"a":["\\ude00\\ud83d"]}', false],
    ['{"\\ud800":1}', false],
    ['{"a":"\\\\ud800"}', true],
    ['\uFEFF{}', false],
  ])('%s', (text, ok) => {
    expect(parse(text).ok).toBe(ok)
  })

  test.each([
    ['an object', members, MAX_MEMBERS],
    ['a list', items, MAX_ITEMS],
  ] as const)('bounds how much %s holds, wherever it is', (_what, holding, most) => {
    expect(parse(`[${holding(most)},${holding(most)}]`).ok).toBe(true)
    expect(parse(holding(most + 1))).toMatchObject({ ok: false, why: expect.stringContaining(`more than ${most}`) })
    expect(parse(`{"a":[1,${holding(most + 1)}]}`).ok).toBe(false)
  })
})

describe('an instant', () => {
  test('comes back as it was, whatever the zone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2001), max: Date.UTC(2099) }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (ms, offset) => {
          const sign = offset < 0 ? '-' : '+'
          const zone =
            offset === 0
              ? 'Z'
              : `${sign}${String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')}:${String(Math.abs(offset) % 60).padStart(2, '0')}`
          expect(parseInstant(new Date(ms + offset * 60_000).toISOString().replace('Z', zone))).toBe(ms)
          expect(parseInstant(toInstant(ms))).toBe(ms)
        },
      ),
    )
  })

  test.each([
    ['2024-02-29T00:00:00Z', true],
    ['2026-02-29T00:00:00Z', false],
    ['2026-04-31T00:00:00Z', false],
    ['2026-11-24T08:00:00', false],
    ['2026-11-24 08:00:00Z', false],
    ['2026-11-24t08:00:00z', true],
    ['2026-11-24T08:00Z', false],
    ['2026-11-24T08:60:00Z', false],
    ['2026-11-24T24:00:00Z', false],
    ['2026-11-24T08:00:00+24:00', false],
    ['2026-11-24T08:00:00-00:00', false],
    ['2026-11-24T08:00:00+0800', false],
    ['2026-11-24T08:00:00.1Z', true],
    ['2026-11-24T08:00:00.1234Z', true],
    ['2026-11-24T08:00:00.1234567891Z', false],
    ['1999-12-31T23:59:59Z', false],
    ['2100-01-01T00:00:00Z', false],
    ['20261124T080000Z', false],
    ['2026-11-24T08:00:00Z\n', false],
    ['٢٠٢٦-11-24T08:00:00Z', false],
  ])('%j is one: %s', (text, good) => {
    expect(parseInstant(text) !== undefined).toBe(good)
  })
})
