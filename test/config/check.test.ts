/** What `latchkey check` prints, and its exit code. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type CheckOptions, checkCommand } from '../../gateway/cli/check.ts'
import { edit, goodSite, openFolder } from './site-folder.ts'

const folder = openFolder()
afterAll(() => folder.remove())

async function check(
  site: string,
  options: CheckOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; text: string }> {
  folder.write({ 'site.yaml': site })
  let text = ''
  const code = await checkCommand(join(folder.path, 'site.yaml'), options, {
    stdout: { write: (part) => (text += part) },
    env,
  })
  return { code, text: text.replaceAll(`${folder.path}/`, '') }
}

it('prints what a good site amounts to, with notes, and returns 0', async () => {
  const { code, text } = await check(goodSite, {})
  expect(text).toBe(`site.yaml: good
site test: 2 links, 1 machine, 6 signals, 2 meters
link plc-bus: modbus 127.0.0.1:502, for booth-1
link saw-link: opcua opc.tcp://127.0.0.1:4840, for booth-1
machine booth-1: 6 signals, 2 meters; unlocked by lease of 5000 ms through plc on plc-bus; for tenants once its drill has passed
note site.yaml:22:5 drill-needed: tenants are let in to "booth-1" once its drill has passed; with the gateway running: latchkey drill http://… booth-1
`)
  expect(code).toBe(0)
})

it('prints one line a fault, counts them, and returns 1', async () => {
  const { code, text } = await check(
    edit(edit(goodSite, 'fencingId: 3', 'fencingId: 16'), 'state: plc', 'state: plx'),
    {},
  )
  expect(text).toBe(`site.yaml:4:12 out-of-bounds: fencingId is 16; it must be 0 to 15
site.yaml:21:12 alias-unknown: "booth-1" has no device "plx"; did you mean "plc"?
site.yaml: 2 faults
`)
  expect(code).toBe(1)
})

it('prints the same as JSON', async () => {
  const bad = await check(edit(goodSite, 'fencingId: 3', 'fencingId: 16'), { json: true })
  expect(JSON.parse(bad.text)).toEqual({
    ok: false,
    faults: [
      {
        file: 'site.yaml',
        line: 4,
        column: 12,
        code: 'out-of-bounds',
        message: 'fencingId is 16',
        advice: 'it must be 0 to 15',
      },
    ],
  })
  const good = await check(goodSite, { json: true })
  expect(JSON.parse(good.text)).toMatchObject({
    ok: true,
    site: 'test',
    machines: [{ id: 'booth-1', unlock: { class: 'lease' } }],
    notes: [{ code: 'drill-needed' }],
  })
})

it('prints the configuration with its defaults and without its secrets', async () => {
  const site = edit(goodSite, 'version: 4', `version: 4, username: u, password: "\${env:P}"`)
  const { text } = await check(site, { print: true }, { P: 'hunter2' })
  const printed: unknown = parse(text.slice(text.indexOf('\nsite: ')))
  expect(printed).toMatchObject({
    mqtt: { password: '***', window: 20 },
    machines: [{ meters: [{ wrapAt: '4294967296' }, {}] }],
  })
  const json = await check(site, { print: true, json: true }, { P: 'hunter2' })
  expect(JSON.parse(json.text)).toMatchObject({ config: { mqtt: { password: '***' } } })
  expect(text + json.text).not.toContain('hunter2')
})

it('notes a disk that is too small for the years to be kept, once there is one', async () => {
  const large = edit(
    goodSite,
    'ticksPerSecond: 20',
    'ticksPerSecond: 20, retentionYears: 100, diskReserve: 9007199254740991',
  )
  expect((await check(large, {})).text).not.toContain('disk-small')
  mkdirSync(join(folder.path, 'data'), { recursive: true })
  const { code, text } = await check(large, {})
  expect([code, text]).toEqual([0, expect.stringMatching(/^note disk-small: .* over 100 years needs about \d+ MiB/m)])
  expect(JSON.parse((await check(large, { json: true })).text).disk).toMatch(/over 100 years/)
  expect((await check(goodSite, {})).text).not.toContain('disk-small')
})
