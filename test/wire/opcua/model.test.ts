/** Nodes of companion models: found by browse path, of every built-in type, in arrays and structures. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open } from '../../support/links.ts'
import { DEVICE_URI, type OpcuaAsk, type OpcuaValue } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/process.ts'

const root = `/nsu=${DEVICE_URI};Saw`
const point = (node: string, type: string, more: object = {}): Point => ({
  id: node,
  address: { node, type, ...more },
  device: { root },
  intervalMs: 100,
})
const state = { below: 'X1', name: 'CurrentState' }
const counts = [
  { name: 'boards', accCount: 7, total: 4_000_000_000 },
  { name: 'beams', accCount: -2 },
]
const values: OpcuaValue[] = [
  { node: 'X2', type: 'LocalizedText', value: 'läuft', ...state },
  { node: 'X3', type: 'NodeId', value: 'ns=0;i=5006', below: 'X2', name: 'Id' },
  { node: '"DB"."x"', type: 'Byte', value: 255 },
  { node: 'i=4711', type: 'SByte', value: -128 },
  { node: 'g=09087e75-8e5e-499b-954f-f2a9603db28a', type: 'Boolean', value: true },
  { node: 'b=aGVsbG8=', type: 'DateTime', value: '2026-11-27T12:00:00Z' },
  { node: 'Name', type: 'QualifiedName', value: { namespaceIndex: 0, name: 'Saw' } },
  { node: 'Guid', type: 'Guid', value: '09087e75-8e5e-499b-954f-f2a9603db28a' },
  { node: 'Bytes', type: 'ByteString', value: 'hello' },
  { node: 'List', type: 'Double', value: [1.5, 2.5] },
  { node: 'Count', type: 'Count', value: counts[0] },
  { node: 'Counts', type: 'Count', value: counts },
]
let server: ChildServer<OpcuaAsk>
const stateDir = temporaryFolder()

beforeAll(async () => {
  server = await startChild('opcua-server.ts', await freePort(), [JSON.stringify({ pkiDir: temporaryFolder() })])
  await server.ask({ kind: 'object', node: 'X0', name: 'Saw' })
  await server.ask({ kind: 'object', node: 'X1', below: 'X0', name: 'State' })
  await server.ask({ kind: 'load', values })
})
afterAll(() => server?.kill())

async function opened(): Promise<Link> {
  const given = { endpoint: `opc.tcp://127.0.0.1:${server.port}`, security: 'None', timeoutMs: 5000 }
  const link = makeLink(opcuaAdapter, { ...given, publishingIntervalMs: 100 }, linkDeps(stateDir))
  await open(link)
  return link
}
const own = (id: string) => `nsu=${DEVICE_URI};${id}`
const said = ({ quality, value, detail }: Reading) => (quality === 'good' ? value : detail)

describe('a read', () => {
  it('finds nodes by path, by ids of every kind, and reads every type', async () => {
    const link = await opened()
    // How a structure is built is asked for at the first read of one.
    const structure = point(own('s=Count'), 'i32', { field: 'AccCount' })
    await until(async () => (await link.read([structure]))[0]?.quality === 'good', 10_000, 'the structure stays unread')
    const steps = ['State', 'CurrentState'].map((name) => `/nsu=${DEVICE_URI};${name}`).join('')
    const readings = await link.read([
      point(steps, 'localizedText'),
      point(`${steps}/nsu=${DEVICE_URI};Id`, 'nodeId'),
      point(own('s="DB"."x"'), 'u8'),
      point(own('i=4711'), 'i8'),
      point(own('g=09087e75-8e5e-499b-954f-f2a9603db28a'), 'bool'),
      point(own('b=aGVsbG8='), 'dateTime'),
      point(own('s=Name'), 'qualifiedName'),
      point(own('s=Guid'), 'guid'),
      point(own('s=Bytes'), 'byteString'),
      point(own('s=Bytes'), 'any'),
      point(own('i=4711'), 'integer'),
      point(own('s=List'), 'f64', { index: 1 }),
      point(own('s=List'), 'f64', { index: 2 }),
      point(own('s=Count'), 'i32', { field: 'AccCount' }),
      point(own('s=Count'), 'u64', { field: 'Total' }),
      point(own('s=Counts'), 'string', { index: 1, field: 'Name' }),
      point(own('s=Counts'), 'i32', { index: 1, field: 'Nothing' }),
      point(`${steps}/Nowhere`, 'i32'),
    ])
    expect(readings.map(said)).toEqual([
      'läuft',
      'i=5006',
      255,
      -128,
      true,
      '2026-11-27T12:00:00.000Z',
      'Saw',
      '09087E75-8E5E-499B-954F-F2A9603DB28A',
      'aGVsbG8=',
      'aGVsbG8=',
      -128,
      2.5,
      'the node holds 2 elements, the profile asks for element 2',
      7,
      4_000_000_000,
      'beams',
      'the node holds no structure with a field Nothing',
      'nothing is found at /Saw/State/CurrentState/Nowhere (BadNoMatch)',
    ])
  })

  it('asks for a path again when its node is gone, and has it when another is there', async () => {
    const link = await opened()
    const passing = { type: 'Int32', below: 'X1', name: 'Passing' }
    const at = point(`/nsu=${DEVICE_URI};State/nsu=${DEVICE_URI};Passing`, 'i32')
    await server.ask({ kind: 'load', values: [{ node: 'P1', value: 1, ...passing }] })
    expect((await link.read([at])).map(said)).toEqual([1])
    await server.ask({ kind: 'unload', nodes: ['P1'] })
    expect((await link.read([at])).map(said)).toEqual(['BadNodeIdUnknown'])
    await server.ask({ kind: 'load', values: [{ node: 'P2', value: 2, ...passing }] })
    expect((await link.read([at])).map(said)).toEqual([2])
  })
})

describe('a walk', () => {
  it('shows what is below, by paths and ids that can be written into a profile', async () => {
    const link = await opened()
    const all = await link.walk!(own('s=X0'), 100)
    expect(all.slice(0, 2)).toEqual([
      { path: `/nsu=${DEVICE_URI};State`, id: own('s=X1') },
      { path: `/nsu=${DEVICE_URI};State/nsu=${DEVICE_URI};CurrentState`, id: own('s=X2'), type: 'LocalizedText' },
    ])
    expect(await link.walk!(undefined, 5)).toHaveLength(5)
  })
})

describe('a subscription', () => {
  it('has what is at the end of a path, and fields of structures', async () => {
    const link = await opened()
    const seen = new Map<string, unknown>()
    await link.subscribe?.(
      [
        point(`/nsu=${DEVICE_URI};State/nsu=${DEVICE_URI};CurrentState`, 'localizedText'),
        point(own('s=Count'), 'i32', { field: 'AccCount' }),
      ],
      (readings) => {
        for (const reading of readings) seen.set(reading.point, said(reading))
      },
    )
    await until(() => seen.size === 2, 5000, 'nothing came')
    expect([...seen.values()]).toEqual(expect.arrayContaining(['läuft', 7]))
  })
})
