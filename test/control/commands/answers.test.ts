/** Questions over HTTP: what is asked, answers with the unlock, and those after a use to the ledger and back. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { QuestionConfig } from '../../../gateway/core/ground/config.ts'
import { entries } from '../../../gateway/reference/entries.ts'
import { type Bench, createBench } from '../../front/api/bench.ts'
import { platformToken, tenantToken } from '../../front/api/credentials.ts'
import { session } from '../../front/api/rows.ts'
import { faultIn } from '../../support/described.ts'
import { startCommands } from './bench.ts'

const ask = { required: true, outside: 'note', text: { en: 'How is it?', zh: '怎么样？' } } as const
const QUESTIONS: readonly QuestionConfig[] = [
  { ...ask, id: 'guard', when: 'before', answer: { kind: 'yes-no', must: 'yes' }, asked: 'always' },
  { ...ask, id: 'more', when: 'before', answer: { kind: 'text' }, asked: 'after-problem' },
  { ...ask, id: 'dust', when: 'after', answer: { kind: 'number', max: 80, unit: '%' }, asked: 'always' },
]
const used = session()
const url = `/v1/sessions/${used.id}/answers`

let bench: Bench
let tenant: string
const commands: Command[] = []

const call = (method: 'GET' | 'POST', path: string, token: string, payload?: object) =>
  bench.app.inject({ method, url: path, headers: { authorization: `Bearer ${token}` }, ...(payload && { payload }) })

beforeAll(async () => {
  bench = await createBench((config) => ({
    ...config,
    machines: config.machines.map((machine) => ({ ...machine, questions: QUESTIONS })),
  }))
  tenant = await tenantToken()
  bench.commit({ kind: 'session', session: used })
  const { take } = await startCommands(bench, { session: used })
  bench.answer((command) => {
    commands.push(command)
    return take(command)
  })
})
afterAll(() => bench.close())

const questions = async () => (await call('GET', '/v1/machines/saw-1/questions', tenant)).json()

it('says what is asked, in its languages, and what of it is due', async () => {
  const asked = await questions()
  expect(asked.questions.map(({ id, due }: { id: string; due: boolean }) => [id, due])).toEqual([
    ['guard', true],
    ['more', false],
    ['dust', true],
  ])
  expect(asked.questions[2]).toMatchObject({ text: ask.text, answer: 'number', max: 80, unit: '%', outside: 'note' })
  expect(asked).not.toHaveProperty('answered')
})

it('passes the answers on with the unlock', async () => {
  await call('POST', '/v1/machines/saw-1/unlock', await tenantToken(), { answers: { guard: 'yes' } })
  expect(commands.findLast(({ kind }) => kind === 'unlock')).toMatchObject({ answers: { guard: 'yes' } })
})

it.each<[string, object]>([
  ['none', { answers: {} }],
  ['a number', { answers: { dust: 7 } }],
  ['lines', { answers: { dust: 'a\nb' } }],
  ['too long', { answers: { dust: 'x'.repeat(501) } }],
  ['a name of another shape', { answers: { Dust: '7' } }],
  ['too many', { answers: Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`q-${index}`, '7'])) }],
  ['somebody else’s word', { answers: { dust: '7' }, tenant: 't' }],
])('%s: is no body', async (_, body) => {
  expect((await call('POST', url, tenant, body)).statusCode).toBe(400)
})

it('takes those after a use once, and the same again for the first', async () => {
  expect((await call('POST', url, tenant, { answers: { guard: 'yes' } })).json()).toMatchObject({
    ...{ code: 'answers-due', questions: 'dust guard' },
  })
  for (const [answers, status] of [
    [{ dust: '90' }, 204],
    [{ dust: '90' }, 204],
    [{ dust: '9' }, 409],
  ] as const)
    expect((await call('POST', url, tenant, { answers })).statusCode).toBe(status)
  const recorded = bench.deps.reader.entries(0, 100)
  expect(recorded.filter(({ kind }) => kind === 'AnswersGiven')).toHaveLength(1)
  expect(recorded.filter(({ kind }) => kind === 'ReportMade')).toHaveLength(1)
  for (const { kind, body } of recorded)
    if (kind === 'ReportMade' || kind === 'AnswersGiven') expect(faultIn(entries[kind].data, body.data)).toBeUndefined()
  const asked = await questions()
  expect(asked.answered).toBe(used.id)
  expect(asked.questions.every(({ due }: { due: boolean }) => due)).toBe(true)
})

it('is of the tenant of that use, and of the platform', async () => {
  const other = await tenantToken({ sub: 'tenant-b', booking: 'b-9' })
  expect((await call('POST', url, other, { answers: { dust: '90' } })).statusCode).toBe(404)
  expect((await call('POST', url, await platformToken(), { answers: { dust: '90' } })).statusCode).toBe(204)
})
