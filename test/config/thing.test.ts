/** Profiles as W3C Thing Descriptions: what one says of a device, and that it becomes the same profile again. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { judgeProfile, listProfiles, openProfile } from '../../config/catalogue.ts'
import { toThing } from '../../config/thing/export.ts'
import { fromThing } from '../../config/thing/import.ts'
import { exportCommand, importCommand } from '../../gateway/cli/profile.ts'

const builtIn = join(import.meta.dirname, '..', '..', 'config', 'profiles')
const BASE = 'modbus+tcp://192.0.2.7:502/1'
const profileOf = (name: string) => openProfile([builtIn], name, String)!.value as Readonly<Record<string, unknown>>
const signalsOf = (found: ReturnType<typeof fromThing>) =>
  typeof found === 'string' ? {} : (found.profile.signals as object)
type Thing = Readonly<Record<string, unknown>> & {
  readonly properties: Readonly<
    Record<string, Readonly<Record<string, unknown>> & { readonly forms: readonly object[] }>
  >
}
const modbus = listProfiles(builtIn, []).filter(({ protocol }) => protocol === 'modbus')

describe('an exported profile', () => {
  it.each(modbus.map(({ profile }) => profile))(
    '%s has what a description must have, and becomes itself again',
    (name) => {
      const thing = toThing(profileOf(name), BASE) as Thing
      // TD 1.1, 5.3.1: what a Thing must have, and what a property and a form must have.
      expect(thing).toMatchObject({
        '@context': ['https://www.w3.org/2022/wot/td/v1.1', { modv: 'https://www.w3.org/2019/wot/modbus#' }],
        title: expect.any(String),
        security: 'nosec',
        securityDefinitions: { nosec: { scheme: 'nosec' } },
      })
      for (const property of Object.values(thing.properties)) {
        expect(['boolean', 'integer', 'number', 'string']).toContain(property.type)
        expect(property.forms).toEqual([
          expect.objectContaining({
            href: expect.stringMatching(/^modbus\+tcp:\/\/192\.0\.2\.7:502\/1\/\d{1,5}\?quantity=\d{1,3}$/),
            op: 'readproperty',
            'modv:entity': expect.stringMatching(/^(HoldingRegister|InputRegister|Coil|DiscreteInput)$/),
          }),
        ])
      }
      const back = fromThing(JSON.parse(JSON.stringify(thing)), name)
      expect(back).toEqual({ profile: profileOf(name), skipped: [] })
      expect(Object.keys(signalsOf(back))).toEqual(Object.keys(profileOf(name).signals as object))
    },
  )

  it('says type and order in the words of the binding', () => {
    const { properties } = toThing(profileOf('carlo-gavazzi-em340'), BASE) as Thing
    expect(properties.importEnergy).toMatchObject({
      type: 'integer',
      unit: 'kWh',
      readOnly: true,
      forms: [
        {
          href: `${BASE}/52?quantity=2`,
          'modv:function': 'readInputRegisters',
          'modv:type': 'xsd:int',
          'modv:mostSignificantWord': false,
          'modv:mostSignificantByte': true,
          'modv:zeroBasedAddressing': true,
        },
      ],
    })
  })
})

describe('a description of a maker', () => {
  const thing = (forms: readonly object[], more: object = {}) => ({
    '@context': 'https://www.w3.org/2022/wot/td/v1.1',
    title: 'Elfin Meter',
    support: 'Elfin',
    base: 'modbus+tcp://10.0.0.1:502/3/',
    properties: { 'active-power': { type: 'number', unit: 'W', forms, ...more } },
  })

  it.each<[string, object, object]>([
    [
      'by its entity',
      { href: '40?quantity=2', 'modv:entity': 'InputRegister' },
      { table: 'input', address: 40, type: 'f32' },
    ],
    [
      'by its function',
      { href: '/1/8?quantity=4', 'modv:function': 'readHoldingRegisters' },
      { table: 'holding', address: 8, type: 'f64' },
    ],
    [
      'by a function code',
      { href: '40', 'modv:function': 3, 'modv:type': 'xsd:short' },
      { table: 'holding', address: 40, type: 's16' },
    ],
    [
      'counted from one',
      { href: '41?quantity=2', 'modv:entity': 'HoldingRegister', 'modv:zeroBasedAddressing': false },
      { address: 40 },
    ],
    [
      'low word first',
      { href: '4?quantity=2', 'modv:entity': 'HoldingRegister', 'modv:mostSignificantWord': false },
      { order: 'CDAB' },
    ],
    ['of a bit', { href: '7', 'modv:entity': 'Coil' }, { table: 'coil', address: 7, type: 'bool' }],
  ])('becomes a signal %s', (_, form, address) => {
    const found = fromThing(thing([{ op: ['readproperty'], ...form }]), 'elfin')
    expect(found).toMatchObject({
      profile: {
        profile: 'elfin',
        maker: 'Elfin',
        model: 'Elfin Meter',
        signals: { activePower: { unit: 'W', address } },
      },
      skipped: [],
    })
    const path = join(mkdtempSync(join(tmpdir(), 'latchkey-thing-')), 'elfin.yaml')
    writeFileSync(path, JSON.stringify((found as { profile: object }).profile))
    expect(judgeProfile(path)).toEqual([])
  })

  it.each([
    ['without a register', { href: 'http://x/power', 'modv:entity': 'HoldingRegister' }, /ends in no register/],
    ['without a table', { href: '4' }, /says which table/],
    ['of three registers', { href: '4?quantity=3', 'modv:entity': 'HoldingRegister' }, /no type of a signal/],
    [
      'of a type that is unknown',
      { href: '4', 'modv:entity': 'HoldingRegister', 'modv:type': 'xsd:duration' },
      /no type/,
    ],
    [
      'that is written alone',
      { op: 'writeproperty', href: '4', 'modv:entity': 'HoldingRegister' },
      /no form of it reads it/,
    ],
  ])('has a property %s left out, and says why', (_, form, why) => {
    const good = { level: { type: 'integer', forms: [{ href: '1', 'modv:entity': 'HoldingRegister' }] } }
    const { properties, ...rest } = thing([form])
    const found = fromThing({ ...rest, properties: { ...good, ...properties } }, 'x')
    expect(found).toMatchObject({ skipped: [{ property: 'active-power', why: expect.stringMatching(why) }] })
    expect(Object.keys(signalsOf(found))).toEqual(['level'])
  })

  it('that is none, or has nothing of Modbus, is refused in words', () => {
    expect(fromThing([], 'x')).toBe('it is no Thing Description with properties')
    expect(fromThing(thing([]), 'x')).toBe('none of its properties is read by Modbus')
  })
})

it('the commands write to the output, and name what they cannot take', () => {
  const said = (run: (io: Record<'stdout' | 'stderr', { write(text: string): void }>) => number) => {
    const [out, err]: [string[], string[]] = [[], []]
    const code = run({
      stdout: { write: (text) => void out.push(text) },
      stderr: { write: (text) => void err.push(text) },
    })
    return { code, out: out.join(''), err: err.join('') }
  }
  const exported = said((io) => exportCommand('abb-b21', { base: BASE, folder: builtIn }, io))
  expect(exported).toMatchObject({ code: 0, err: '' })
  const path = join(mkdtempSync(join(tmpdir(), 'latchkey-thing-')), 'td.json')
  writeFileSync(path, exported.out)
  const imported = said((io) => importCommand(path, { name: 'abb-b21' }, io))
  expect(parse(imported.out)).toEqual(profileOf('abb-b21'))
  expect(said((io) => exportCommand('none', { base: BASE, folder: builtIn }, io))).toMatchObject({ code: 1, out: '' })
  expect(said((io) => exportCommand('machinetool-opcua', { base: BASE, folder: builtIn }, io)).err).toContain(
    'speaks opcua',
  )
  writeFileSync(path, '[]')
  expect(said((io) => importCommand(path, { name: 'x' }, io))).toMatchObject({
    code: 1,
    err: expect.stringContaining('no Thing'),
  })
})
