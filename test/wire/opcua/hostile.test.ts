/** What a server sends that is no OPC UA, or lies about its own length, ends at most its connection. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { createFrameCheck } from '../../../adapters/opcua/frames.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { ack, BAD, FRAMES, frame, GREETINGS, MOST } from '../../field/attacks/opcua-frames.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { DEVICE_URI, type OpcuaAsk } from '../../support/opcua-device.ts'
import { type Liar, startLiar } from '../../support/opcua-liar.ts'
import { freePort } from '../../support/ports.ts'

const point: Point = {
  id: 'power',
  address: { node: 'PowerW', type: 'f64' },
  device: { root: `nsu=${DEVICE_URI};s=Saw` },
  intervalMs: 1000,
}
const state = temporaryFolder()
let server: ChildServer<OpcuaAsk>
beforeAll(async () => {
  server = await startChild('opcua-server.ts', await freePort(), [JSON.stringify({ pkiDir: temporaryFolder() })])
  await server.ask({ kind: 'load', values: [{ node: 'Saw.PowerW', type: 'Double', value: 12.5 }] })
})
afterAll(() => server?.kill())

const linkTo = (port: number, security = 'None'): Link =>
  makeLink(
    opcuaAdapter,
    { endpoint: `opc.tcp://127.0.0.1:${port}`, security, timeoutMs: 300, connectTimeoutMs: 3000 },
    linkDeps(state),
  )

/** A connection that is cut leaves its session at the server, which has few. */
async function openAnew(link: Link): Promise<void> {
  await server.ask({ kind: 'forget-sessions' })
  await open(link)
}

async function liar(target: Parameters<typeof startLiar>[0]): Promise<Liar> {
  const started = await startLiar(target)
  onTestFinished(() => started.close())
  return started
}

describe('what answers a hello', () => {
  it.each([...FRAMES, ...GREETINGS])('ends that attempt, and says why: %s', async (_, greeting) => {
    const { port } = await liar({ greeting })
    for (const security of ['None', 'SignAndEncrypt']) {
      const error = await rejection(open(linkTo(port, security)))
      expect(error).toMatchObject({ outcome: 'unsent', retriable: true })
      expect(error.message).toContain('does not speak OPC UA')
    }
  })
})

describe('what comes in an open session', () => {
  it.each([...FRAMES, ['an acknowledgement', ack(8192, 8192)] as const])(
    'ends the connection, and says why: %s',
    async (_, bytes) => {
      const line = await liar(server)
      const link = linkTo(line.port)
      await openAnew(link)
      line.replaceNext((next) => Buffer.concat([bytes, next]))
      const error = await rejection(link.read([point]))
      expect(error.message).toContain('does not speak OPC UA')
      await openAnew(link)
      expect((await link.read([point]))[0]).toMatchObject({ quality: 'good', value: 12.5 })
    },
  )

  it('is no value, and ends no more than the connection, whatever a word of an answer is turned into', async () => {
    const line = await liar(server)
    const link = linkTo(line.port)
    await openAnew(link)
    let length = 200
    for (let at = 8; at + 4 <= length; at += 4)
      for (const word of [MOST, 0xffffffff, 0x80000000]) {
        line.replaceNext((answer) => {
          length = answer.length
          if (at + 4 <= length) answer.writeUInt32LE(word, at)
          return answer
        })
        const readings = await link.read([point]).catch(() => undefined)
        if (readings?.[0]?.quality === 'good') expect(readings[0].value).toBeTypeOf('number')
        if (readings === undefined) await openAnew(link)
      }
    await openAnew(link)
    expect((await link.read([point]))[0]).toMatchObject({ quality: 'good', value: 12.5 })
  }, 120_000)
})

describe('a frame check', () => {
  const greeting = ack(8192, 8192)
  const message = (type: string, size: number) => Buffer.concat([frame(type, size), Buffer.alloc(size - 8)])

  it.each([1, 3, 8, 13, 1000])('finds the same in pieces of %i bytes', (length) => {
    const check = createFrameCheck()
    const bytes = Buffer.concat([
      greeting,
      message('OPNF', 132),
      message('MSGC', 8192),
      message('MSGF', 24),
      frame('ERRF', 8),
    ])
    const faults: (string | undefined)[] = []
    for (let at = 0; at < bytes.length; at += length) faults.push(check(bytes.subarray(at, at + length)))
    expect(faults.filter((fault) => fault !== undefined)).toEqual(['a frame ERR of 8 bytes'])
    expect(faults.at(-1)).toBeDefined()
  })

  it('lets a well-formed error pass: the library knows what to do with it', () => {
    const check = createFrameCheck()
    expect(check(Buffer.concat([greeting, frame('ERRF', 20, BAD, 4, 0x61616161), frame('ERRF', 16, BAD, -1)]))).toBe(
      undefined,
    )
  })

  it('ends a message whose chunks have no end', () => {
    const check = createFrameCheck()
    check(greeting)
    const faults = Array.from({ length: 200 }, () => check(message('MSGC', 8192))).filter(
      (fault) => fault !== undefined,
    )
    expect(faults[0]).toContain('a message of more than')
    expect(200 - faults.length).toBe(128)
  })
})
