/** Profiles of one family in one file: what is laid over the base, and where a fault of a variant is found. */
import { afterAll, describe, expect, it } from 'vitest'
import { judgeProfile, listProfiles } from '../../config/catalogue.ts'
import { edit, goodSite, openFolder, plcProfile } from './site-folder.ts'

const folder = openFolder()
afterAll(() => folder.remove())

const base = plcProfile.replace('profile: plc', 'family: plcs')
const file = (variants: string) => ({
  'profiles/plcs.yaml': `${base}variants:\n${variants}`,
  'site.yaml': edit(goodSite, 'profile: plc,', 'profile: plc-2,'),
})
const variants = `  plc-1: {}
  plc-2:
    model: P2
    signals:
      parts: { poll: 250ms }
      power: null
`

it('a variant has what differs over what all have in common, and null takes away', () => {
  const { config } = folder.good(file(variants))
  const [machine] = config.machines
  const signals = machine!.signals.filter(({ alias }) => alias === 'plc')
  expect(signals.map(({ name, intervalMs }) => [name, intervalMs])).toEqual([
    ['state', 500],
    ['stop', 500],
    ['parts', 250],
  ])
  expect(machine!.devices.plc?.profile).toBe('plc-2')
})

it('variants are listed and found by their names, the family is not', () => {
  folder.write(file(variants))
  const listed = listProfiles(folder.path, ['acme']).map(({ profile, model }) => [profile, model])
  expect(listed).toEqual([
    ['plc', 'P1'],
    ['plc-1', 'P1'],
    ['plc-2', 'P2'],
    ['saw', 'S1'],
  ])
})

describe('a fault is where it is written', () => {
  it.each([
    ['in the variant', '  plc-2: { signals: { power: { pol: 1s } } }\n', { code: 'unknown-key', line: 24, column: 32 }],
    ['in the base', '  plc-2: { signals: { state: null } }\n', { code: 'signal-unknown', line: 15, column: 29 }],
    ['of a name', '  Plc_2: {}\n', { code: 'bad-id', line: 24, column: 10 }],
  ])('%s', (_, text, fault) => {
    folder.write(file(text))
    expect(judgeProfile(`${folder.path}/profiles/plcs.yaml`)).toContainEqual(expect.objectContaining(fault))
  })

  it('and a name that no variant has is not found', () => {
    const faults = folder.faults(file('  plc-1: {}\n'))
    expect(faults).toMatchObject([{ code: 'profile-not-found', file: 'site.yaml' }])
    expect(faults[0]?.advice).toContain('plc-1')
  })
})
