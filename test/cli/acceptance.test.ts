/** `latchkey acceptance`: what a person types, what is asked of the gateway, and what the exit code says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { acceptanceCommand } from '../../gateway/cli/bench/acceptance.ts'
import { newKey } from '../../gateway/front/api/caller/key.ts'

const { text: KEY } = newKey()
const SIGNALS = [
  { id: 'saw/meter.energy', unit: 'kWh', counts: true },
  { id: 'saw/meter.power', unit: 'W' },
]
const report = {
  ...{ id: 'a-1', accepted: true, missing: [], label: 'K7QM', devices: [], says: [], lock: { drill: 'no-lock' } },
  readings: [{ signal: 'saw/meter.energy', shown: '84.50', reported: '84.501', reportedIn: 'kWh', agrees: true }],
}

async function accept(given: { read?: string[]; typed?: string; answer?: object } = {}) {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    const send = (body: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.method !== 'POST')
      return void send(request.url!.endsWith('/signals') ? { signals: SIGNALS } : { proven: [{ body: '"id":"a-1"' }] })
    let text = ''
    request.on('data', (piece) => (text += piece))
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      send({ ...report, ...given.answer })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-acceptance-'))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  let said = ''
  const write = (text: string) => (said += text)
  const out = join(folder, 'report.json')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = { read: given.read ?? [], reason: 'handed over', key: KEY, json: false, out }
  const io = { stdin: Readable.from([given.typed ?? '']), stdout: { write }, stderr: { write }, env: {} }
  const code = await acceptanceCommand(url, 'saw', options, io, new AbortController().signal)
  return { code, said, bodies, file: readFileSync(out, 'utf8') }
}

test('a reading that is given is sent as a plain number, and the signed report is kept', async () => {
  const { code, said, bodies, file } = await accept({ read: ['meter.energy=84,50 kWh', 'saw/meter.power=1.2kW'] })
  expect(bodies).toEqual([
    {
      reason: 'handed over',
      readings: [
        { signal: 'saw/meter.energy', shown: '84.50' },
        { signal: 'saw/meter.power', shown: '1.2', unit: 'kW' },
      ],
    },
  ])
  expect(code).toBe(0)
  expect(said).toContain('saw: accepted; label K7QM')
  expect(said).toContain('ok     saw/meter.energy: display 84.50 kWh, read 84.501 kWh')
  expect(file).toBe('{"proven":[{"body":"\\"id\\":\\"a-1\\""}]}\n')
})

test('each counter is asked for, and what is no number is asked for again', async () => {
  const { bodies, said } = await accept({ typed: 'none yet\n84.50\n' })
  expect(bodies).toMatchObject([{ readings: [{ signal: 'saw/meter.energy', shown: '84.50' }] }])
  expect(said).toContain('saw/meter.energy: what does the display show, in kWh?')
  expect(said).not.toContain('saw/meter.power: what')
})

test('what differs ends with 1, and is said', async () => {
  const [reading] = report.readings
  const readings = [{ ...reading, agrees: false, why: 'they are 3 apart' }]
  const { code, said } = await accept({
    read: ['meter.energy=87.50'],
    answer: { accepted: false, readings, missing: ['saw/x'] },
  })
  expect(code).toBe(1)
  expect(said).toContain('NOT accepted')
  expect(said).toContain('DIFFERS saw/meter.energy')
  expect(said).toContain('MISSING saw/x')
})

test.each([
  ['a signal that is not there', ['meter.nothing=1'], 'has no signal "meter.nothing"'],
  ['what is no number', ['meter.energy=abc'], 'is no number'],
])('%s is refused before anything is recorded', async (_, read, why) => {
  await expect(accept({ read })).rejects.toThrow(why)
})
