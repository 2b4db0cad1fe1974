/** Files that want too much: as many keys as a megabyte has room for, and what has no end. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Fault, faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-large-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function faultsOf(text: string): readonly Fault[] {
  const path = join(folder, 'site.yaml')
  writeFileSync(path, text)
  return faultsAt(path)
}

function faultsAt(path: string): readonly Fault[] {
  const loaded = loadSite(path, {})
  if (loaded.kind === 'ok') throw new Error('no fault was found')
  return loaded.faults
}

const codesOf = (faults: readonly Fault[]) => new Set(faults.map(({ code }) => code))
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n')
const site = (rest: string) => `site: a\ntimezone: UTC\ndataDir: d\napi: { listen: '127.0.0.1:0' }\n${rest}\n`

/** CPU time, since a busy computer says nothing about the work. */
function workMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

describe('a file with as many faults as it has room for takes seconds of work', () => {
  const MOST_MS = 4_000

  test.each([
    ['unknown keys', lines(30_000, (n) => `k${n}: 1`), 'unknown-key'],
    ['one key again and again', lines(30_000, () => 'k: 1'), 'yaml-duplicate-key'],
    [
      'links that are not there',
      site(
        `links:\n${lines(3_000, (n) => `  l${n}: {}`)}\nmachines:\n${lines(3_000, (n) => `  m${n}: { devices: { a: { link: x${n} } } }`)}`,
      ),
      'link-unknown',
    ],
  ] as const)(
    '%s',
    (_name, text, code) => {
      const faults: Fault[] = []
      expect(workMs(() => faults.push(...faultsOf(text)))).toBeLessThan(MOST_MS)
      expect(faults.filter((fault) => fault.code === code).length).toBeGreaterThan(2_900)
    },
    60_000,
  )
})

describe('what has no end is not read', () => {
  test('as the site file', () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const path of ['/dev/zero', pipe])
      expect(faultsAt(path)).toMatchObject([{ code: 'file-unreadable', message: expect.stringContaining('no file') }])
  })

  test.each([
    ['a key set', 'trust: { issuers: [{ issuer: a, audience: b, jwks: /dev/zero }] }', 'jwks-missing'],
    ['a certificate', "mqtt: { url: 'mqtts://127.0.0.1', ca: /dev/zero }", 'ca-missing'],
  ])('as %s', (_name, text, code) => {
    expect(codesOf(faultsOf(site(text)))).toContain(code)
  })
})

test('a fault is one line, whatever the file calls a thing', () => {
  const faults = faultsOf(site('trust: { issuers: [{ issuer: a, audience: b, jwks: "a\\r\\nb" }] }'))
  const line = faults.map(faultLine).find((text) => text.includes('jwks-missing'))
  expect(line).toContain('a\\u{d}\\u{a}b')
})
