/** `latchkey profile`: what is listed, and what is said of a file that is wrong. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkProfileCommand, listCommand } from '../../gateway/cli/profile.ts'
import { temporaryFolder } from '../support/folder.ts'

const builtIn = join(import.meta.dirname, '..', '..', 'config', 'profiles')

function said(run: (io: { stdout: { write(text: string): void }; stderr: { write(text: string): void } }) => number) {
  const [out, err]: [string[], string[]] = [[], []]
  const code = run({
    stdout: { write: (text) => void out.push(text) },
    stderr: { write: (text) => void err.push(text) },
  })
  return { code, out: out.join(''), err: err.join('') }
}
const list = (words: string[], folder = builtIn, json = false) => said((io) => listCommand(words, { folder, json }, io))
const names = (words: string[], folder?: string) =>
  (JSON.parse(list(words, folder, true).out) as { profiles: { profile: string }[] }).profiles.map((one) => one.profile)

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'profiles', name), text)
  return folder
}

describe('the list', () => {
  it('shows every profile that comes with the gateway', () => {
    const expected = readdirSync(builtIn).flatMap((file) => {
      const { variants } = parse(readFileSync(join(builtIn, file), 'utf8')) as { variants?: object }
      return variants === undefined ? [file.replace('.yaml', '')] : Object.keys(variants)
    })
    expect(names([])).toEqual(expected.sort())
    expect(names([])).toEqual(expect.arrayContaining(['abb-b21', 'abb-b23', 'eastron-sdm230', 'siemens-v20']))
  })

  it.each([
    [['sdm', '630'], ['eastron-sdm630']],
    [['ABB', 'B23'], ['abb-b23']],
    [['ek9000', 'watchdog'], ['beckhoff-ek9000']],
    [['opcua', 'lease'], ['sim-instrument']],
  ])('of %j is %j', (words, expected) => {
    expect(names(words)).toEqual(expected)
  })

  it('says per line what it is, how sure, and what it counts', () => {
    expect(list(['abb-b23']).out).toMatch(/^abb-b23 +B {2}modbus {2}ABB B23: energy Wh\n/)
  })

  it('takes the profile beside the site file for the one of the same name', () => {
    const own = readFileSync(join(builtIn, 'abb-b2x.yaml'), 'utf8')
      .replace('model: B23', 'model: B23 of ours')
      .replace('family: abb-b2x', 'profile: abb-b23')
    const folder = folderWith({ 'abb-b23.yaml': own.slice(0, own.indexOf('variants:')), 'broken.yaml': 'profile: [' })
    expect(list(['abb-b23'], folder).out).toContain('B23 of ours')
    expect(names(['broken'], folder)).toEqual(['broken'])
  })

  it('that is empty ends with 1, and says why', () => {
    expect(list(['no', 'such'])).toEqual({
      code: 1,
      out: 'no profile holds "no" and "such"; list shows all without words\n',
      err: '',
    })
  })
})

describe('the check of a file', () => {
  const check = (path: string, json = false) => said((io) => checkProfileCommand(path, { json }, io))

  it.each(readdirSync(builtIn))('finds nothing in %s', (file) => {
    expect(check(join(builtIn, file))).toMatchObject({ code: 0, err: '' })
  })

  it('says what is wrong, and where', () => {
    const wrong = readFileSync(join(builtIn, 'kostal-ksem.yaml'), 'utf8').replace('type: u64', 'type: u65')
    const path = join(folderWith({ 'kostal-ksem.yaml': wrong }), 'profiles', 'kostal-ksem.yaml')
    expect(check(path)).toMatchObject({ code: 1, out: expect.stringContaining(':101:52 not-one-of: type is "u65"') })
    expect(JSON.parse(check(path, true).out)).toMatchObject({ ok: false, faults: [{ code: 'not-one-of', line: 101 }] })
  })

  it('of a file that is not there says so', () => {
    expect(check('/none/x.yaml')).toEqual({
      code: 1,
      out: '',
      err: '/none/x.yaml is not there; name the file of a profile\n',
    })
  })
})
