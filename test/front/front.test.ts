/**
 * The front as a thread beside a real ledger thread, with the test as its control end: it listens, asks, shows the
 * board, stops in order with a stream open and a command under way, and dies of a ledger it cannot trust.
 */

import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SiteConfig } from '../../config/site.ts'
import type { ToControl, ToFront } from '../../gateway/core/board/message.ts'
import type { FromLedger } from '../../gateway/ledger/message.ts'
import { createImage } from '../../gateway/live/image.ts'
import { createBench } from './api/bench.ts'
import { sign } from './api/credentials.ts'
import { boardRow, session } from './api/rows.ts'

type CommandMessage = Extract<ToControl, { kind: 'command' }>

let front: Worker
let ledger: Worker
let url: string
let config: SiteConfig
let cleanUp: () => Promise<void>
let onCommand: (message: CommandMessage) => void
const stopped = () =>
  new Promise<void>((resolve) => front.on('message', (message: ToControl) => message.kind === 'stopped' && resolve()))
const tell = (message: ToFront) => front.postMessage(message)
const nowS = Math.floor(Date.now() / 1000)
const platform = {
  authorization: `Bearer ${await sign({ iss: 'https://platform.example', aud: 'latchkey:test-site', sub: 'p', iat: nowS, exp: nowS + 600 }, 'latchkey-service+jwt')}`,
}

beforeEach(async () => {
  // only for its folder and its key set
  const bench = await createBench()
  config = {
    ...bench.config,
    api: { ...bench.config.api, commandTimeoutMs: 1500 },
    bounds: { ...bench.config.bounds, ledgerTimeoutMs: 1000 },
  }
  cleanUp = () => bench.close()
  const { port1, port2 } = new MessageChannel()
  const path = `${bench.dir}/front.sqlite`
  ledger = new Worker(new URL('../../gateway/ledger/worker.ts', import.meta.url), {
    workerData: { path, writer: { site: config.site, simulated: new Set() }, ports: [port1] },
    transferList: [port1],
  })
  await once(ledger, 'message')
  front = new Worker(new URL('../../gateway/front/front.ts', import.meta.url), {
    workerData: {
      config,
      sitePath: '',
      written: { site: {}, profiles: {} },
      ledgerPath: path,
      ledgerPort: port2,
      image: createImage(10),
      version: '0.0.0-test',
      instance: 'boot-1',
      logLevel: 'silent',
    },
    transferList: [port2],
  })
  url = await new Promise<string>((resolve, reject) => {
    front.on('error', reject)
    front.on('message', (message: ToControl) => {
      if (message.kind === 'listening') resolve(message.url)
      if (message.kind === 'command') onCommand(message)
    })
  })
  front.removeAllListeners('error')
  front.on('error', () => undefined)
})
afterEach(async () => {
  await front.terminate()
  await ledger.terminate()
  await cleanUp()
})

const get = (path: string) => fetch(`${url}${path}`, { headers: platform })
const board = (): ToFront => ({
  kind: 'board',
  rows: [boardRow('saw-1', { asOfNs: process.hrtime.bigint(), maxAgeMs: 60_000 })],
  asOf: new Float64Array(),
  links: [],
  health: { ready: true, notes: [], clock: 'synchronised', counters: {} },
})
const unlock = () =>
  fetch(`${url}/v1/machines/saw-1/unlock`, {
    method: 'POST',
    headers: { ...platform, 'content-type': 'application/json' },
    body: '{"booking":"b-1"}',
  })

test('shows the board it is sent, with the clock of the control thread', async () => {
  expect((await get('/health/ready')).status).toBe(503)
  tell(board())
  await expect.poll(async () => (await get('/health/ready')).status).toBe(200)
  const machine = (await (await get('/v1/machines/saw-1')).json()) as { availability: { state: string } }
  expect(machine.availability.state).toBe('Available')
})

test('asks the control thread and answers with its outcome; what is not answered is timed out', async () => {
  const open = session()
  onCommand = (message) => {
    if (message.command.kind === 'unlock')
      tell({ kind: 'outcome', id: message.id, outcome: { kind: 'session', session: open } })
  }
  const answered = await unlock()
  expect([answered.status, ((await answered.json()) as { id: string }).id]).toEqual([200, open.id])
  onCommand = () => undefined
  const late = await unlock()
  expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([504, 'timed-out'])
})

test('tells a failed credential to the control thread', async () => {
  const told = new Promise<CommandMessage>((resolve) => {
    onCommand = resolve
  })
  await fetch(`${url}/v1/machines`, { headers: { authorization: 'Bearer nonsense' } })
  expect((await told).command).toEqual({ kind: 'denied', code: 'token-malformed', what: 'GET /v1/machines' })
})

test('sends events as the ledger thread commits them', async () => {
  const response = await get('/v1/events')
  const reader = response.body!.getReader()
  ledger.postMessage({
    kind: 'commit',
    id: 1,
    changes: [
      {
        kind: 'entry',
        entry: {
          kind: 'GatewayStarted',
          version: 1,
          at: { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'synchronised' },
          data: {},
        },
      },
    ],
  })
  let text = ''
  while (!text.includes('event: GatewayStarted')) {
    const { value, done } = await reader.read()
    if (done) break
    text += Buffer.from(value).toString('utf8')
  }
  expect(text).toContain('id: 0\nevent: GatewayStarted\n')
  await reader.cancel()
})

test('stops in order: the stream ends, the command under way is answered, new ones are not taken, then it says so', async () => {
  const stream = (await get('/v1/events')).body!.getReader()
  await stream.read()
  const asked = new Promise<CommandMessage>((resolve) => {
    onCommand = resolve
  })
  const under = unlock()
  const { id } = await asked
  const done = stopped()
  tell({ kind: 'stop' })
  while (!(await stream.read()).done);
  const open = session()
  tell({ kind: 'outcome', id, outcome: { kind: 'session', session: open } })
  expect((await under).status).toBe(200)
  await done
  await expect(get('/health/live')).rejects.toThrow()
})

test('dies of a ledger that says it failed', async () => {
  const died = once(front, 'error')
  // the ledger thread fails on a change it cannot write, and says so to everyone
  ledger.on('error', () => undefined)
  ledger.postMessage({
    kind: 'commit',
    id: 1,
    changes: [{ kind: 'token-used', jti: null, session: 's', expMs: 1 }],
  } as unknown as FromLedger)
  const [error] = (await died) as [Error]
  expect(error.message).toContain('the ledger could not be written')
})

test('dies when it cannot listen', async () => {
  const { port1, port2 } = new MessageChannel()
  const taken = new Worker(new URL('../../gateway/front/front.ts', import.meta.url), {
    workerData: {
      sitePath: '',
      written: { site: {}, profiles: {} },
      config: { ...config, api: { ...config.api, port: Number(new URL(url).port) } },
      ledgerPath: `${config.dataDir}/front.sqlite`,
      ledgerPort: port2,
      image: createImage(10),
      version: '',
      instance: '',
      logLevel: 'silent',
    },
    transferList: [port2],
  })
  const [error] = (await once(taken, 'error')) as [Error]
  expect(error.message).toMatch(
    /cannot listen on 127\.0\.0\.1:\d+: another program has this port; end it, or write another port in api\.listen/,
  )
  port1.close()
})
