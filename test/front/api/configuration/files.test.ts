/** The site file in force over HTTP: shown as it is written, and changed at some places with why, never by a guess. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SiteFiles } from '../../../../config/site.ts'
import { type Bench, createBench } from '../bench.ts'

const ID = 'ab'.repeat(32)
/** As a site file names it. */
const SECRET = ['$', '{env:BROKER}'].join('')
const SITE = `site: hall # of the west
mqtt: { url: "mqtt://b", password: "${SECRET}" }
links:
  bus: { protocol: modbus, port: 502 } # the grey box
`
let judged: SiteFiles[] = []
let bench: Bench
let authorization: string
beforeAll(async () => {
  const configurations = {
    inForce: () => ID,
    async judge(files: SiteFiles) {
      judged.push(files)
      const fault = { file: 'site.yaml', line: 4, column: 3, code: 'unknown-key', message: 'no', advice: 'mend it' }
      return { kind: 'faults', faults: [fault] } as const
    },
    propose: () => Promise.reject(new Error('nothing good was judged')),
    profiles: () => ['abb-b23', 'mine'],
    kept: (id: string) => (id === ID ? { site: SITE, profiles: { mine: 'profile: mine' } } : undefined),
  }
  bench = await createBench((config) => config, { configurations: configurations as never })
  authorization = `Bearer ${(await bench.addKey('technician', 'Wang')).key.text}`
})
afterAll(() => bench.close())
beforeEach(() => {
  judged = []
})

const send = (payload: object) =>
  bench.app.inject({ method: 'POST', url: '/v1/configuration', headers: { authorization }, payload })

test('it is shown as it is written, and a secret stays the name of its variable', async () => {
  const answer = await bench.app.inject({ url: '/v1/configuration/files', headers: { authorization } })
  expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'private, no-store'])
  const { site, value, profiles, schema } = answer.json()
  expect(site).toBe(SITE)
  expect(value).toMatchObject({ mqtt: { password: SECRET }, links: { bus: { port: 502 } } })
  expect([profiles, Object.keys(schema.properties).includes('links')]).toEqual([['abb-b23', 'mine'], true])
})

test('an edit is judged in the text in force, with its comments, its profiles and why', async () => {
  const edits = [{ path: ['links', 'bus'], json: '{"protocol":"modbus","port":1502}' }]
  const answer = await send({ edits, why: 'another box', dryRun: true })
  expect([answer.statusCode, answer.json().code]).toEqual([422, 'configuration-faulty'])
  expect(judged).toEqual([
    {
      site: SITE.replace(
        '  bus: { protocol: modbus, port: 502 }',
        '  # another box\n  bus: { protocol: modbus, port: 1502 }',
      ),
      profiles: { mine: 'profile: mine' },
    },
  ])
})

test.each([
  ['what is no JSON', { edits: [{ path: ['links', 'bus'], json: '{' }] }],
  ['a place that is none', { edits: [{ path: ['site', 'x', 'y'], json: '1' }] }],
  ['edits beside a text', { edits: [{ path: ['links', 'bus'] }], site: SITE }],
  ['edits beside a rollback', { edits: [{ path: ['links', 'bus'] }], rollback: 1 }],
  ['why in two lines', { edits: [{ path: ['links', 'bus'] }], why: 'a\nport: 1' }],
])('%s is refused, and nothing is judged', async (_, payload) => {
  const answer = await send(payload)
  expect([answer.statusCode, judged]).toEqual([400, []])
})
