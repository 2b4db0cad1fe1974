/** The rules of the bench: forms, the button that is its own state, registers, certificates, displays. */
import { describe, expect, it } from 'vitest'
import { siteJsonSchema } from '../../../config/generate/json-schema.ts'
import { displayOf, reportIn } from '../../../gateway/front/console/model/acceptance.ts'
import {
  beginOf,
  type Planned,
  type Schema,
  savingOf,
  shapeOf,
  wayOf,
  withMember,
} from '../../../gateway/front/console/model/form.ts'
import { blocksOf, halvesOf, isShown, looked, rowsOf } from '../../../gateway/front/console/model/look.ts'
import { acceptable, type Certificate, orderOf } from '../../../gateway/front/console/model/trust.ts'

const site = siteJsonSchema() as Schema
const part = (name: string) => site.properties![name]!.additionalProperties as Schema

describe('a form', () => {
  it('of a link has one way for each protocol, and begins with what has to be so', () => {
    const shape = shapeOf(part('links'))
    const ways = shape.kind === 'ways' ? shape.ways : []
    expect(ways.map(beginOf)).toEqual([{ protocol: 'modbus' }, { protocol: 'opcua' }])
    expect(wayOf(ways, { protocol: 'opcua', endpoint: 'opc.tcp://a', security: 'None' })).toBe(1)
    expect(wayOf(ways, undefined)).toBe(0)
  })

  it('of a machine needs what the schema needs, and names devices', () => {
    const shape = shapeOf(part('machines'))
    const members = shape.kind === 'group' ? shape.members : []
    expect(members.filter(({ needed }) => needed).map(({ key }) => key)).toEqual(['name', 'owner', 'devices', 'state'])
    expect(shapeOf(members.find(({ key }) => key === 'devices')!.schema).kind).toBe('map')
    expect(beginOf(part('machines'))).toMatchObject({ name: {}, devices: {} })
  })

  it('tells the ways of a value by what it is', () => {
    const ways: Schema[] = [
      { type: 'string' },
      { type: 'object', properties: { kind: { const: 'map' } }, required: ['kind'] },
    ]
    expect([wayOf(ways, 'plc'), wayOf(ways, { kind: 'map' }), wayOf(ways, { kind: 'other' })]).toEqual([0, 1, 0])
  })

  it('leaves out what nobody typed', () => {
    expect(withMember({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 })
  })
})

describe('the button', () => {
  const planned: Planned = {
    ...{ applied: false, from: 'c', steps: [], needsRestart: [], waits: [], meters: [], notes: [] },
    changes: [{ what: 'links.bus.port', from: '502', to: '1502' }],
  }
  it.each<[string, Planned | undefined, string]>([
    ['validates first', undefined, 'validate'],
    ['saves what is well', planned, 'save'],
    ['has nothing to save', { ...planned, changes: [] }, 'nothing'],
    ['wants a reason for a new note', { ...planned, notes: ['old', 'plain text'] }, 'save-anyway'],
    ['wants none for a note that was there before', { ...planned, notes: ['old'] }, 'save'],
    [
      'wants a reason for what becomes of a meter',
      { ...planned, meters: [{ meter: 'm', text: 'begins anew' }] },
      'save-anyway',
    ],
    [
      'wants a reason to take something away',
      { ...planned, changes: [{ what: 'machines.saw', from: 'x' }] },
      'save-anyway',
    ],
    ['cannot do what needs a restart', { ...planned, needsRestart: ['api.listen'] }, 'cannot'],
    ['cannot change a machine in use', { ...planned, waits: [{ machine: 'saw', why: 'in use' }] }, 'cannot'],
  ])('%s', (_, given, kind) => {
    expect(savingOf(given, ['old']).kind).toBe(kind)
  })
})

describe('registers', () => {
  it('are shown alone and with the one behind', () => {
    expect(rowsOf({ table: 'holding', start: 7, words: [0x4148, 0x0000, 0xffff] })).toEqual([
      { address: 7, hex: '4148', u16: 16_712, s16: 16_712, u32: 0x4148_0000, f32: 12.5 },
      { address: 8, hex: '0000', u16: 0, s16: 0, u32: 65_535, f32: expect.any(Number) },
      { address: 9, hex: 'ffff', u16: 65_535, s16: -1 },
    ])
  })

  it('are asked for in blocks that one request takes, and a block in halves', () => {
    expect(blocksOf('input', 10, 260).map(({ start, count }) => [start, count])).toEqual([
      [10, 125],
      [135, 125],
      [260, 10],
    ])
    expect(halvesOf({ start: 5, count: 3 })).toEqual([
      { start: 5, count: 2 },
      { start: 7, count: 1 },
    ])
  })

  it('are found behind a display once it has changed', () => {
    const at = (value: number) => [{ table: 'holding' as const, start: 0, words: [9, 0, value, 9] }]
    const first = looked([], '70.1 V', at(701))
    const second = looked(first.samples, '90.7', at(907))
    const third = looked(second.samples, '120.3', at(1203))
    expect([first.verdict?.kind, second.verdict?.kind]).toEqual(['several', 'several'])
    expect(third.samples).toHaveLength(3)
    expect(JSON.stringify(third.verdict)).toContain('"address":2')
    expect(looked(third.samples, 'twelve', at(1))).toMatchObject({ samples: { length: 3 }, why: expect.any(String) })
  })

  it.each([
    ['12.49', '12.5', true],
    ['12.7', '12.5', false],
    ['', '0', false],
    [undefined, '0', false],
    ['Executing', '3', false],
  ])('the value %s is what a display of %s shows: %s', (value, shown, is) => {
    expect(isShown(value, shown)).toBe(is)
  })
})

describe('certificates', () => {
  const one = (place: Certificate['place'], seen: boolean): Certificate => ({
    ...{
      place,
      seen,
      subject: '',
      issuer: '',
      thumbprint: `${place} ${seen}`,
      from: '',
      to: '',
      hosts: [],
      faults: [],
    },
  })
  it('come in the order in which somebody has to decide', () => {
    const all = [one('rejected', false), one('own', false), one('trusted', true), one('rejected', true)]
    expect(orderOf(all).map(({ thumbprint }) => thumbprint)).toEqual([
      'rejected true',
      'trusted true',
      'own false',
      'rejected false',
    ])
  })

  it('are accepted despite some faults only', () => {
    const fault = (kind: string) => ({ kind, what: '', todo: '' })
    expect(acceptable([fault('unknown'), fault('uri-differs'), fault('expired')])).toEqual(['uri-differs'])
  })
})

describe('a display', () => {
  const signal = { id: 'saw/meter.energy', unit: 'Wh' }
  it.each([
    ['12,5 kWh', { signal: signal.id, shown: '12.5', unit: 'kWh' }],
    ['1234', { signal: signal.id, shown: '1234' }],
    ['7 Wh', { signal: signal.id, shown: '7' }],
    ['1.234,5', undefined],
    ['', undefined],
  ])('%s is taken as the gateway takes it', (text, expected) => {
    expect(displayOf(signal, text)).toEqual(expected)
  })

  it('is in the report of the file', () => {
    const body = JSON.stringify({ at: '2026-11-27T08:00:00.000Z', data: { id: 'a', accepted: true } })
    expect(reportIn({ proven: [{ body }] })).toMatchObject({ id: 'a', accepted: true, at: '2026-11-27T08:00:00.000Z' })
    expect(reportIn({})).toBeUndefined()
  })
})
