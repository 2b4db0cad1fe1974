/** Whom a link trusts, as a person says it at the command line: by thumbprint or by file, and never more than one. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCertificate } from '../../../adapters/opcua/certificate.ts'
import { opcuaDesk } from '../../../adapters/opcua/desk.ts'
import { noteSeen } from '../../../adapters/opcua/store.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { plantAuthority } from '../../support/opcua-certificates.ts'

const plant = plantAuthority(temporaryFolder())
const bytes = readFileSync(plant.issue('PLC', { uri: 'urn:plant:other' }).certificateFile)
const { thumbprint, der } = readCertificate(bytes)!
const options = { endpoint: 'opc.tcp://127.0.0.1:4840' }

/** The folder of a link that has refused a server. */
function folder(): string {
  const state = temporaryFolder()
  mkdirSync(join(state, 'pki/rejected'), { recursive: true })
  writeFileSync(join(state, 'pki/rejected/plc.pem'), bytes)
  noteSeen(state, { atMs: 1, thumbprint, applicationUri: 'urn:plant:plc', ours: 'refused' })
  return state
}

async function listed(state: string) {
  const { items, ...report } = await opcuaDesk.list(options, state, Date.now())
  const kinds = items.map(({ place, faults }) => [place, ...faults.map(({ kind }) => kind)])
  return { report, kinds, items }
}

describe('the list', () => {
  it('shows our certificate, that of the server with all its faults, and what the server thinks of ours', async () => {
    const { report, kinds, items } = await listed(folder())
    expect(report).toEqual({ ours: 'refused', applicationUri: 'urn:plant:plc', seenAtMs: 1 })
    expect(kinds).toEqual([['own'], ['rejected', 'uri-differs', 'issuer-unknown']])
    expect(items[1]).toMatchObject({ thumbprint, isSeen: true, subject: 'CN=PLC', issuer: 'CN=Plant CA' })
  })

  it('is of a link that has never connected too', async () => {
    const { report, kinds } = await listed(temporaryFolder())
    expect(report).toEqual({})
    expect(kinds).toEqual([['own']])
  })
})

describe('approving', () => {
  it.each([
    ['its thumbprint', () => thumbprint],
    [
      'the beginning of it, with colons',
      () =>
        thumbprint
          .slice(0, 8)
          .replaceAll(/..(?=.)/g, '$&:')
          .toLowerCase(),
    ],
    ['a file of PEM', () => bytes],
    ['a file of DER', () => der],
  ])('by %s trusts it', async (_, which) => {
    const state = folder()
    const file = opcuaDesk.approve(state, which(), [])
    expect(readCertificate(readFileSync(file))).toMatchObject({ thumbprint })
    expect((await listed(state)).kinds).toContainEqual(expect.arrayContaining(['trusted', 'uri-differs']))
  })

  it('accepts what is named, and nothing else', async () => {
    const state = folder()
    opcuaDesk.approve(state, thumbprint, ['uri-differs'])
    const of = async () => (await listed(state)).kinds.find(([place]) => place === 'trusted')
    expect(await of()).not.toContain('uri-differs')
    opcuaDesk.approve(state, thumbprint, [])
    expect(await of()).toContain('uri-differs')
    for (const kind of ['revoked', 'expired', 'weak', 'nonsense'])
      expect(() => opcuaDesk.approve(state, thumbprint, [kind])).toThrow('cannot be accepted')
  })

  it.each([
    ['one that is not there', 'AABBCCDD', 'no certificate AABBCCDD is there'],
    ['hardly a beginning', thumbprint.slice(0, 3), 'no certificate'],
    ['a file that is none', Buffer.from('hello'), 'neither DER nor PEM'],
  ])('%s is refused', (_, which, why) => {
    expect(() => opcuaDesk.approve(folder(), which, [])).toThrow(why)
  })
})

describe('rejecting', () => {
  it('takes it from those that are trusted', async () => {
    const state = folder()
    opcuaDesk.approve(state, thumbprint, [])
    expect(() => opcuaDesk.reject(state, 'AABBCCDD')).toThrow('no certificate')
    opcuaDesk.reject(state, thumbprint)
    expect((await listed(state)).kinds.map(([place]) => place)).toEqual(['own', 'rejected'])
  })
})

describe('renewing', () => {
  it('makes another certificate for the same name, and keeps the old one', async () => {
    const state = folder()
    const before = (await listed(state)).items.find(({ place }) => place === 'own')!
    const file = await opcuaDesk.renew(state)
    const after = readCertificate(readFileSync(file))!
    expect(after.applicationUri).toBe(before.applicationUri)
    expect(after.thumbprint).not.toBe(before.thumbprint)
    expect((await listed(state)).kinds.filter(([place]) => place === 'own')).toHaveLength(2)
  })
})
