/** What `latchkey drill` says of a mistake of the person, and of a gateway that is none. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { drillCommand } from '../../gateway/cli/drill.ts'
import { newKey } from '../../gateway/front/api/caller/key.ts'

const { text: KEY } = newKey()
const HOSTILE = '\x1b]0;owned\x07\u202e\r\nok'

/** Answers every path with this. */
async function gatewayThat(answers: (path: string) => { status?: number; body: object }) {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const { status = 200, body } = answers(url)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function drill(url: string, machine: string, given: { key?: string; yes?: boolean } = {}) {
  let said = ''
  const write = (text: string) => (said += text)
  const io = { stdin: process.stdin, stdout: { write }, stderr: { write }, env: {} }
  const options = { key: KEY, yes: true, reason: 'a trial', json: false, ...given }
  const code = await drillCommand(url, machine, options, io)
  return { code, said }
}

const machines = {
  machines: [
    { id: 'booth-1', availability: {} },
    { id: 'saw-1', availability: {} },
  ],
}

test.each([
  ['a letter is missing', KEY.slice(0, -1)],
  ['the beginning is missing', KEY.slice(3)],
  ['a space came with it', `${KEY} `],
])('a key that was copied wrong is said to be none, and sent nowhere: %s', async (_name, key) => {
  const { asked, url } = await gatewayThat(() => ({ body: machines }))
  const { code, said } = await drill(url, 'booth-1', { key })
  expect([code, asked]).toEqual([1, []])
  expect(said).toContain('no key of a gateway')
  expect(said).not.toContain(key.trim())
})

test('a machine that is not there is named, and the one that was meant', async () => {
  const { url } = await gatewayThat(() => ({ body: machines }))
  const { code, said } = await drill(url, 'boot-1')
  expect(code).toBe(1)
  expect(said).toBe('there is no machine "boot-1" at this gateway; did you mean "booth-1"?\n')
})

test.each<[string, (path: string) => { status?: number; body: object }]>([
  ['in a refusal', () => ({ status: 403, body: { title: HOSTILE, detail: HOSTILE, advice: { en: HOSTILE } } })],
  ['in names of machines', () => ({ body: { machines: [{ id: HOSTILE, availability: {} }] } })],
  [
    'in a step',
    (path) =>
      path.endsWith('/machines')
        ? { body: machines }
        : { body: { state: 'failed', steps: [{ step: HOSTILE, passed: false, detail: HOSTILE }] } },
  ],
])('what a gateway says steers no terminal: %s', async (_name, answers) => {
  const { url } = await gatewayThat(answers)
  const { code, said } = await drill(url, 'booth-1')
  expect(code).toBe(1)
  expect(said).toContain('owned')
  expect(said).toMatch(/^([^\p{Cc}\u202e]+\n)+$/u)
})

test.each([
  ['http://press.example', true],
  ['http://192.0.2.7:8080', true],
  ['https://press.example', false],
  ['http://127.0.0.1:8080', false],
  ['http://[::1]:8080', false],
])('that the key goes to %s in the clear is said: %s', async (url, isSaid) => {
  const { said } = await drill(url, 'booth-1', { yes: false })
  expect(said.includes('in the clear')).toBe(isSaid)
})
