/** Servers that read few nodes at once, or whose parts come late. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Link, LinkError, Point } from '../../../adapters/adapter.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { DEVICE_URI, type OpcuaAsk } from '../../support/opcua-device.ts'
import { startLiar } from '../../support/opcua-liar.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/process.ts'

const NODES = 12
const names = Array.from({ length: NODES }, (_, index) => `Saw.N${index}`)
const point = (node: string): Point => ({
  id: node,
  address: { node, type: 'f64' },
  device: { root: `nsu=${DEVICE_URI};s=Saw` },
  intervalMs: 1000,
})
const points = names.map((name) => point(`nsu=${DEVICE_URI};s=${name}`))
const state = temporaryFolder()
let server: ChildServer<OpcuaAsk>

beforeAll(async () => {
  const options = { pkiDir: temporaryFolder(), maxNodesPerRead: 5, maxMonitoredItems: 8 }
  server = await startChild('opcua-server.ts', await freePort(), [JSON.stringify(options)])
  await server.ask({ kind: 'load', values: names.map((node, value) => ({ node, type: 'Double', value })) })
})
afterAll(() => server?.kill())

async function opened(
  port = server.port,
  options: object = {},
): Promise<{ link: Link; deps: ReturnType<typeof linkDeps> }> {
  const deps = linkDeps(state)
  const given = { endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'None', timeoutMs: 3000, ...options }
  const link = makeLink(opcuaAdapter, given, deps)
  await open(link)
  return { link, deps }
}

async function readsAll(link: Link): Promise<void> {
  expect((await link.read(points)).map(({ value }) => value)).toEqual(names.map((_, index) => index))
}

/** A service fault in the place of an answer, whose header it keeps. OPC UA Part 4, 7.33 and 7.34. */
function faultInPlaceOf(answer: Buffer, status: number): Buffer {
  const result = Buffer.alloc(4)
  result.writeUInt32LE(status)
  const nothing = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0])
  const fault = Buffer.concat([
    answer.subarray(0, 24),
    Buffer.from([1, 0, 0x8d, 1]),
    answer.subarray(28, 40),
    result,
    nothing,
  ])
  fault.writeUInt32LE(fault.length, 4)
  return fault
}

describe('a server that reads five nodes at once', () => {
  it('is asked for five, since it says so', async () => {
    const { link, deps } = await opened()
    await readsAll(link)
    expect(deps.logged.filter(({ message }) => message.includes('asked for less'))).toEqual([])
  })
})

describe('a read that the server refuses as a whole', () => {
  it.each([
    ['BadTooManyOperations', 0x80100000],
    ['BadResponseTooLarge', 0x80b90000],
    ['BadRequestTooLarge', 0x80b80000],
    ['BadTcpMessageTooLarge', 0x80800000],
    ['BadEncodingLimitsExceeded', 0x80080000],
  ])('is asked in smaller ones from then on: %s', async (_, status) => {
    const line = await startLiar(server)
    onTestFinished(() => line.close())
    const { link, deps } = await opened(line.port)
    line.replaceNext((answer) => faultInPlaceOf(answer, status))
    await readsAll(link)
    expect(deps.logged.filter(({ message }) => message.includes('asked for less'))).toMatchObject([
      { fields: { nodes: 5, most: 3 } },
    ])
    await readsAll(link)
  })

  it('is divided, so that one node does not take the others with it', async () => {
    const line = await startLiar(server)
    onTestFinished(() => line.close())
    const { link } = await opened(line.port)
    line.replaceNext((answer) => faultInPlaceOf(answer, 0x80020000))
    await readsAll(link)
  })
})

describe('a server that monitors eight items at once', () => {
  it('is read where a subscription has no room for all, and monitored where it has', async () => {
    const { link } = await opened()
    const seen = new Set<string>()
    const emit = (readings: Reading[]) => {
      for (const { point } of readings) seen.add(point)
    }
    expect(await rejection(link.subscribe!(points, emit))).toMatchObject({
      message: expect.stringContaining('BadTooManyMonitoredItems'),
    })
    await readsAll(link)
    await link.subscribe!(points.slice(0, 5), emit)
    await until(() => seen.size >= 5, 5000, 'nothing came')
    await readsAll(link)
  })
})

describe('a namespace that comes late', () => {
  it('is found on the same connection', async () => {
    const { link } = await opened()
    const late = point('nsu=urn:late:plc;s=x')
    const detail = async () => (await link.read([points[0]!, late]))[1]?.detail
    expect(await detail()).toContain('the server has no namespace urn:late:plc; it has')
    await server.ask({ kind: 'add-namespace', uri: 'urn:late:plc' })
    await until(async () => (await detail()) === 'BadNodeIdUnknown', 10_000, 'it is not found')
  })
})

describe('a server without a session left', () => {
  it('is told of in words, and tried again', async () => {
    let error: LinkError | undefined
    for (let index = 0; index < 20 && error === undefined; index++) {
      // Cut, as by a gateway that was killed: the session stays behind.
      const line = await startLiar(server)
      error = await opened(line.port).then(
        () => undefined,
        (cause) => cause,
      )
      await line.close()
    }
    await server.ask({ kind: 'forget-sessions' })
    expect(error).toMatchObject({
      retriable: true,
      message: expect.stringContaining('all sessions of the server are taken'),
    })
  })
})
