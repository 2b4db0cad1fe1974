/** Nobody is trusted by itself, nothing is sent in the clear, and a refusal says what to do. */
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { DEVICE_URI, type OpcuaAsk, type OpcuaServerOptions } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'

const power: Point = {
  id: 'power',
  address: { node: 'PowerW', type: 'f64' },
  device: { root: `nsu=${DEVICE_URI};s=Saw` },
  intervalMs: 1000,
}
const user = { name: 'latchkey', password: 'correct horse' }
const port = await freePort()
const state = temporaryFolder()
let server: ChildServer<OpcuaAsk>

async function start(options: Partial<OpcuaServerOptions>): Promise<void> {
  await server?.kill()
  const given: OpcuaServerOptions = { pkiDir: temporaryFolder(), ...options }
  server = await startChild('opcua-server.ts', port, [JSON.stringify(given)])
  await server.ask({ kind: 'load', values: [{ node: 'Saw.PowerW', type: 'Double', value: 12.5 }] })
}
const link = (options: object = {}, stateDir = state): Link =>
  makeLink(
    opcuaAdapter,
    { endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'SignAndEncrypt', connectTimeoutMs: 10_000, ...options },
    linkDeps(stateDir),
  )

/** What the advice tells a person to do. */
async function followAdvice(message: string): Promise<void> {
  const [, from, to] = /move (.+) to (.+)$/.exec(message) ?? []
  if (!from || !to) throw new Error(`no advice in: ${message}`)
  await mkdir(to, { recursive: true })
  await rename(from, join(to, basename(from)))
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

beforeAll(() => start({ user }))
afterAll(() => server?.kill())

describe('security None', () => {
  it.each([
    'opc.tcp://10.1.0.11:4840',
    'opc.tcp://localhost.example:4840',
    'opc.tcp://127.0.0.1.example:4840',
    'opc.tcp://127.0.0.1@10.1.0.11:4840',
    'opc.tcp://[fe80::1]:4840',
  ])('is refused for another host: %s', async (endpoint) => {
    const error = await rejection(open(link({ endpoint, security: 'None' })))
    expect(error).toMatchObject({ retriable: false, message: expect.stringContaining('this host alone') })
  })

  it.each(['127.0.0.1', 'localhost', '127.9.9.9', '[::1]'])('is allowed for this host: %s', async (host) => {
    const error = await rejection(open(link({ endpoint: `opc.tcp://${host}:1`, security: 'None' })))
    expect(error).toMatchObject({ retriable: true })
  })

  it('is allowed for another host that has no security, where the site file says so', async () => {
    const unprotected = { security: 'None', unprotected: 'read-only', connectTimeoutMs: 500 }
    const error = await rejection(open(link({ endpoint: 'opc.tcp://localhost.example:4840', ...unprotected })))
    expect(error.message).not.toContain('this host alone')
  })

  it('is refused with a password', async () => {
    const error = await rejection(open(link({ security: 'None', user })))
    expect(error).toMatchObject({ retriable: false, message: expect.stringContaining('password') })
  })
})

describe('a server that is not known', () => {
  it('is refused with advice, and accepted once the advice is followed', async () => {
    const one = link({ user })
    const error = await rejection(open(one))
    expect(error).toMatchObject({ retriable: false, outcome: 'unsent' })
    expect(error.message).toContain('not trusted (BadCertificateUntrusted)')
    // Trying again changes nothing.
    expect((await rejection(open(one))).message).toContain('not trusted')
    await followAdvice(error.message)
    await open(one)
    expect((await one.read([power]))[0]).toMatchObject({ quality: 'good', value: 12.5 })
  })

  it('leaves our key to us alone', async () => {
    expect(await mode(state)).toBe('700')
    expect(await mode(join(state, 'pki', 'own', 'private', 'private_key.pem'))).toBe('600')
    expect(await readdir(join(state, 'pki', 'own', 'certs'))).toContain('client_certificate.pem')
  })

  it('is not trusted in place of the one that was: a changed certificate is refused again', async () => {
    await start({ user })
    const error = await rejection(open(link({ user })))
    expect(error).toMatchObject({ retriable: false, message: expect.stringContaining('not trusted') })
    await followAdvice(error.message)
    await open(link({ user }))
  })
})

describe('a user', () => {
  it.each([
    ['with another password', { name: user.name, password: 'wrong' }],
    ['who is unknown', { name: 'nobody', password: user.password }],
    ['who is not named', undefined],
  ])('%s is refused with advice', async (_, given) => {
    const error = await rejection(open(link(given ? { user: given } : {})))
    expect(error).toMatchObject({ retriable: false, message: expect.stringContaining('refuses this user') })
    expect(error.message).not.toContain(given?.password ?? 'nothing')
  })

  it.each(['Aes128_Sha256_RsaOaep', 'Basic256Sha256', 'Aes256_Sha256_RsaPss'])('is let in with %s', async (policy) => {
    const one = link({ user, policy })
    await open(one)
    expect((await one.read([power]))[0]).toMatchObject({ value: 12.5 })
  })

  it('is let in where messages are signed only, the password being encrypted by itself', async () => {
    const one = link({ user, security: 'Sign' })
    await open(one)
    expect((await one.read([power]))[0]).toMatchObject({ value: 12.5 })
  })
})

describe('a server that does not know us', () => {
  it('is told of: which certificate to trust there', async () => {
    await start({ user, trustsEveryone: false })
    const first = await rejection(open(link({ user })))
    await followAdvice(first.message)
    const error = await rejection(open(link({ user })))
    expect(error.message).toContain(join(state, 'pki', 'own', 'certs', 'client_certificate.pem'))
    expect(error.retriable).toBe(false)
  })
})
