/** What the rules refuse is what the routes describe: no code that no route names, and none that nobody gives. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { type ProblemCode, problems } from '../../../gateway/core/ground/problems.ts'
import { SNAPSHOT } from '../../../gateway/front/api/snapshot.ts'

const ROOT = resolve(import.meta.dirname, '../../../gateway')
const CODE = new RegExp(`'(${Object.keys(problems).join('|')})'`, 'g')

/** Codes given by a call of `refuse`, `refused` or a function named for it, wherever it stands below a folder. */
function refusedIn(...folders: string[]): ReadonlySet<string> {
  const texts = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
  )
  const calls = texts.flatMap((text) => text.match(/\b(?:refused?|refuseAs)\(\s*'[a-z-]+'/g) ?? [])
  return new Set(calls.flatMap((call) => [...call.matchAll(CODE)].map(([, code]) => code!)))
}

/** Codes that some route of the committed description names. */
const described: ReadonlySet<string> = new Set(
  [...readFileSync(SNAPSHOT, 'utf8').matchAll(/`([a-z-]+)`: /g)]
    .map(([, code]) => code!)
    .filter((code) => Object.hasOwn(problems, code)),
)

/** Given by the rules, and not in the description of any route yet: the list only shrinks. */
const undescribed: readonly ProblemCode[] = ['revocations-stale', 'token-revoked']

test('every refusal of the rules is described by a route', () => {
  const rules = refusedIn('core', 'control/commands')
  expect(rules.size).toBeGreaterThan(30)
  expect([...rules].filter((code) => !described.has(code)).toSorted()).toEqual(undescribed)
})

test('every refusal that a route describes is given somewhere', () => {
  const given = refusedIn('core', 'control', 'front')
  expect([...described].filter((code) => !given.has(code) && code !== 'internal')).toEqual([])
})
