/** What the doctor finds: each thing it looks at, when it is not well, and what to do then, in both languages. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { doctorCommand } from '../../../gateway/cli/first/doctor.ts'
import type { What } from '../../../gateway/cli/first/host-checks.ts'
import { remedies } from '../../../gateway/cli/first/remedies.ts'
import { makeCertificate } from '../../support/certificate.ts'

/** Nothing is well there: a port of this computer that nobody listens at. */
let dead: number
let taken: Server
/** Says no to everybody. */
let sullen: Server
let certificate: ReturnType<typeof makeCertificate>
beforeAll(async () => {
  taken = await listening(createServer())
  sullen = await listening(createHttp((_, answer) => answer.writeHead(401).end('{"error":"authorization failed"}')))
  const short = await listening(createServer())
  dead = portOf(short)
  short.close()
  certificate = makeCertificate('box', 10)
})
afterAll(() => {
  for (const server of [taken, sullen]) server.close()
})

const listening = <T extends Server>(server: T) =>
  new Promise<T>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
const portOf = (server: Server) => (server.address() as AddressInfo).port

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

type Found = { readonly what: What; readonly state: string; readonly why: string; readonly do?: readonly string[] }

type Trial = { readonly dataDir?: string; readonly lang?: string; readonly worsen?: (site: string) => void }

/** `more` is of the site file; `worsen` follows once that is written. */
async function doctor(
  more: string,
  { dataDir = 'data', lang, worsen }: Trial = {},
): Promise<{ code: number; out: string }> {
  const path = join(folder, 'site.yaml')
  const api = more.includes('api:') ? '' : 'api: { listen: 127.0.0.1:0 }'
  const lines = [
    'site: halle',
    'timezone: Europe/Berlin',
    `dataDir: ${dataDir}`,
    'links: {}',
    'machines: {}',
    api,
    more,
  ]
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o640 })
  worsen?.(path)
  let out = ''
  const write = (text: string) => {
    out += text
  }
  const options = lang === undefined ? { json: true } : { json: false, lang }
  return {
    code: await doctorCommand(path, options, {
      stdout: { write },
      stderr: { write },
      env: { PAIR_KEY: 'k'.repeat(32) },
    }),
    out,
  }
}

const jwks = (url: string) =>
  `trust: { issuers: [{ issuer: "https://p.example", audience: "latchkey:halle", jwks: "${url}" }] }`

/** The site, and what is said of it. */
type Case = [what: What, title: string, site: () => string, why: RegExp, state?: string]
const cases: readonly Case[] = [
  ['clock', 'shows 1970', () => '', /the clock shows 1970.*no new unlock/],
  ['disk', 'has less than the reserve', () => 'bounds: { diskReserve: 1000000000000000 }', /less than the reserve/],
  ['rights', 'let others look', () => '', /others may look into .*chmod 700/],
  ['rights', 'let everybody write the site file', () => '', /everybody may write .*chmod o-w/],
  ['port', 'is taken', () => `api: { listen: "127.0.0.1:${portOf(taken)}" }`, /EADDRINUSE/],
  ['port', 'is of another computer', () => 'api: { listen: "192.0.2.1:8080", plaintext: accepted }', /EADDRNOTAVAIL/],
  ['certificate', 'is over', () => tls('box.pem', certificate.cert), /CN=box is good for -\d+ days/],
  ['certificate', 'is soon over', () => tls('box.pem', certificate.cert), /CN=box is good for 9 days/, 'look'],
  [
    'names',
    'lead nowhere',
    () => 'mqtt: { url: "mqtt://broker.invalid:1883" }',
    /broker\.invalid: no address is known/,
  ],
  ['broker', 'is away', () => `mqtt: { url: "mqtt://127.0.0.1:${dead}" }`, /ECONNREFUSED/],
  ['store', 'is away', () => influx(dead), /does not answer: .*ECONNREFUSED/],
  ['store', 'does not know us', () => influx(portOf(sullen)), /answers: authorization failed/],
  ['feed', 'is away', () => feed(dead), /does not answer: .*ECONNREFUSED/],
  ['feed', 'does not know us', () => feed(portOf(sullen)), /answers: authorization failed/],
  ['pair', 'is without its other box', () => pair(dead), /left at 127\.0\.0\.1:\d+ does not answer/],
  ['pair', 'has something else there', () => pair(portOf(sullen)), /left at 127\.0\.0\.1:\d+ has another key/],
  ['platform', 'is away', () => jwks(`http://127.0.0.1:${dead}/jwks.json`), /does not answer: .*ECONNREFUSED/],
]

const influx = (port: number) => `influx: { url: "http://127.0.0.1:${port}", database: latchkey }`
const pair = (port: number) =>
  `pair: { boxes: { left: "127.0.0.1:${port}", right: "127.0.0.1:1" }, key: "\${env:PAIR_KEY}" }`
const feed = (port: number) => `bookings: { source: { pull: "http://127.0.0.1:${port}/bookings" } }`
function tls(name: string, text?: string): string {
  if (text !== undefined) writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, 'key.pem'), certificate.key)
  return `api: { listen: "127.0.0.1:0", tls: { cert: ${name}, key: key.pem } }`
}

/** What the site file cannot say. */
const worse: Readonly<Record<string, (site: string) => void>> = {
  'clock shows 1970': () => vi.useFakeTimers({ toFake: ['Date'], now: 0 }),
  'certificate is over': () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20 * 86_400_000 }),
  'rights let others look': () => {
    mkdirSync(join(folder, 'data'))
    chmodSync(join(folder, 'data'), 0o755)
  },
  'rights let everybody write the site file': (site) => chmodSync(site, 0o666),
}

it('looks at nothing that has no bad case here', () => {
  const tried = new Set([...cases.map(([what]) => what), 'file-system', 'fsync'])
  expect([...tried].sort()).toEqual(Object.keys(remedies).sort())
})

describe('the doctor says what to do when', () => {
  it.each<Case>(cases)('%s %s', async (what, title, site, why, state = 'wrong') => {
    const worsen = worse[`${what} ${title}`]
    const { code, out } = await doctor(site(), worsen === undefined ? {} : { worsen })
    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: readonly Found[] }
    const found = findings.find((each) => each.what === what)
    expect(found?.why).toMatch(why)
    expect(found).toMatchObject({ state, do: remedies[what] })
    expect([code, ok]).toEqual(state === 'wrong' ? [1, false] : [expect.any(Number), expect.any(Boolean)])
  })

  it('the disk is memory, which has not written and will forget', async () => {
    const inMemory = mkdtempSync('/dev/shm/latchkey-doctor-')
    try {
      const { findings } = JSON.parse((await doctor('', { dataDir: inMemory })).out) as { findings: readonly Found[] }
      const why = (what: What) => findings.find((each) => each.what === what && each.state === 'wrong')?.why
      expect(why('file-system')).toContain('tmpfs, which is memory')
      expect(why('fsync')).toContain('sooner than a disk can')
    } finally {
      rmSync(inMemory, { recursive: true })
    }
  })

  it.each([undefined, 'no certificate'])('the site file names a certificate that is none (%s)', async (text) => {
    const { code, out } = await doctor(tls('none.pem', text))
    expect([code, out]).toEqual([1, expect.stringMatching(/site\.yaml:\d+:\d+ .*none\.pem/)])
  })

  it('a check cannot even look', async () => {
    writeFileSync(join(folder, 'file'), '')
    const { code, out } = await doctor('', { dataDir: 'file/data' })
    const { findings } = JSON.parse(out) as { findings: readonly Found[] }
    expect(code).toBe(1)
    expect(findings.filter(({ state }) => state === 'wrong').map(({ what }) => what)).toContain('fsync')
  })

  it.each(['en', 'zh'])('much is wrong, in a language for people (%s)', async (lang) => {
    const bad = `${influx(dead)}\n${feed(dead)}\n${jwks(`http://127.0.0.1:${dead}/jwks.json`)}\n`
    const { code, out } = await doctor(`api: { listen: "192.0.2.1:8080", plaintext: accepted }\n${bad}`, { lang })
    const at = lang === 'zh' ? 1 : 0
    expect(code).toBe(1)
    for (const what of ['port', 'store', 'feed', 'platform'] as const) expect(out).toContain(`→ ${remedies[what][at]}`)
    expect(out.split('\n').filter((line) => line.startsWith(lang === 'zh' ? '不行' : 'BAD ')).length).toBe(4)
    expect(out).not.toContain(`→ ${remedies.rights[at]}`)
  })
})
