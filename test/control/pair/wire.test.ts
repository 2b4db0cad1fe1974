/** The two boxes hear each other, whatever else arrives where they listen. */
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { call, listenAt, type Wire } from '../../../gateway/control/pair/wire.ts'
import { freePort } from '../../support/ports.ts'

const KEY = 'k'.repeat(40)
const ends: (() => unknown)[] = []
let at = { host: '127.0.0.1', port: 0 }
let taken: Wire[] = []

beforeEach(async () => {
  at = { host: '127.0.0.1', port: await freePort() }
  taken = []
  const door = await listenAt(at, KEY, (wire) => taken.push(wire))
  ends.push(() => door.close())
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function called(key = KEY): Promise<Wire> {
  const wire = await call(at, key)
  if (typeof wire === 'string') throw new Error(wire)
  ends.push(() => wire.close())
  return wire
}

it('tells another key from nobody', async () => {
  expect(await call(at, 'another'.repeat(8))).toBe('key')
  expect(await call({ host: at.host, port: await freePort() }, KEY)).toBe('absent')
  expect(taken).toEqual([])
})

it('lets the other box in while strangers hold all the places', async () => {
  const strangers: Socket[] = []
  ends.push(() => strangers.forEach((each) => void each.destroy()))
  for (let count = 0; count < 200; count += 1) {
    const socket = connect(at.port, at.host)
    socket.on('error', () => undefined)
    strangers.push(socket)
  }
  await Promise.all(
    strangers.map((each) => new Promise((resolve) => each.once('connect', resolve).once('close', resolve))),
  )
  await called()
  expect(taken).toHaveLength(1)
  expect(strangers.filter(({ destroyed }) => !destroyed).length).toBeLessThan(200)
})

it.each([
  ['a frame that is none', Buffer.from('0000000500000000', 'hex'), Buffer.from('{not}')],
  ['one that is too large', Buffer.from('7fffffff7fffffff', 'hex'), Buffer.alloc(0)],
])('ends a connection with %s', async (_, head, bytes) => {
  const psk = createHash('sha256').update(KEY).digest()
  const ciphers = 'PSK-AES256-GCM-SHA384'
  const pskCallback = () => ({ psk, identity: 'somebody' })
  const socket = connectTls({
    ...at,
    ciphers,
    maxVersion: 'TLSv1.2',
    pskCallback,
    checkServerIdentity: () => undefined,
  })
  ends.push(() => socket.destroy())
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve))
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.write(Buffer.concat([head, bytes]))
  await ended
  await called()
})
