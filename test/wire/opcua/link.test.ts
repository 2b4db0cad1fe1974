/**
 * What only OPC UA has: namespaces that move, sessions that are forgotten, statuses, subscriptions, methods, browsing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Link, Point, Show } from '../../../adapters/adapter.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { DEVICE_URI, type OpcuaAsk, type OpcuaServerOptions, type OpcuaValue } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/process.ts'

const device = { root: `nsu=${DEVICE_URI};s=Saw` }
const point = (node: string, type: string, more: object = {}): Point => ({
  id: node,
  address: { node, type, ...more },
  device,
  intervalMs: 100,
})
const block = (words: number[]) => ({ id: 'b', address: { node: 'ToPlc', type: 'words', count: 2 }, device, words })
const values: OpcuaValue[] = [
  { node: 'Saw.PowerW', type: 'Double', value: 12.5 },
  { node: 'Saw.EnergyWh', type: 'UInt64', value: '9007199254740993' },
  { node: 'Saw.Offset', type: 'Int64', value: '-5' },
  { node: 'Saw.Broken', type: 'Double', value: 1, status: 'BadSensorFailure' },
  { node: 'Saw.Guess', type: 'Float', value: 2.5, status: 'UncertainLastUsableValue' },
  { node: 'Saw.Nan', type: 'Double', value: 'NaN' },
  { node: 'Saw.ToPlc', type: 'UInt16', value: [0, 0] },
  { node: 'Saw.Output', type: 'Boolean', value: false },
  { node: 'Saw.Enable', type: 'UInt16', value: 0 },
]

let server: ChildServer<OpcuaAsk>
const port = await freePort()
const pkiDir = temporaryFolder()
const state = temporaryFolder()
async function start(options: Partial<OpcuaServerOptions> = {}): Promise<void> {
  await server?.kill()
  server = await startChild('opcua-server.ts', port, [JSON.stringify({ pkiDir, ...options })])
  await server.ask({ kind: 'load', values })
}
beforeAll(() => start())
afterAll(() => server?.kill())

async function opened(options: object = {}): Promise<Link> {
  const given = {
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    security: 'None',
    timeoutMs: 5000,
    publishingIntervalMs: 100,
    ...options,
  }
  const link = makeLink(opcuaAdapter, given, linkDeps(state))
  await open(link)
  return link
}

it('a device without security is read, and nothing is ever written to it', async () => {
  const link = await opened({ unprotected: 'read-only' })
  await server.ask({ kind: 'journal' })
  expect((await link.read([point('PowerW', 'f64')]))[0]).toMatchObject({ quality: 'good', value: 12.5 })
  const error = await rejection(link.write(block([3, 4])))
  expect(error).toMatchObject({ outcome: 'unsent', message: expect.stringContaining('read-only') })
  expect(await server.ask({ kind: 'journal' })).toEqual([])
})

describe('an output of its own', () => {
  const output = (node: string, type: string, words: number[]) => ({ id: 'o', address: { node, type }, device, words })

  it('is written as a boolean, or as one word, and reads back', async () => {
    const link = await opened()
    for (const on of [1, 0]) {
      await link.write(output('Output', 'bool', [on]))
      expect((await link.read([point('Output', 'bool')]))[0]).toMatchObject({ quality: 'good', value: on === 1 })
      await link.write(output('Enable', 'u16', [on]))
      expect((await link.read([point('Enable', 'u16')]))[0]).toMatchObject({ quality: 'good', value: on })
    }
  })

  it('is refused before a byte is sent when it is more than one, or no output', async () => {
    const link = await opened()
    for (const block of [output('Output', 'bool', [1, 0]), output('PowerW', 'f64', [1])])
      expect(await rejection(link.write(block))).toMatchObject({ outcome: 'unsent', retriable: false })
  })

  it('whose node is of another type is refused by the server', async () => {
    const link = await opened()
    expect(await rejection(link.write(output('Enable', 'bool', [1])))).toMatchObject({ outcome: 'refused' })
  })
})

describe('a read', () => {
  it('gives each node its own status, and its source time', async () => {
    const link = await opened({ maxNodesPerRead: 2 })
    const readings = await link.read([
      point('PowerW', 'f64'),
      point('EnergyWh', 'u64'),
      point('Offset', 'i64'),
      point('Broken', 'f64'),
      point('Guess', 'f32'),
      point('Nan', 'f64'),
      point('PowerW', 'f32'),
      point('Nowhere', 'f64'),
      point('nsu=urn:nowhere;s=x', 'f64'),
    ])
    expect(readings.map(({ quality, value, cause, detail }) => [quality, value, cause, detail])).toEqual([
      ['good', 12.5, undefined, undefined],
      ['good', 9_007_199_254_740_993n, undefined, undefined],
      ['good', -5, undefined, undefined],
      ['bad', undefined, 'refused', 'BadSensorFailure'],
      ['uncertain', 2.5, undefined, 'UncertainLastUsableValue'],
      ['bad', undefined, 'malformed', 'NaN'],
      ['bad', undefined, 'malformed', 'the node holds Double, the profile says Float'],
      ['bad', undefined, 'refused', 'BadNodeIdUnknown'],
      [
        'bad',
        undefined,
        'refused',
        expect.stringMatching(/^the server has no namespace urn:nowhere; it has .*urn:latchkey:test-device/),
      ],
    ])
    const [first] = readings
    expect(Math.abs((first?.sourceAtMs ?? 0) - (first?.readAtMs ?? 0))).toBeLessThan(60_000)
    expect(readings.at(-2)).not.toHaveProperty('sourceAtMs')
  })

  // eclipse-milo/milo#393: a program is downloaded to the PLC, and what is read is not there for a while.
  it('goes on for a node that is gone for a while, and for its neighbours meanwhile, on the same connection', async () => {
    const link = await opened()
    const both = [point('PowerW', 'f64'), point('Passing', 'f64')]
    const passing = { node: 'Saw.Passing', type: 'Double', value: 1 }
    await server.ask({ kind: 'load', values: [passing] })
    expect((await link.read(both)).map(({ value }) => value)).toEqual([12.5, 1])
    await server.ask({ kind: 'unload', nodes: ['Saw.Passing'] })
    expect(await link.read(both)).toMatchObject([
      { quality: 'good', value: 12.5 },
      { quality: 'bad', cause: 'refused', detail: 'BadNodeIdUnknown' },
    ])
    await server.ask({ kind: 'load', values: [{ ...passing, value: 2 }] })
    expect((await link.read(both)).map(({ value }) => value)).toEqual([12.5, 2])
  })

  it('finds its nodes again when the namespaces of a restarted server are numbered otherwise', async () => {
    const link = await opened()
    expect((await link.read([point('PowerW', 'f64')]))[0]).toMatchObject({ value: 12.5 })
    await start({ namespacesBefore: ['urn:one', 'urn:two'] })
    await until(
      () =>
        link.read([]).then(
          () => false,
          () => true,
        ),
      3000,
      'not lost',
    )
    await open(link)
    expect((await link.read([point('PowerW', 'f64')]))[0]).toMatchObject({ value: 12.5 })
    await link.write(block([1, 2]))
    expect(await server.ask({ kind: 'peek', node: 'Saw.ToPlc' })).toEqual([1, 2])
  })
})

describe('a write', () => {
  it.each([
    ['BadUserAccessDenied', 'refused'],
    ['BadOutOfRange', 'refused'],
    ['BadTimeout', 'unknown'],
    ['BadCommunicationError', 'unknown'],
  ])('that the server answers with %s is %s', async (status, outcome) => {
    const link = await opened()
    await server.ask({ kind: 'refuse-writes', node: 'Saw.ToPlc', status })
    const error = await rejection(link.write(block([3, 4])))
    await server.ask({ kind: 'refuse-writes', node: 'Saw.ToPlc', status: 'Good' })
    expect(error).toMatchObject({ outcome, detail: status })
  })

  it('to a node of another type is refused', async () => {
    const link = await opened()
    const error = await rejection(link.write({ ...block([1, 2]), address: { node: 'PowerW', type: 'words' } }))
    expect(error).toMatchObject({ outcome: 'refused', detail: 'BadTypeMismatch' })
  })

  it('to a namespace that is not there is not sent', async () => {
    const link = await opened()
    const address = { node: 'nsu=urn:nowhere;s=x', type: 'words' }
    expect(await rejection(link.write({ ...block([1, 2]), address }))).toMatchObject({ outcome: 'unsent' })
  })

  it('is not repeated in a new session when the server has forgotten the old one', async () => {
    const link = await opened()
    await server.ask({ kind: 'journal' })
    await server.ask({ kind: 'forget-sessions' })
    expect(await rejection(link.write(block([5, 6])))).toMatchObject({
      outcome: expect.stringMatching(/refused|unsent/),
    })
    expect(await rejection(link.write(block([5, 6])))).toMatchObject({ outcome: 'unsent' })
    expect(await rejection(link.read([point('PowerW', 'f64')]))).toMatchObject({ retriable: true })
    await open(link)
    await link.write(block([7, 8]))
    expect(await server.ask({ kind: 'journal' })).toEqual([{ node: 'Saw.ToPlc', value: [7, 8] }])
  })

  it('that is answered too late is unknown', async () => {
    const link = await opened({ timeoutMs: 500 })
    await server.ask({ kind: 'delay-writes', node: 'Saw.ToPlc', delayMs: 1000 })
    const error = await rejection(link.write(block([1, 1])))
    await server.ask({ kind: 'delay-writes', node: 'Saw.ToPlc', delayMs: 0 })
    expect(error.outcome).toBe('unknown')
    expect((await link.read([point('PowerW', 'f64')]))[0]?.quality).toBe('good')
  })
})

describe('a subscription', () => {
  it('gives what is there, what changes and what cannot be watched, and ends with the connection', async () => {
    const link = await opened()
    const seen: Reading[] = []
    await link.subscribe?.(
      [point('PowerW', 'f64'), point('Nowhere', 'f64'), point('nsu=urn:nowhere;s=x', 'f64'), point('Broken', 'f64')],
      (readings) => seen.push(...readings),
    )
    const of = (node: string) => seen.filter((reading) => reading.point === node)
    await until(() => of('PowerW').length > 0 && of('Broken').length > 0, 3000, 'nothing came')
    expect(of('PowerW')[0]).toMatchObject({ quality: 'good', value: 12.5 })
    expect(of('Broken')[0]).toMatchObject({ quality: 'bad', detail: 'BadSensorFailure' })
    expect(of('Nowhere')).toMatchObject([{ quality: 'bad', cause: 'refused', detail: 'BadNodeIdUnknown' }])
    expect(of('nsu=urn:nowhere;s=x')).toMatchObject([{ quality: 'bad', cause: 'refused' }])
    await server.ask({ kind: 'load', values: [{ node: 'Saw.PowerW', type: 'Double', value: 13 }] })
    await until(() => of('PowerW').at(-1)?.value === 13, 3000, 'the change did not come')
    await link.close()
    const count = seen.length
    await server.ask({ kind: 'load', values: [{ node: 'Saw.PowerW', type: 'Double', value: 12.5 }] })
    const again = await opened()
    await again.read([point('PowerW', 'f64')])
    expect(seen.length).toBe(count)
  })

  it('shows what needs no reading, as a read does, and makes readings of the rest', async () => {
    const link = await opened()
    const points = [point('PowerW', 'f64'), point('Broken', 'f64'), point('EnergyWh', 'u64')]
    const shown: unknown[] = []
    const show: Show = ({ id }, value, _at, sourceAtMs) => shown.push([id, value, typeof sourceAtMs]) > 0
    const rest = await link.read(points, { show })
    expect(shown).toEqual([['PowerW', 12.5, 'number']])
    expect(rest.map((reading) => reading.point)).toEqual(['Broken', 'EnergyWh'])
    const seen: Reading[] = []
    await link.subscribe?.(points, (readings) => seen.push(...readings), show)
    await until(() => shown.length > 1 && seen.length > 1, 3000, 'nothing came')
    expect(shown[1]).toEqual(shown[0])
    expect(seen.map((reading) => reading.point).sort()).toEqual(['Broken', 'EnergyWh'])
    expect((await link.read(points, { show: () => false })).map((reading) => reading.point)).toEqual([
      'PowerW',
      'Broken',
      'EnergyWh',
    ])
  })

  it('that the server ends is a connection lost, not one that falls silent', async () => {
    const link = await opened()
    await link.subscribe?.([point('PowerW', 'f64')], () => {})
    await server.ask({ kind: 'end-subscriptions' })
    await until(
      () =>
        link.read([point('PowerW', 'f64')]).then(
          () => false,
          () => true,
        ),
      9000,
      'not lost',
    )
  })
})

describe('commissioning', () => {
  it('calls a method with the types that it declares', async () => {
    const link = await opened()
    const object = `nsu=${DEVICE_URI};s=Device`
    expect(await link.call?.({ object, method: `${object}.Add`, args: [9_007_199_254_740_993n, -3] })).toEqual([
      9_007_199_254_740_990n,
    ])
    expect(
      await rejection(link.call?.({ object, method: `${object}.Add`, args: [1n] }) as Promise<unknown>),
    ).toMatchObject({
      outcome: 'unsent',
    })
    expect(
      await rejection(link.call?.({ object, method: `${object}.No`, args: [] }) as Promise<unknown>),
    ).toMatchObject({
      outcome: expect.stringMatching(/refused|unsent/),
    })
  })

  it('browses, with ids that can be written into a profile, and no more than asked', async () => {
    const link = await opened()
    const all = (await link.browse?.(undefined, 100)) ?? []
    const power = all.find(({ name }) => name === 'Saw.PowerW')
    expect(power).toEqual({
      id: `nsu=${DEVICE_URI};s=Saw.PowerW`,
      name: 'Saw.PowerW',
      kind: 'Variable',
      type: 'Double',
    })
    expect((await link.read([point(power?.id ?? '', 'f64')]))[0]).toMatchObject({ quality: 'good' })
    expect(await link.browse?.(undefined, 3)).toHaveLength(3)
    expect(await link.browse?.('i=85', 100)).toEqual(all)
    expect(await rejection(link.browse?.('nsu=urn:nowhere;s=x', 5) as Promise<unknown>)).toMatchObject({
      retriable: false,
    })
  })
})
