/** Register tables as makers write them: what is read, what is left out and why, and the profile made of it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { judgeProfile } from '../../config/catalogue.ts'
import { profileStub, type StubSignal } from '../../config/stub.ts'
import {
  looksModicon,
  readAddress,
  readOrder,
  readScale,
  readTable,
  readType,
  readUnit,
} from '../../config/table/cells.ts'
import { readCsv } from '../../config/table/csv.ts'
import { readRegisterTable } from '../../config/table/table.ts'
import { temporaryFolder } from '../support/folder.ts'

describe('a cell', () => {
  it.each([
    ['72', 0, { number: 72 }],
    ['73', 1, { number: 72 }],
    ['0x0048', 0, { number: 72 }],
    ['0048h', 0, { number: 72 }],
    ['40073', 0, { number: 72, table: 'holding' }],
    ['30073', 1, { number: 72, table: 'input' }],
    ['400073', 0, { number: 72, table: 'holding' }],
    ['3x0073', 0, { number: 72, table: 'input' }],
    ['10003', 0, { number: 2, table: 'discrete' }],
    ['72-73', 0, { number: 72 }],
    ['0x10 – 0x11', 0, { number: 16 }],
    ['40073.5', 0, { number: 72, table: 'holding', bit: 5 }],
    ['50000', 0, { number: 50_000 }],
    ['70000', 0, undefined],
    ['0', 1, undefined],
    ['45', 0, { number: 45 }],
    ['n/a', 0, undefined],
    ['', 0, undefined],
  ])('address %j with base %d', (cell, base, address) => {
    expect(readAddress(cell, base, looksModicon(cell))).toEqual(address)
  })

  it.each([
    ['UINT32', undefined, { type: 'u32' }],
    ['Int16', undefined, { type: 's16' }],
    ['unsigned long', undefined, { type: 'u32' }],
    ['Unsigned 64', undefined, { type: 'u64' }],
    ['U32', undefined, { type: 'u32' }],
    ['DWORD', undefined, { type: 'u32' }],
    ['INT', 2, { type: 's32' }],
    ['uint_16', undefined, { type: 'u16' }],
    ['INT32 (SW)', undefined, { type: 's32', order: 'CDAB' }],
    ['Float', undefined, { type: 'f32' }],
    ['IEEE 754', undefined, { type: 'f32' }],
    ['float64', undefined, { type: 'f64' }],
    ['REAL CDAB', undefined, { type: 'f32', order: 'CDAB' }],
    ['LREAL', undefined, { type: 'f64' }],
    ['BCD32', undefined, { type: 'bcd32' }],
    ['STRING[14]', undefined, { type: 'text', count: 7 }],
    ['ASCII', 8, { type: 'text', count: 8 }],
    ['Bool', undefined, { type: 'bool' }],
    ['enum', undefined, { type: 'u16' }],
    ['ASCII', undefined, undefined],
    ['struct', undefined, undefined],
  ])('type %j in %s registers', (cell, registers, type) => {
    expect(readType(cell, registers)).toEqual(type)
  })

  it.each([
    ['0.1', 0.1],
    ['0,01', 0.01],
    ['x 0.1', 0.1],
    ['/10', 0.1],
    ['1/100', 0.01],
    ['10^-2', 0.01],
    ['10^(3)', 1000],
    ['1e-3', 0.001],
    ['0.01 kWh', 0.01],
    ['0', undefined],
    ['see 4.2', undefined],
  ])('scale %j is %s', (cell, scale) => {
    expect(readScale(cell)).toBe(scale)
  })

  it('table, order and unit', () => {
    expect(['3', '04', '0x03', 'FC 4', 'Input Register', 'Holding', '3x'].map(readTable)).toEqual([
      'holding',
      'input',
      'holding',
      'input',
      'input',
      'holding',
      'input',
    ])
    expect(['big-endian', 'word swap', 'LSW first', 'Little Endian', 'cdab', 'x'].map(readOrder)).toEqual([
      'ABCD',
      'CDAB',
      'CDAB',
      'DCBA',
      'CDAB',
      undefined,
    ])
    expect(['0.01 kWh', '[V]', 'm³', '-', ''].map(readUnit)).toEqual(['kWh', 'V', 'm³', undefined, undefined])
  })
})

describe('a table', () => {
  it('is split as a spreadsheet wrote it', () => {
    expect(readCsv('\uFEFFa;b\r\n"x;""y""";"two\nlines"\r\n;\r\nlast;')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['x;"y"', 'two\nlines'] },
      { line: 5, cells: ['last', ''] },
    ])
  })

  const german = [
    'Energiezähler Typ 7;;;;;',
    'Register (dez);Bezeichnung;Datentyp;Einheit;Faktor;R/W',
    '40001;Wirkenergie Bezug;UINT32;kWh;0,01;R',
    '40003;Wirkleistung gesamt;INT32 (SW);W;;R',
    'Parameter;;;;;',
    '40101;Adresse;UINT16;;;W',
    '40102;Passwort;struct;;;R',
  ].join('\n')

  it('gives its signals, and says what it leaves out', () => {
    expect(readRegisterTable(german, { base: 0 })).toEqual({
      numbers: 'modicon',
      signals: [
        expect.objectContaining({
          name: 'wirkenergieBezug',
          address: { table: 'holding', address: 0, type: 'u32' },
          unit: 'kWh',
          scale: 0.01,
        }),
        expect.objectContaining({ address: { table: 'holding', address: 2, type: 's32', order: 'CDAB' }, unit: 'W' }),
      ],
      skipped: [
        { line: 6, why: 'it can be written only' },
        { line: 7, why: '"struct" is no type that is known here' },
      ],
    })
  })

  it.each([
    ['hello\nworld', 'no row names its columns'],
    ['a,b\n1,2', 'no row names its columns'],
  ])('%j is none', (text, why) => {
    expect(readRegisterTable(text, { base: 0 })).toContain(why)
  })

  it('needs to be told what it does not say', () => {
    const text = 'name,address,type\npower,0x10,int32'
    expect(readRegisterTable(text, { base: 0 })).toMatchObject({
      signals: [],
      skipped: [{ why: expect.stringContaining('--table') }],
    })
    expect(readRegisterTable(text, { base: 1, table: 'input', order: 'CDAB' })).toMatchObject({
      signals: [{ address: { table: 'input', address: 15, type: 's32', order: 'CDAB' } }],
    })
  })

  it('takes 40073 as register 72 only where all numbers look so, or when it is told', () => {
    const text = (second: string) => `name,address,type,fc\na,40073,u16,3\nb,${second},u16,3`
    const first = (second: string, numbers?: 'modicon' | 'wire') => {
      const read = readRegisterTable(text(second), { base: 0, numbers })
      return typeof read === 'string' ? read : [read.numbers, read.signals[0]?.address.address]
    }
    expect(first('40075')).toEqual(['modicon', 72])
    expect(first('0x10')).toEqual(['modicon', 72])
    expect(first('50011')).toEqual(['wire', 40_073])
    expect(first('40075', 'wire')).toEqual(['wire', 40_073])
  })

  it('gives two rows of one name two names', () => {
    const text = 'name,address,type,fc\nPower,1,u16,3\nPower,2,u16,3'
    const read = readRegisterTable(text, { base: 0 })
    expect(typeof read === 'string' || read.signals.map(({ name }) => name)).toEqual(['power', 'powerAt2'])
  })
})

describe('the profile of it', () => {
  const about = { profile: 'mine', maker: 'M', model: 'X', document: 'table', page: '1', protocol: 'modbus' }
  const signal = (more: Partial<StubSignal> & { type?: string }): StubSignal => ({
    name: 'energy',
    address: { table: 'holding', address: 0, type: more.type ?? 'u32' } as StubSignal['address'],
    unit: 'kWh',
    scale: 1,
    offset: 0,
    isMeter: true,
    ...more,
  })
  const made = (one: StubSignal) => {
    const text = profileStub([one], about)
    if (typeof text !== 'string') return text
    const path = join(temporaryFolder(), 'mine.yaml')
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
    expect(judgeProfile(path)).toEqual([])
    return parse(text) as { meters: Record<string, Record<string, unknown>>; signals: Record<string, object> }
  }

  it.each<[string, Parameters<typeof signal>[0], Record<string, unknown>]>([
    ['hundredths of a kWh', { scale: 0.01 }, { unit: 'Wh', perCount: 10, maxRate: '7' }],
    ['quarters of a kWh', { scale: 0.25 }, { unit: 'Wh', perCount: 250 }],
    ['tenths of a Wh', { scale: 0.0001 }, { unit: 'mWh', perCount: 100 }],
    [
      'a float of the display',
      { type: 'f32', step: 0.01 },
      { unit: 'Wh', perCount: 10, resolution: '0.01', finer: true },
    ],
    ['pieces', { unit: 'pcs' }, { unit: 'pcs', perCount: 1 }],
    ['cubic metres', { unit: 'm3', scale: 0.001 }, { unit: 'l', perCount: 1 }],
  ])('counts %s', (_, more, meter) => {
    expect(made(signal(more))).toMatchObject({ meters: { energy: meter } })
  })

  it('counts a scaled float as the device has it, beside the one that is shown', () => {
    const profile = made(signal({ type: 'f32', scale: 0.001, step: 0.01 }))
    expect(profile).toMatchObject({
      meters: { energy: { signal: 'energyRaw', resolution: '10', perCount: 10, unit: 'Wh' } },
      signals: { energy: { unit: 'kWh', scale: 0.001 }, energyRaw: { address: { type: 'f32' } } },
    })
  })

  it('is not made where a count is no whole number of anything', () => {
    expect(made(signal({ unit: 'pcs', scale: 0.1 }))).toMatchObject({ why: expect.stringContaining('0.1 pcs') })
  })
})
