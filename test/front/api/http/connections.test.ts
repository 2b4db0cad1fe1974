/** Who has to go when there are too many connections, and who never does: over real sockets, with small bounds. */
import { createServer, get, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { boundConnections, type ConnectionBounds } from '../../../../gateway/front/api/http/connections.ts'
import { until } from '../../../support/process.ts'

const BIG = Buffer.alloc(32 * 1024 * 1024, 'x')
const PATIENT: ConnectionBounds = { most: 8, stallMs: 60_000, answerMs: 60_000 }

let server: Server
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server.closeAllConnections()
  server.close()
})

async function serve(bounds: ConnectionBounds, answer: RequestListener): Promise<void> {
  server = createServer(answer)
  boundConnections(server, bounds)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
const port = () => (server.address() as AddressInfo).port
const big: RequestListener = ({ url }, response) => response.end(url === '/big' ? BIG : 'small')

/** A connection that asks for a big answer and reads none of it. */
async function slow(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port: port(), host: '127.0.0.1', localAddress })
  sockets.push(socket.on('error', () => undefined).pause())
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
  return socket
}
const isGone = (socket: Socket) => socket.destroyed || socket.readyState !== 'open'
/** A reader that reads nothing sees an end only when it reads. */
async function isCut(socket: Socket): Promise<boolean> {
  let got = 0
  socket.on('data', (bytes) => {
    got += bytes.length
  })
  socket.resume()
  await until(() => isGone(socket) || got >= BIG.length, 10_000, 'the connection neither ends nor goes on')
  return got < BIG.length
}
const ask = (path = '/') =>
  new Promise<string>((resolve, reject) => {
    const request = get({ port: port(), host: '127.0.0.1', path, agent: false }, async (response) => {
      let text = ''
      for await (const bytes of response) text += bytes
      resolve(text)
    })
    request.once('error', reject)
  })

test('readers that take nothing give way to whoever comes next, at once', async () => {
  await serve(PATIENT, big)
  const readers = []
  for (let index = 0; index < 3 * PATIENT.most; index++) readers.push(await slow())
  for (let index = 0; index < 5; index++) expect(await ask()).toBe('small')
  expect(await isCut(readers[0]!)).toBe(true)
})

test('the address that holds the most gives way, and another keeps what it has', async () => {
  await serve(PATIENT, big)
  const one = await slow('127.0.0.1')
  await pause(50)
  for (let index = 0; index < 3 * PATIENT.most; index++) await slow('127.0.0.2')
  expect(await isCut(one)).toBe(false)
})

test('a reader that takes nothing for the deadline is cut, also when there is room', async () => {
  await serve({ ...PATIENT, stallMs: 300 }, big)
  const one = await slow()
  await pause(1_500)
  expect(await isCut(one)).toBe(true)
})

test('a reader that takes a little at a time is cut when its answer has taken too long', async () => {
  await serve({ ...PATIENT, stallMs: 1_000, answerMs: 1_500 }, big)
  const one = await slow()
  for (let index = 0; index < 25; index++) {
    one.read(1024)
    await pause(100)
  }
  expect(await isCut(one)).toBe(true)
})

test('an answer that is still being made is never cut, however long it takes', async () => {
  await serve({ most: 2, stallMs: 200, answerMs: 300 }, (_request, response) => {
    setTimeout(() => response.end('late'), 1_000)
  })
  const answers = []
  for (let index = 0; index < 4; index++) {
    answers.push(ask())
    await pause(100)
  }
  expect(await Promise.all(answers)).toEqual(['late', 'late', 'late', 'late'])
})

test('a reader that is slow and takes some all the while gets its whole answer', async () => {
  await serve({ ...PATIENT, stallMs: 300 }, big)
  const one = await slow()
  let got = 0
  one.on('data', (bytes) => {
    got += bytes.length
  })
  for (const until = performance.now() + 1_500; performance.now() < until; await pause(60)) {
    one.resume()
    await pause(10)
    one.pause()
  }
  one.resume()
  await until(() => got >= BIG.length || isGone(one), 10_000, 'it neither ends nor goes on')
  expect(got).toBeGreaterThanOrEqual(BIG.length)
})
