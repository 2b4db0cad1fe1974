/**
 * gateway/ledger/evidence/FORMAT.md alone suffices: a verifier in another language, written from it, comes to the
 * verdicts of `latchkey verify` on all vectors and on forgeries, half of them signed with the real key. Thousands of
 * them: test/field/checker/run.ts.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leafHash } from '../../gateway/ledger/evidence/merkle.ts'
import type { Content } from '../../gateway/ledger/verify/entry/content.ts'
import { isField, knownKinds } from '../../gateway/ledger/verify/entry/kinds.ts'
import { verifyBundle } from '../../gateway/ledger/verify/verifier.ts'
import { faultWords, noteWords } from '../../gateway/ledger/verify/words.ts'
import { sha256 } from '../ledger/verify/shop/log.ts'
import { realPart } from '../support/real.ts'
import { compare } from './checker/compare.ts'
import { createForger, type Forgery, signedKind } from './checker/forgeries.ts'
import { answers, type Checker, startChecker } from './checker/python.ts'
import { vectorCases } from './checker/vectors.ts'

const CHECKER = join(import.meta.dirname, 'checker')
const FORGERIES = 300
/** A rule that is left out shows among these. */
const MOST_TRIED = 20_000
const page = readFileSync(join(import.meta.dirname, '../../gateway/ledger/evidence/FORMAT.md'), 'utf8')
const section = (title: string) => page.split(/^#+ /m).find((text) => text.startsWith(title))!
const words = (text: string) => [...text.matchAll(/`([A-Za-z-]+)`/g)].map((match) => match[1]!)

const forger = createForger()

describe('FORMAT.md', () => {
  it('names every fault and every note, in a rule and in its table', () => {
    const [, faults, notes] = section('9.').split(/^\| (?:fault|note|limit) \|/m) as [string, string, string, string]
    const firstColumn = (table: string) => table.split('\n').flatMap((line) => words(line.split('|')[1] ?? ''))
    expect(firstColumn(faults).sort()).toEqual(Object.keys(faultWords).sort())
    expect(firstColumn(notes).sort()).toEqual(Object.keys(noteWords).sort())
    for (const code of Object.keys(faultWords)) expect(page, code).toContain(`**${code}**`)
    for (const code of Object.keys(noteWords)) expect(page, code).toContain(`*${code}*`)
  })

  const columnsOf = (title: string) =>
    section(title)
      .split('\n')
      .map((line) => line.split('|').map(words))
  const opened = columnsOf('5.3').flatMap(([, kinds = [], judged = [], forPeople = []]) =>
    kinds.map((kind) => ({ kind, fields: new Set([...judged, ...forPeople]) })),
  )

  it('names every kind of entry, and no other', () => {
    const silent = columnsOf('5.5').flatMap(([, , kinds = []]) => kinds)
    expect([...opened.map(({ kind }) => kind), ...silent].sort()).toEqual([...knownKinds].sort())
  })

  it('names the fields of each kind that is opened, and no other', () => {
    const names = new Set(opened.flatMap(({ fields }) => [...fields]))
    for (const { kind, fields } of opened)
      for (const name of names)
        if (name !== 'null') expect(isField(kind as Content['kind'], name), `${kind} ${name}`).toBe(fields.has(name))
  })

  it('has an example that is good, with the hashes that it says', () => {
    const example = section('11.')
    const bundle = /```\n([\s\S]*?)```/.exec(example)![1]!
    const [, key] = /\| key \| `(.*)` \|/.exec(example)!
    expect(verifyBundle(Buffer.from(bundle), [key!])).toMatchObject({
      ok: true,
      notes: [{ code: 'not-opened' }].slice(1),
    })
    const entries = bundle.split('\n').filter((line) => line.startsWith('{"at":'))
    for (const [index, entry] of entries.entries()) {
      const hash = Buffer.from(leafHash(sha256, Buffer.from(entry))).toString('hex')
      expect(example).toContain(`| leaf ${index}, ${Buffer.byteLength(entry)} bytes | \`${hash}\` |`)
    }
  })
})

describe.skipIf(!realPart('python3'))('a verifier written from FORMAT.md alone', () => {
  let checker: Checker
  beforeAll(() => {
    checker = startChecker()
  })
  afterAll(() => checker.close())

  it.each(vectorCases().map((each) => [each.file, each] as const))(
    'agrees on %s',
    async (_file, { vector, evidence }) => {
      const answer = await checker.check(evidence)
      expect(answer.ok).toBe(vector.ok)
      expect(compare(evidence, answer, true).differs).toBeUndefined()
    },
  )

  it(`agrees on ${FORGERIES} forgeries, half of them signed with the real key`, async () => {
    const count = { good: 0, refused: 0 }
    const faults = new Set<string>()
    for await (const [forgery, answer] of answers(checker, forger, 0, FORGERIES)) {
      const { ok, fault, differs } = compare(forgery.evidence, answer, forgery.kind === 'checkpoint')
      expect(differs, told(forgery)).toBeUndefined()
      count[ok ? 'good' : 'refused'] += 1
      if (fault !== undefined) faults.add(fault)
    }
    expect(count.good).toBeGreaterThan(FORGERIES / 20)
    expect(count.refused).toBeGreaterThan(FORGERIES / 2)
    expect(faults.size).toBeGreaterThan(Object.keys(faultWords).length / 2)
  }, 120_000)

  it.each([
    ['sums.py', 'made - quantity >= others', 'quantity <= made', 'entries: what a session is charged'],
    ['sums.py', 'units == epoch.per_count * counts', 'units >= 0', 'entries: a reading'],
    ['signed.py', 'len(signature) != 64 or s >= ORDER', 'len(signature) != 64', 'checkpoint'],
    ['forms.py', '[0-7bef]|1[0-9a-f])', '[0-7befBEF]|1[0-9a-fA-F])', 'text'],
    ['check.py', 'e.seq < ends[0]', 'True', 'receipt'],
  ])(
    'would be found to differ: %s without %s',
    async (file, rule, instead, kind) => {
      const folder = mkdtempSync(join(tmpdir(), 'latchkey-checker-'))
      cpSync(CHECKER, folder, { recursive: true })
      const text = readFileSync(join(folder, file), 'utf8')
      expect(text).toContain(rule)
      writeFileSync(join(folder, file), text.replace(rule, instead))
      const broken = startChecker(join(folder, 'check.py'))
      try {
        expect(await firstDifference(broken, ofKind(kind))).toBeDefined()
      } finally {
        await broken.close()
        rmSync(folder, { recursive: true })
      }
    },
    60_000,
  )
})

function* ofKind(kind: string): Generator<Forgery> {
  for (let number = 0; number < MOST_TRIED; number += 2) if (signedKind(number) === kind) yield forger(number)
}

const told = ({ number, kind, what }: Forgery) => `${number}, ${kind}: ${what}`

/** What a broken checker says otherwise; undefined when nothing shows that it is broken. */
async function firstDifference(checker: Checker, forgeries: Iterable<Forgery>): Promise<string | undefined> {
  for (const forgery of forgeries)
    if (compare(forgery.evidence, await checker.check(forgery.evidence)).differs !== undefined) return told(forgery)
  return undefined
}
