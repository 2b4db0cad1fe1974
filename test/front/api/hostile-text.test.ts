/**
 * Every field in which people write words, times text that no ledger can store or no screen shows as it is: refused at
 * the API, and once more by the control thread. None of it ends more than its own request.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_COMMAND_BYTES } from '../../../gateway/control/commands/fit.ts'
import { createJournal } from '../../../gateway/control/journal.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { cutText } from '../../../gateway/core/ground/text.ts'
import { sealEntry } from '../../../gateway/ledger/store/sealed-entry.ts'
import { startCommands } from '../../control/commands/bench.ts'
import { type Bench, createBench } from './bench.ts'
import { entryDraft, readByHand } from './rows.ts'

/** As JSON escapes, because that is how half a pair comes. */
const hostile: readonly (readonly [string, string])[] = [
  ['half a pair, high', '\\ud800\\ud800abc'],
  ['half a pair, low', '\\udfff\\udfff\\udfff'],
  ['a pair in the wrong order', '\\ude00\\ud83dabc'],
  ['half a pair at the end', 'abc\\ud83d'],
  ['a C1 control (CSI)', 'abc\\u009b31m'],
  ['a right-to-left override', 'paid \\u202e00,1'],
  ['an isolate', 'abc\\u2066def'],
  ['a line separator', 'abc\\u2028def'],
  ['an escape', 'abc\\u001b[2J'],
]
const blocks = { start: '2026-11-24T08:00:00Z', end: '2026-11-24T09:00:00Z' }
const saw = '/v1/machines/saw-1'

/** [field, method, path, the rest of the body, role] */
const fields: readonly (readonly [string, 'POST' | 'PUT', string, Record<string, unknown>, string])[] = [
  ['note', 'POST', `${saw}/inspection`, { passed: true }, 'technician'],
  ['reason', 'POST', `${saw}/override`, {}, 'technician'],
  ['reason', 'POST', `${saw}/maintenance`, { on: true }, 'technician'],
  ['reason', 'POST', `${saw}/drill`, {}, 'technician'],
  ['reason', 'PUT', `${saw}/blocks/x`, blocks, 'owner'],
  ['text', 'POST', '/v1/corrections', { original: 3, reason: 'accepted' }, 'auditor'],
  ['reason', 'POST', `${saw}/manual-entries`, readByHand, 'technician'],
  ['meter', 'POST', `${saw}/manual-entries`, readByHand, 'technician'],
  ['unit', 'POST', `${saw}/manual-entries`, readByHand, 'technician'],
]

let bench: Bench
const keys = new Map<string, string>()
beforeAll(async () => {
  bench = await createBench()
  for (const [role, owner] of [['technician'], ['owner', 'huajian'], ['auditor']] as const)
    keys.set(role, (await bench.addKey(role, 'Wang', owner)).key.text)
})
afterAll(() => bench.close())

const send = ([field, method, url, rest, role]: (typeof fields)[number], text: string) => {
  const members = Object.entries({ ...rest, [field]: undefined }).filter(([, value]) => value !== undefined)
  const payload = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`).join('')}"${field}":"${text}"}`
  const headers = { authorization: `Bearer ${keys.get(role)}`, 'content-type': 'application/json' }
  return bench.app.inject({ method, url, payload, headers })
}

describe.each(fields.map((row) => [`${row[0]} of ${row[1]} ${row[2]}`, row] as const))('%s', (_name, row) => {
  test.each(hostile)('with %s is refused and goes no further', async (_what, text) => {
    bench.commands.splice(0)
    const response = await send(row, text)
    expect([response.statusCode, response.json().code]).toEqual([400, 'bad-request'])
    expect(bench.commands).toEqual([])
  })

  test('takes words of any language, and a pair that is whole', async () => {
    bench.commands.splice(0)
    await send(row, row[0] === 'unit' ? '个\\ud83d\\ude00' : '锯片已换 \\ud83d\\ude00 תקין')
    expect(bench.commands).toHaveLength(1)
  })
})

describe('the control thread', () => {
  const inspect = (note: string): Command => ({
    kind: 'inspect',
    principal: { role: 'technician', id: 'Wang', key: 'k-wang' },
    machine: 'saw-1',
    passed: true,
    note,
  })

  test.each([
    ['text that is not well-formed', 'abc\ud800'],
    ['more text than an entry holds', '锯'.repeat(MAX_COMMAND_BYTES / 3)],
  ])('refuses a command with %s, whoever let it pass', async (_name, note) => {
    const { take } = await startCommands(bench)
    expect(await take(inspect(note))).toMatchObject({ kind: 'refused', refusal: { code: 'bad-request' } })
    expect(await take(inspect('in order'))).toMatchObject({ kind: 'done' })
  })

  test('gives the ledger nothing that it cannot store, whatever a device says of itself', async () => {
    const committed: EntryDraft[] = []
    const commit = async (changes: { entry: EntryDraft }[]) => void committed.push(...changes.map(({ entry }) => entry))
    const journal = createJournal({ commit } as never, 10, (error) => {
      throw error
    })
    const draft = { ...entryDraft(), data: { detail: 'abc\ud800', list: [{ '\udc00': '\udfff' }], n: 1 } }
    expect(() => sealEntry(draft, 0, 'site', new Set())).toThrow()
    journal.append({ kind: 'entry', entry: draft })
    await journal.flush()
    expect(committed[0]!.data).toEqual({ detail: 'abc\ufffd', list: [{ '\ufffd': '\ufffd' }], n: 1 })
    expect(sealEntry(committed[0]!, 0, 'site', new Set()).bytes.length).toBeGreaterThan(0)
  })
})

test('text that is cut never ends in half a pair', () => {
  expect(cutText('ab😀', 3)).toBe('ab')
  expect(cutText('ab😀', 4)).toBe('ab😀')
  expect(cutText('abcd', 2)).toBe('ab')
})

test.each([
  ['nobody', undefined, 401],
  ['a technician', 'technician', 403],
])('a body of bookings is not looked at before the caller may send one: %s', async (_who, role, status) => {
  const headers = role === undefined ? {} : { authorization: `Bearer ${keys.get(role)}` }
  const payload = '{"a":'.repeat(1_000)
  const response = await bench.app.inject({
    ...{ method: 'PUT', url: '/v1/bookings', payload },
    headers: { ...headers, 'content-type': 'application/json' },
  })
  expect(response.statusCode).toBe(status)
})
