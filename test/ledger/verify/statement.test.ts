/** Statement files: as made they are good; whatever is done to them is found. Read next: test/simulate/money/. */
import { describe, expect, it } from 'vitest'
import { verifyBundle, verifyStatement } from '../../../gateway/ledger/verify/verifier.ts'
import { statementFile, VKEY } from '../../simulate/money/statement-file.ts'
import { statementLies } from '../../simulate/money/statement-lies.ts'

const codes = (text: string) => verifyStatement(text, [VKEY]).faults.map(({ code, detail }) => `${code}: ${detail}`)

describe('a statement', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('as it was made is good: story %d', (seed) =>
    expect(codes(statementFile(seed, 6).text)).toEqual([]),
  )

  it('its facts name the log, the sessions and what signed it', () => {
    const { facts, kind, notes } = verifyStatement(statementFile(1, 6).text, [VKEY])
    expect(kind).toBe('statement')
    expect(facts).toMatchObject({ site: 'hall', receipts: facts.sessions.length })
    expect(notes.filter(({ code }) => code === 'field-unknown')).toEqual([])
  })

  it('a bundle may hold its entries', () => {
    const bundle = statementFile(1, 6).log.bundle()
    for (const thorough of [false, true]) {
      const { faults, notes } = verifyBundle(bundle, [VKEY], { thorough })
      expect(faults.filter(({ code }) => code === 'entry-malformed' || code === 'kind-unknown')).toEqual([])
      expect(notes.map(({ code }) => code)).not.toContain('field-unknown')
    }
  })

  it('a gateway that signs one cent more is found', () => {
    const { text } = statementFile(1, 6, (statement) => ({
      ...statement,
      bills: statement.bills.map((bill, index) => (index === 0 ? { ...bill, total: `9${bill.total}` } : bill)),
    }))
    expect(codes(text)).toEqual([expect.stringContaining('statement-differs: bills.0.total says')])
  })

  it('a use outside its period is found', () => {
    const { text } = statementFile(1, 6, (statement) => ({ ...statement, to: '2026-02-01T00:00:00.000Z' }))
    expect(codes(text)).toContainEqual(expect.stringContaining('statement-stray'))
  })

  it('every lie is found', () => {
    let told = 0
    const believed: string[] = []
    for (const { what, text } of statementLies(150)) {
      told += 1
      if (verifyStatement(text, [VKEY]).ok) believed.push(what)
    }
    expect(believed).toEqual([])
    expect(told).toBeGreaterThan(120)
  })
})
