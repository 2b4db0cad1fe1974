/** The API over TLS, with real connections and certificates made here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCertificate } from '../../../../config/check/certificate.ts'
import { openTls } from '../../../../gateway/front/api/http/tls.ts'
import { makeCertificate } from '../../../support/certificate.ts'
import { until } from '../../../support/process.ts'
import { type Bench, createBench } from '../bench.ts'
import { NOW_MS } from '../rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'))
const paths = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') }
const site = { host: '127.0.0.1', tls: paths } as never
const log = pino({ level: 'silent' })

function put({ cert, key }: { cert: string; key: string }): void {
  writeFileSync(paths.keyPath, key)
  writeFileSync(paths.certPath, cert)
}

let bench: Bench
let port: number
const first = makeCertificate('first')
beforeAll(async () => {
  put(first)
  bench = await createBench((config) => config, { tls: openTls(site, log)! })
  await bench.app.listen({ host: '127.0.0.1', port: 0 })
  port = (bench.app.server.address() as AddressInfo).port
})
afterAll(async () => {
  await bench.close()
  rmSync(folder, { recursive: true, force: true })
})

const shake = (more: object = {}) =>
  new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...more }, () => resolve(socket))
    socket.once('error', reject)
  })
async function nameShown(): Promise<string> {
  const socket = await shake()
  const name = String(socket.getPeerCertificate().subject.CN)
  socket.destroy()
  return name
}

test('answers over TLS, with the certificate of the files', async () => {
  const status = await new Promise((resolve, reject) =>
    request({ host: '127.0.0.1', port, path: '/v1/machines', ca: first.cert }, (response) =>
      resolve(response.resume().statusCode),
    )
      .once('error', reject)
      .end(),
  )
  expect(status).toBe(401)
})

test.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s', async (version) => {
  await expect(shake({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow()
})

test.each(['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256'])(
  'does not agree to %s, which has no authenticated encryption or no forward secrecy',
  async (ciphers) => {
    await expect(shake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })).rejects.toThrow()
    const good = await shake({ maxVersion: 'TLSv1.2' })
    expect(good.getCipher().name).toMatch(/GCM|CHACHA20/)
    good.destroy()
  },
)

test('asks browsers to stay with TLS', async () => {
  const { headers } = await bench.app.inject({ url: '/health/live' })
  expect(headers['strict-transport-security']).toBe('max-age=31536000')
})

test('gives nothing to who speaks plain HTTP to it', async () => {
  await expect(fetch(`http://127.0.0.1:${port}/v1/machines`)).rejects.toThrow()
})

test('takes up changed files for new connections, and lets open ones go on', async () => {
  const open = await shake()
  put(makeCertificate('second'))
  await until(async () => (await nameShown()) === 'second', 10_000, 'the first certificate is still shown')
  const answered = new Promise<string>((resolve) => open.once('data', (bytes) => resolve(bytes.toString('latin1'))))
  open.write('GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(await answered).toContain('HTTP/1.1 200')
  open.destroy()
})

test('keeps the certificate it has when the new files do not fit, and says so until they do', async () => {
  const notes = async () => (await bench.app.inject({ url: '/health/ready' })).json().notes as string[]
  const shown = await nameShown()
  writeFileSync(paths.keyPath, makeCertificate('third').key)
  await until(async () => (await notes()).some((note) => note.includes('not the key')), 10_000, 'no note')
  expect(await nameShown()).toBe(shown)
  put(makeCertificate('fourth', 20))
  bench.clock.ms = Date.now()
  await until(async () => (await nameShown()) === 'fourth', 10_000, 'not taken up')
  expect(await notes()).toEqual(
    expect.arrayContaining([expect.stringMatching(/^the certificate of the API expires on /)]),
  )
  bench.clock.ms = NOW_MS
})

test('a pair that does not fit, or is none, is refused at the start', () => {
  const other = makeCertificate('other')
  expect(readCertificate(first.cert, first.key)).toHaveProperty('expiresMs')
  expect(readCertificate(first.cert, other.key)).toEqual({
    fault: { of: 'key', why: 'is not the key of the certificate' },
  })
  expect(readCertificate('x', other.key)).toHaveProperty('fault.of', 'cert')
  expect(readCertificate(first.cert, 'x')).toHaveProperty('fault.of', 'key')
  writeFileSync(paths.keyPath, other.key)
  expect(() => openTls(site, log)).toThrow('not the key of the certificate')
})
