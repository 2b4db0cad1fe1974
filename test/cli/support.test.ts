/** What somebody far away is given: enough to understand a gateway, and of what was planted nothing. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { checkCommand } from '../../gateway/cli/check.ts'
import { supportCommand } from '../../gateway/cli/support.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-support-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** In the environment, and in every option that takes one. */
const secrets = {
  MQTT: 'planted-mqtt-password',
  SPARKPLUG: 'planted-sparkplug-password',
  INFLUX: 'planted-influx-token',
  FEED: 'planted-feed-token',
  OPCUA: 'planted-opcua-password',
  HOOK: `whsec_${Buffer.from('planted-webhook-key-of-24').toString('base64')}`,
  OLD: `whsec_${Buffer.from('planted-webhook-key-before').toString('base64')}`,
  PAIR: 'planted-key-of-the-pair-0123456789abcdef',
}
/** Of people, firms and their accounts. */
const people = ['wang-li', 'huajian', 'shengda', 'Board of Huajian', 'planted-path', 'planted-query', 'Wang-Booth']

const env = (name: keyof typeof secrets) => `"\${env:${name}}"`
const SITE = `site: halle
timezone: Asia/Shanghai
dataDir: /home/wang-li/latchkey
api: { listen: 127.0.0.1:1 }
trust: { issuers: [{ issuer: https://p.example, audience: latchkey:halle, jwks: https://p.example/planted-path/jwks.json }] }
bookings: { source: { pull: "https://p.example/bookings?key=planted-query", token: ${env('FEED')} } }
mqtt: { url: mqtts://b.example:8883, username: wang-li, password: ${env('MQTT')} }
sparkplug: { url: mqtts://b.example:8883, group: halle, username: wang-li, password: ${env('SPARKPLUG')} }
influx: { url: https://i.example, version: 2, database: huajian, organisation: shengda, token: ${env('INFLUX')} }
webhooks: { hook: { url: https://h.example/planted-path, secret: ${env('HOOK')}, oldSecret: ${env('OLD')} } }
tariffs:
  spray@1:
    currency: CNY
    approvedBy: Board of Huajian
    taxes: { service: "13" }
    elements: [{ id: all, of: occupied, price: "1", per: 1 min, tax: service }]
links:
  opc:
    protocol: opcua
    endpoint: opc.tcp://127.0.0.1:4840
    security: SignAndEncrypt
    policy: Aes256_Sha256_RsaPss
    user: { name: wang-li, password: ${env('OPCUA')} }
  plc: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 9 }
machines:
  booth:
    name: { en: Wang-Booth }
    owner: huajian
    tariff: spray@1
    devices: { plc: { profile: latchkey-lease-plc, link: plc, unit: 1 } }
    state: plc
    interlock: { device: plc, class: lease }
`
const PAIR = `pair: { boxes: { a: "127.0.0.1:2", b: "127.0.0.1:3" }, key: ${env('PAIR')} }\n`

async function written(
  text: string,
): Promise<{ readonly code: number; readonly bundle: string; readonly said: string }> {
  const [site, file] = [join(folder, 'site.yaml'), join(folder, 'support.gz')]
  writeFileSync(site, text)
  rmSync(file, { force: true })
  let said = ''
  const write = (more: string) => {
    said += more
  }
  const io = { stdout: { write }, stderr: { write }, env: secrets }
  const code = await supportCommand(site, file, { version: 'test' }, io)
  await checkCommand(site, { json: true, print: true }, io)
  return { code, bundle: code === 0 ? gunzipSync(readFileSync(file)).toString('utf8') : '', said }
}

it.each([
  ['alone', SITE],
  ['one of a pair', SITE.replace(/^sparkplug:.*\n/m, '') + PAIR],
])('the bundle of a gateway %s has no secret and no name', async (_, text) => {
  const { code, bundle, said } = await written(text)
  expect([code, said.split('\n')[0]]).toEqual([0, join(folder, 'support.gz')])
  const planted = [...Object.values(secrets), ...people]
  expect(planted.filter((word) => bundle.includes(word))).toEqual([])
  // What a person prints on this computer has the names, and no secret.
  expect(Object.values(secrets).filter((word) => said.includes(word))).toEqual([])
  for (const told of ['latchkey-lease-plc', 'https://h.example', 'mqtts://b.example:8883', '"booth"', '127.0.0.1'])
    expect(bundle).toContain(told)
})

it('is written over nothing', async () => {
  const io = { stdout: { write: () => true }, stderr: { write: (text: string) => said.push(text) }, env: {} }
  const said: string[] = []
  writeFileSync(join(folder, 'there.gz'), 'of somebody')
  const path = join(folder, 'there.gz')
  expect(await supportCommand(join(folder, 'site.yaml'), path, { version: 'test' }, io)).toBe(1)
  expect([said.join(''), readFileSync(path, 'utf8')]).toEqual([expect.stringContaining('EEXIST'), 'of somebody'])
})
