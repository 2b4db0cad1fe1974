/** Cells that no spreadsheet runs, of any language, and times as a clock of a zone shows them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toCell } from '../../../../gateway/front/api/http/csv.ts'
import { localInstant } from '../../../../gateway/front/api/http/instant.ts'
import { toUsageCsv } from '../../../../gateway/front/api/usage/usage-csv.ts'
import { parseCsv } from './csv-reader.ts'

describe('a cell', () => {
  test.each(['=1+1', '+cmd', '-2', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1'])('never lets %j begin a cell', (text) => {
    expect(toCell(text)).toMatch(/^"?'/)
  })

  test('any text comes back as it was, or with an apostrophe before what could be a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (texts) => {
        const [row] = parseCsv(`${texts.map((text) => toCell(text)).join(',')}\r\n`)
        expect(row!.length).toBe(texts.length)
        for (const [index, cell] of row!.entries()) {
          expect(unguarded(cell)).toBe(unguarded(texts[index]!))
          expect(cell).not.toMatch(/^\s*[=+\-@]/)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(['a;=HYPERLINK("x")', '甲;=1+1', 'a; =1', 'a;"=1"', 'a\t=1', 'a;;-2', '"";=1', 'a;＝1'])(
    'no spreadsheet of any language finds a formula in %j, also one that knows no quotes where it splits',
    (text) => {
      for (const separator of [',', ';'] as const)
        for (const other of [';', '\t'])
          for (const piece of `x${separator}${toCell(text, separator)}`.split(other))
            expect(piece).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/)
    },
  )

  test('a name made to break out stays in its cell', () => {
    const line = {
      session: 's',
      machine: 'm',
      owner: 'o","x',
      booking: '=HYPERLINK("http://evil")',
      tenantRef: 't',
      status: 'ended',
      meter: 'm/a.b',
      unit: 'Wh\r\nuse',
      quantity: '1',
      shares: [],
      simulated: false,
    }
    const rows = parseCsv(toUsageCsv([line], [], [])(','))
    expect(rows).toHaveLength(2)
    expect(rows[1]).toContain('o","x')
    expect(rows[1]).toContain('\'=HYPERLINK("http://evil")')
  })
})

describe('a moment', () => {
  test.each([
    ['2026-11-23T08:00:00Z', 'UTC', '2026-11-23T08:00:00+00:00'],
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00+02:00'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00+01:00'],
    ['2026-11-22T18:30:00Z', 'Asia/Kolkata', '2026-11-23T00:00:00+05:30'],
    ['2026-11-23T04:00:00Z', 'America/St_Johns', '2026-11-23T00:30:00-03:30'],
  ])('%s in %s is %s', (at, zone, shown) => {
    expect(localInstant(Date.parse(at), zone)).toBe(shown)
    expect(Date.parse(shown)).toBe(Date.parse(at))
  })
})

/** Without the apostrophes that stand where some spreadsheet begins a cell. */
const unguarded = (text: string) => text.replace(/(^|[;\t])'+(?=[\s"']*[=+\-@\t\r＝＋－＠])/g, '$1')
