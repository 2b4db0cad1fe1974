/** Certificates as plants have them: signed by an authority of their own, expired, or from a clock that was wrong. */
import { cpSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Link } from '../../../adapters/adapter.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { plantAuthority } from '../../support/opcua-certificates.ts'
import type { OpcuaAsk, OpcuaServerOptions } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/process.ts'

let server: ChildServer<OpcuaAsk> | undefined
afterEach(() => server?.kill())

async function start(options: Partial<OpcuaServerOptions>): Promise<{ link: Link }> {
  const given: OpcuaServerOptions = { pkiDir: temporaryFolder(), ...options }
  server = await startChild('opcua-server.ts', await freePort(), [JSON.stringify(given)])
  const endpoint = `opc.tcp://127.0.0.1:${server.port}`
  const more = { security: 'SignAndEncrypt', policy: 'Basic256Sha256', connectTimeoutMs: 10_000 }
  return { link: makeLink(opcuaAdapter, { endpoint, ...more }, linkDeps()) }
}

const PLC = 'urn:plant:plc'

/** An authority with an empty revocation list, and a certificate of a server that it has signed. */
function authority(fromDays: number, toDays: number) {
  const plant = plantAuthority(temporaryFolder())
  const ofServer = plant.issue('PLC', { fromDays, toDays, uri: PLC })
  return { certificate: plant.certificate, revocationList: plant.revocationList(), ofServer }
}

describe('a certificate that an authority of the plant has signed', () => {
  it('is accepted once everything is done that is said, step by step', async () => {
    const plant = authority(-1, 365)
    const { link } = await start({ applicationUri: PLC, certificate: plant.ofServer })
    const first = await rejection(open(link))
    expect(first.message).toMatch(/signed by an authority that is not known here \(CN=Plant CA\)/)
    const [, issuers, lists, rejected, trusted] =
      /into (\S+issuers\S+) and its revocation list into (\S+);.*Then move (\S+) to (\S+)$/.exec(first.message) ?? []

    cpSync(plant.certificate, join(issuers!, 'plant.pem'))
    expect((await rejection(open(link))).message).toMatch(
      /no revocation list of the authority .* Put it into \S+issuers\S+crl/,
    )
    cpSync(plant.revocationList, join(lists!, 'plant.crl'))
    renameSync(rejected!, join(trusted!, basename(rejected!)))
    await open(link)
  })
})

describe('a certificate out of its time', () => {
  it.each([
    ['expired', -400, -35, /has expired on \d{4}-.* the clock here shows \d{4}-.*renew it on the server/],
    ['not valid yet', 30, 400, /is not valid before \d{4}-.* the clock here shows \d{4}-.*set the clock that is wrong/],
  ])('is told of at once, with both clocks: %s', async (_, from, to, words) => {
    const { link } = await start({ applicationUri: PLC, certificate: authority(from, to).ofServer })
    expect(await rejection(open(link))).toMatchObject({ retriable: false, message: expect.stringMatching(words) })
  })
})

describe('a server that offers something else', () => {
  it('is told of with what it offers', async () => {
    const { link } = await start({ policies: ['None', 'Aes128_Sha256_RsaOaep'] })
    const { message, retriable } = await rejection(open(link))
    expect(retriable).toBe(false)
    expect(message).toMatch(
      /does not offer SignAndEncrypt with Basic256Sha256, it offers .*SignAndEncrypt with Aes128_Sha256_RsaOaep/,
    )
  })
})

describe('a person who trusts a certificate', () => {
  it('is noticed', async () => {
    const { link } = await start({})
    const { message } = await rejection(open(link))
    const [, from, to] = /move (.+) to (.+)$/.exec(message) ?? []
    let noticed = false
    void link.whenMended?.(new AbortController().signal).then(() => {
      noticed = true
    })
    await pause(300) // it has looked what is there
    renameSync(from!, join(to!, basename(from!)))
    await until(() => noticed, 5000, 'nobody noticed')
    await open(link)
  })
})
