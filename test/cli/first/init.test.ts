/** Whatever a person answers to `init`: a good site file, or a sentence about what does not fit. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

  it('says what does not fit, and leaves no file', async () => {
    expect(await init('bad.yaml', { site: 'Not An Id' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('--site'),
    })
    const unknown = await init('unknown.yaml', { site: 'shop', profile: 'no-such-profile' })
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('no-such-profile') })
    expect(loadSite(unknown.path, {}).kind).toBe('faults')
  })
})
