/** What a box answers while it stands by: how it is, one page, and a refusal that names the other box. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { type StandBy, sentenceOf } from '../../gateway/core/pair/stand-by.ts'
import { answerOf } from '../../gateway/front/spare/answer.ts'
import { serveStandBy } from '../../gateway/front/spare/server.ts'
import { makeCertificate } from '../support/certificate.ts'
import { freePort } from '../support/ports.ts'

const box = { site: 'shop', version: '1.2.3', instance: 'i', configurationId: 'f'.repeat(64) }
const follows: StandBy = {
  ...{ role: 'spare', box: 'right', other: 'left', otherUrl: 'https://10.1.0.11:8443', term: 4 },
  ...{ heardAgoMs: 120, behind: 0 },
}
const copies: StandBy = { ...follows, why: 'copying' }
const answered = (method: string, target: string, standBy = follows) => answerOf(method, target, box, standBy, 'r')
const json = (method: string, target: string, standBy?: StandBy) => JSON.parse(answered(method, target, standBy).body)

describe('a box that stands by', () => {
  it('lives, and is not ready, and says whether it could take over', () => {
    expect(answered('GET', '/health/live').status).toBe(200)
    expect(json('GET', '/health/live')).toMatchObject({ status: 'live', role: 'spare', box: 'right' })
    expect(answered('GET', '/health/ready').status).toBe(503)
    expect(json('GET', '/health/ready').pair).toMatchObject({
      role: 'spare',
      other: 'left',
      couldTakeOver: true,
      behind: 0,
    })
    expect(json('GET', '/health/ready', copies).pair).toMatchObject({
      couldTakeOver: false,
      why: { code: 'copying', ...sentenceOf('copying') },
    })
  })

  it('has metrics of its own, and does not say that it is not ready', () => {
    const text = answered('GET', '/metrics', copies).body
    expect(text).toContain('latchkey_pair_active{site="shop",box="right"} 0\n')
    expect(text).toContain('latchkey_pair_could_take_over 0\n')
    expect(text).toContain('latchkey_pair_heard_age_seconds 0.12\n')
    expect(text).not.toContain('latchkey_ready')
    expect(answered('GET', '/metrics').body).toContain('latchkey_pair_could_take_over 1\n')
  })

  it.each([
    ['GET', '/v1/machines?limit=1'],
    ['POST', '/v1/machines/saw/sessions'],
    ['DELETE', '/'],
    ['POST', '/health/ready'],
    ['GET', '/docs'],
  ])('refuses %s %s, and names the active box', (method, target) => {
    const { status, headers } = answered(method, target)
    expect(status).toBe(503)
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      location: `https://10.1.0.11:8443${target}`,
      link: '<https://10.1.0.11:8443>; rel="alternate"',
    })
    expect(json(method, target)).toMatchObject({
      ...{ code: 'spare', status: 503, active: { box: 'left', url: 'https://10.1.0.11:8443' } },
    })
  })

  it('that is not decided yet sends nobody elsewhere', () => {
    const undecided: StandBy = { ...follows, role: 'undecided', why: 'asking' }
    expect(answered('GET', '/v1/machines', undecided).headers).not.toHaveProperty('location')
    expect(json('GET', '/v1/machines', undecided)).not.toHaveProperty('active')
    expect(answered('GET', '/', undecided).body).toContain('本机在等待另一台：right')
  })

  it.each(['//evil.example/x', 'http://evil.example/', '*', `/${'x'.repeat(3000)}`, '/a\r\nset-cookie: b'])(
    'sends nobody to %j',
    (target) => {
      expect(answered('GET', target).headers.location).toBeUndefined()
    },
  )

  it('without pair.api it names the box, and no address', () => {
    const { otherUrl: _, ...nameless } = follows
    expect(answered('GET', '/v1/machines', nameless).headers).not.toHaveProperty('location')
    expect(json('GET', '/v1/machines', nameless).active).toEqual({ box: 'left' })
  })

  it.each(['/', '/bench', '/m/saw', '/machines/saw'])('shows one page at %s, in two languages', (path) => {
    const { status, headers, body } = answered('GET', path, copies)
    expect(status).toBe(503)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).toContain('本机是备机：right')
    expect(body).toContain('This box is the spare: right')
    expect(body).toContain(sentenceOf('copying').zh)
    expect(body).toContain(`href="https://10.1.0.11:8443${path}"`)
    expect(body).not.toContain('<script')
  })

  it('shows a name as it is written', () => {
    expect(answered('GET', '/m/"><img src=x>', copies).body).not.toContain('<img')
    expect(answerOf('GET', '/', { ...box, site: '<b>' }, copies, 'r').body).toContain('&#60;b&#62;')
  })
})

describe('its server', () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })

  async function started(at?: number, tls?: object) {
    const port = at ?? (await freePort())
    const api = { host: '127.0.0.1', port, ...(tls && { tls }) }
    const config = { site: 'shop', configurationId: 'f'.repeat(64), api }
    const log = pino({ level: 'silent' })
    const server = serveStandBy({ ...box, config: config as never, log, standBy: () => follows })
    ends.push(() => server.close())
    const url = `http://127.0.0.1:${port}`
    return { server, url, port }
  }

  it('answers, and is gone at once although somebody holds a connection', async () => {
    const { server, url, port } = await started()
    const answer = await fetch(`${url}/v1/machines`, { method: 'POST', body: 'x'.repeat(100_000) })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const held = connect(port, '127.0.0.1')
    ends.push(() => held.destroy())
    await new Promise((resolve) => held.once('connect', resolve))
    const cut = new Promise((resolve) => held.once('close', resolve))
    await server.close()
    await cut
    await expect(fetch(url)).rejects.toThrow()
  })

  it('that is closed as it begins leaves the address free', async () => {
    const { server, port } = await started()
    await server.close()
    const next = createServer()
    ends.push(() => next.close())
    await new Promise<void>((resolve, reject) => next.once('error', reject).listen(port, '127.0.0.1', resolve))
  })

  it('whose address is taken says so, and closes all the same', async () => {
    const taken = createServer()
    ends.push(() => taken.close())
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { server } = await started((taken.address() as AddressInfo).port)
    await server.close()
  })

  it('has the certificate of the API', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-spare-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const { cert, key } = makeCertificate('box')
    const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(certPath, cert)
    writeFileSync(keyPath, key)
    const { port } = await started(undefined, { certPath, keyPath })
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      get({ host: '127.0.0.1', port, path: '/health/live', ca: cert }, resolve).once('error', reject),
    )
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['strict-transport-security']).toContain('max-age')
    answer.resume()
  })

  it('takes a bounded number of connections, and goes on', async () => {
    const { url, port } = await started()
    await fetch(url)
    const held = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'))
    for (const each of held) each.on('error', () => undefined)
    ends.push(() => held.forEach((each) => void each.destroy()))
    await Promise.all(
      held.map((each) => new Promise((resolve) => each.once('connect', resolve).once('close', resolve))),
    )
    const closed = await Promise.race(
      held.map((each) => new Promise((resolve) => each.once('close', () => resolve(true)))),
    )
    expect(closed).toBe(true)
    for (const each of held) each.destroy()
    expect((await fetch(url)).status).toBe(503)
  })
})
