/** Whatever a person answers to `init`: a good site file, or a sentence about what does not fit. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSite } from '../../../config/load.ts'
import { type InitOptions, initCommand } from '../../../gateway/cli/first/init.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-init-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function init(name: string, options: Partial<InitOptions>) {
  const said = { out: [] as string[], err: [] as string[] }
  const io = {
    stdout: { write: (text: string) => said.out.push(text) },
    stderr: { write: (text: string) => said.err.push(text) },
    env: {},
  }
  const path = join(folder, name)
  return { code: await initCommand(path, { yes: true, ...options }, io), path, err: said.err.join('') }
}

describe('init', () => {
  it.each(['en', 'zh'])('writes a good file from nothing (%s)', async (lang) => {
    const { code, path, err } = await init(`${lang}.yaml`, { lang, site: 'shop' })
    expect([code, loadSite(path, {}).kind]).toEqual([0, 'ok'])
    expect(err).toContain(lang === 'zh' ? '已写好' : 'Written')
    expect(/\p{Script=Han}/u.test(readFileSync(path, 'utf8'))).toBe(lang === 'zh')
  })

  it('writes what it is told', async () => {
    const { path } = await init('told.yaml', {
      ...{
        site: 'shop',
        issuer: 'https://platform.example/',
        mqtt: 'mqtt://127.0.0.1:1883',
        influx: 'http://127.0.0.1:8086',
      },
      ...{ machine: 'saw-1', profile: 'latchkey-lease-plc', host: '[::1]:502', unit: '7', unlock: 'no' },
    })
    const loaded = loadSite(path, {})
    expect(loaded).toMatchObject({
      kind: 'ok',
      config: {
        issuers: [{ jwks: { url: 'https://platform.example/jwks.json' } }],
        mqtt: { url: 'mqtt://127.0.0.1:1883' },
        influx: { database: 'latchkey' },
        links: [{ id: 'saw-1-link', options: { host: '::1', port: 502 } }],
        machines: [{ id: 'saw-1' }],
      },
    })
  })

  it('replaces nothing', async () => {
    await init('there.yaml', { site: 'shop' })
    expect(await init('there.yaml', { site: 'other' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there'),
    })
  })

  it.each<[keyof InitOptions, string]>([
    ['site', 'Not An Id'],
    ['timezone', 'Mars/Phobos'],
    ['listen', '8080'],
    ['listen', '127.0.0.1:99999'],
    ['listen', '0.0.0.0:8080'],
    ['issuer', 'platform.example'],
    ['mqtt', 'tcp://127.0.0.1'],
    ['influx', '127.0.0.1:8086'],
    ['machine', 'Saw 1'],
    ['profile', 'no-such-profile'],
    ['host', '10.0.0.1'],
    ['unit', '256'],
    ['unlock', 'maybe'],
  ])('says at once that --%s does not fit (%s), and leaves no file', async (name, text) => {
    const { code, err, path } = await init('bad.yaml', { site: 'shop', [name]: text })
    expect([code, err.split('\n').length]).toEqual([1, 2])
    expect(err).toMatch(new RegExp(`^--${name} ${JSON.stringify(text)}: .`))
    expect(existsSync(path)).toBe(false)
  })

  it('says what to do where what fits alone does not fit together', async () => {
    const { code, err, path } = await init('bad.yaml', { site: 'shop', profile: 'eastron-sdm630', unlock: 'yes' })
    expect([code, existsSync(path)]).toEqual([1, false])
    expect(err).toMatch(/^.*bad\.yaml:\d+:\d+ /)
  })
})
