/** The table of refusals: each says the same thing, in the same words, to programs and to people of two languages. */
import { describe, expect, test } from 'vitest'
import { advice } from '../../../gateway/core/ground/advice.ts'
import { decisions, type ProblemCode, problems } from '../../../gateway/core/ground/problems.ts'
import { decisionOf } from '../../../gateway/core/ground/refusal.ts'

const rows = Object.entries(problems) as [ProblemCode, (typeof problems)[ProblemCode]][]

describe('every refusal', () => {
  test.each(rows)('%s says its decision, and what to do, in English and in Chinese', (code, row) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(row.status).toBeGreaterThanOrEqual(400)
    expect(decisions).toContain(row.decision)
    expect(row.decision).not.toBe('Accepted')
    expect(row.title).toMatch(/^[A-Z][^\n.]{5,80}$/)
    expect(row.advice.en).toMatch(/^[A-Z][\x20-\x7e]{5,160}\.$/)
    // mostly Chinese, in Chinese punctuation; only names of fields and commands stay as they are
    expect(row.advice.zh).toMatch(/^[^\n]{6,80}。$/)
    expect(row.advice.zh).not.toMatch(/[,;!?]|\p{Script=Han}[.:]/u)
    expect((row.advice.zh.match(/\p{Script=Han}/gu) ?? []).length).toBeGreaterThan(row.advice.zh.length / 3)
  })

  test('has advice, and no advice is for a code that is not there', () => {
    expect(Object.keys(advice).sort()).toEqual(rows.map(([code]) => code).sort())
  })

  test('says something of its own in each language', () => {
    for (const language of ['zh'] as const) {
      const lines = rows.map(([, row]) => row.advice[language])
      expect(new Set(lines).size).toBe(lines.length)
    }
    expect(new Set(rows.map(([, row]) => row.title)).size).toBe(rows.length)
  })

  test('has the status of its decision where both speak of the same thing', () => {
    for (const [code, { status, decision }] of rows) {
      if (decision === 'NotQualified' || decision === 'NoCredit' || decision === 'NotAtThisLocation')
        expect([code, status]).toEqual([code, 403])
      if (decision === 'NotFresh') expect([code, status]).toEqual([code, 503])
      if (decision === 'MachineNotReady') expect([code, status]).toEqual([code, 409])
      if (status === 401) expect(['Invalid', 'Expired', 'NotAtThisTime']).toContain(decision)
    }
  })
})

test('an event of a refusal says code and decision of the table', () => {
  expect(decisionOf('not-fresh')).toEqual({ code: 'not-fresh', decision: 'NotFresh' })
})
