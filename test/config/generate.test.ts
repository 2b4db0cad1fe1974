/** The committed schemas and tables are fresh, and the schemas accept and refuse what the gateway does. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Schema from 'typebox/schema'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { faultCodes, noteCodes } from '../../config/document/fault.ts'
import { generate } from '../../config/generate/generate.ts'
import { edit, goodSite, plcProfile, sawProfile } from './site-folder.ts'

const config = join(import.meta.dirname, '../../config')
const read = (name: string) => readFileSync(join(config, name), 'utf8')

describe('what is generated', () => {
  it.each(Object.entries(generate(read('README.md'))))(
    '%s is fresh; if not, run: node config/generate/generate.ts',
    (name, text) => {
      expect(read(name)).toBe(text)
    },
  )

  it('shows every code and every option with its default', () => {
    const readme = read('README.md')
    for (const code of [...Object.keys(faultCodes), ...Object.keys(noteCodes)])
      expect(readme).toContain(`| \`${code}\` |`)
    expect(readme).toContain('| `machines.<machine>.interlock.lease` | duration, 1s to 60s | `5s` |')
    expect(readme).toContain('| `links.<link> (modbus).port` | integer 1–65535 | `502` |')
  })

  it('refuses a README without a place for a table', () => {
    expect(() => generate('# Configuration\n')).toThrow('<!-- table: site -->')
  })
})

describe('the schemas for editors', () => {
  const compile = (name: string) => Schema.Compile(JSON.parse(read(name)) as object)
  const site = compile('site.schema.json')
  const profile = compile('profile.schema.json')

  it.each(readdirSync(join(config, 'sites')).filter((name) => name.endsWith('.yaml')))('accept sites/%s', (name) => {
    expect(site.Errors(parse(read(`sites/${name}`)))).toEqual([true, []])
  })
  it.each(readdirSync(join(config, 'profiles')))('accept profiles/%s', (name) => {
    expect(profile.Errors(parse(read(`profiles/${name}`)))).toEqual([true, []])
  })

  it.each([
    ['an unknown key', 'fencingId: 3', 'fencnigId: 3'],
    ['a machine with capitals', '  booth-1:', '  Booth_1:'],
    ['an option of another protocol', 'timeoutMs: 1000', 'endpoint: x'],
    ['a unit that cannot be', 'unit: 1', 'unit: 300'],
    ['a literal secret', 'version: 4', 'version: 4, password: hunter2'],
  ])('refuse a site with %s', (_, from, to) => {
    expect(site.Check(parse(goodSite))).toBe(true)
    expect(site.Check(parse(edit(goodSite, from, to)))).toBe(false)
  })

  it.each([
    ['a Modbus address with a node', plcProfile, 'table: holding, address: 0,', 'node: State,'],
    ['an OPC UA address with a table', sawProfile, 'node: Hot,', 'table: coil, address: 0,'],
    ['an interlock without a type', plcProfile, 'type: words, count: 16', 'count: 16'],
  ])('refuse a profile with %s', (_, good, from, to) => {
    expect(profile.Check(parse(good))).toBe(true)
    expect(profile.Check(parse(edit(good, from, to)))).toBe(false)
  })
})
