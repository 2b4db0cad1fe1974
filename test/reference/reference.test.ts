/** The reference of what goes out: it is fresh, its examples are as it says, and it knows every line of the log. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entryKinds } from '../../gateway/core/ground/entry.ts'
import { codeOf, codes } from '../../gateway/core/ground/log-codes.ts'
import { entries } from '../../gateway/reference/entries.ts'
import { examples } from '../../gateway/reference/examples.ts'
import { REFERENCE, reference } from '../../gateway/reference/generate.ts'
import { type LogLine, linesIn, logLines } from '../../gateway/reference/log-lines.ts'
import { payloads } from '../../gateway/reference/payloads.ts'
import { points } from '../../gateway/reference/points.ts'
import { faultIn } from '../support/described.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(REFERENCE, 'utf8')

describe('gateway/REFERENCE.md', () => {
  it('is what this code makes; else run npm run -s generate and look at the change', () => {
    expect(page).toBe(reference())
  })

  it('links to no place that it does not have', () => {
    const places = new Set(
      [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-')),
    )
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, place]) => place!)
    expect(links.filter((place) => !places.has(place))).toEqual([])
    expect(links.length).toBeGreaterThan(50)
  })
})

describe('the examples', () => {
  const shown = examples()

  it.each(entryKinds)('%s is one, and is as the reference says', (kind) => {
    const body = shown.entries[kind] as { kind: string; data: object } | undefined
    expect(body?.kind).toBe(kind)
    expect(faultIn(entries[kind].data, body?.data)).toBeUndefined()
  })

  it.each(Object.entries(payloads))('%s is one, and is as the reference says', (name, schema) => {
    expect(faultIn(schema, shown.payloads[name])).toBeUndefined()
  })

  it('show a point of each measurement, and nothing else', () => {
    expect(Object.keys(shown.points).sort()).toEqual(Object.keys(points).sort())
    expect(Object.keys(shown.entries).sort()).toEqual([...entryKinds].sort())
    expect(Object.keys(shown.payloads).sort()).toEqual(Object.keys(payloads).sort())
  })
})

describe('the codes of the log', () => {
  const said = logLines(ROOT)

  it('are there for each text in the sources', () => {
    expect(said.filter(({ text }) => codeOf(text) === undefined).map(({ file, text }) => `${file}: ${text}`)).toEqual(
      [],
    )
  })

  it('are each of a text in the sources', () => {
    const used = new Set(said.map(({ text }) => codeOf(text)))
    expect(codes().filter((code) => !used.has(code))).toEqual([])
  })
})

describe('a schema', () => {
  it('knows no member that it does not name', () => {
    const good = { reason: 'cut', plcState: 'locked' }
    expect(faultIn(entries.SessionSuspended.data, good)).toBeUndefined()
    expect(faultIn(entries.SessionSuspended.data, { ...good, more: 1 })).toContain('more')
    expect(faultIn(entries.SessionSuspended.data, { ...good, reason: 'mood' })).toBeDefined()
    expect(faultIn(entries.SessionSuspended.data, { reason: 'cut' })).toContain('plcState')
  })
})

describe('the lines of the log', () => {
  it.each<[string, Partial<LogLine>]>([
    [
      "log.warn({ link: id, cause }, 'link is down')",
      { level: 'warn', text: 'link is down', members: ['link', 'cause'] },
    ],
    ['loop.log.error({ ...fields, err }, `gone: ${why}`)', { level: 'error', text: 'gone: …', members: ['…', 'err'] }],
    ["request.log.info('answered')", { level: 'info', text: 'answered', members: [] }],
  ])('%s', (source, line) => {
    expect(linesIn('a.ts', source)).toEqual([{ file: 'a.ts', ...line }])
  })

  it('are found wherever a log is called with a text', () => {
    const texts = new Set(logLines(ROOT).map(({ text }) => text))
    const called = ['gateway', 'adapters'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.startsWith('reference/'))
        .flatMap((name) => [
          ...readFileSync(join(ROOT, folder, name), 'utf8').matchAll(
            /\blog\.(?:fatal|error|warn|info)\((?:[^'`()]|\([^)]*\))*'([^']+)',?\s*\)/g,
          ),
        ]),
    )
    expect(called.length).toBeGreaterThan(30)
    expect(called.map(([, text]) => text!).filter((text) => !texts.has(text))).toEqual([])
  })
})
