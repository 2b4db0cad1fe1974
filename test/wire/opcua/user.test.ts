/** A user that is a certificate, and a server that a person trusts no more while it is connected. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Link, LinkDeps, Point } from '../../../adapters/adapter.ts'
import { opcuaDesk } from '../../../adapters/opcua/desk.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { personOf } from '../../support/opcua-certificates.ts'
import { DEVICE_URI, type OpcuaAsk } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/process.ts'

const power: Point = {
  id: 'power',
  address: { node: 'PowerW', type: 'f64' },
  device: { root: `nsu=${DEVICE_URI};s=Saw` },
  intervalMs: 1000,
}
const person = personOf(temporaryFolder(), 'Person')
const state = temporaryFolder()
let server: ChildServer<OpcuaAsk>

beforeAll(async () => {
  const options = { pkiDir: temporaryFolder(), user: { name: 'somebody', password: 'else' } }
  server = await startChild('opcua-server.ts', await freePort(), [JSON.stringify(options)])
  await server.ask({ kind: 'load', values: [{ node: 'Saw.PowerW', type: 'Double', value: 12.5 }] })
})
afterAll(() => server?.kill())

function link(user: object, deps: LinkDeps = linkDeps(state)): Link {
  const endpoint = `opc.tcp://127.0.0.1:${server.port}`
  return makeLink(opcuaAdapter, { endpoint, security: 'SignAndEncrypt', connectTimeoutMs: 20_000, user }, deps)
}

/** By a person who has compared the thumbprint. */
async function trustServer(): Promise<string> {
  await rejection(open(link({ name: 'a', password: 'b' })))
  const { items } = await opcuaDesk.list({ endpoint: `opc.tcp://127.0.0.1:${server.port}` }, state, Date.now())
  const seen = items.find(({ isSeen }) => isSeen)!
  opcuaDesk.approve(state, seen.thumbprint, [])
  return seen.thumbprint
}

describe('a user', () => {
  it('may be a certificate with its key', async () => {
    const thumbprint = await trustServer()
    const one = link({ certificate: person.certificateFile, key: person.privateKeyFile })
    await open(one)
    expect((await one.read([power]))[0]).toMatchObject({ value: 12.5 })

    // The same connection is ended when a person takes the trust back.
    opcuaDesk.reject(state, thumbprint)
    const isLost = () =>
      one.read([power]).then(
        () => false,
        (error: Error) => error.message.includes('trusts the certificate of the server no more'),
      )
    await until(isLost, 15_000, 'the connection goes on')
    expect((await rejection(open(one))).message).toContain('is not trusted')
  })

  it.each([
    ['there is no such file', { certificate: 'nobody.pem', key: 'nobody.key' }, 'certificate of the user'],
    ['the file is none', { certificate: 'text.pem', key: 'text.pem' }, 'certificate of the user'],
  ])('is refused with the name of the file where %s', async (_, user, words) => {
    await trustServer()
    mkdirSync(state, { recursive: true })
    writeFileSync(join(state, 'text.pem'), 'hello')
    const error = await rejection(open(link(user)))
    expect(error).toMatchObject({ retriable: false, message: expect.stringContaining(words) })
    expect(error.message).toContain(join(state, user.certificate))
  })
})
