/** What is wrong with a certificate, read from the certificate alone: a row is a fault. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { endsSoon, faultsOf, readCertificate } from '../../../adapters/opcua/certificate.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { type Leaf, plantAuthority } from '../../support/opcua-certificates.ts'

const DAY_MS = 86_400_000
const nowMs = Date.now()
const plant = plantAuthority(temporaryFolder())
let made = 0
function certificate(leaf: Leaf) {
  made += 1
  return readCertificate(readFileSync(plant.issue(`plc-${made}`, leaf).certificateFile))!
}
const good = certificate({})
const context = { nowMs, host: '127.0.0.1', applicationUri: 'urn:plant:plc' }

describe('a certificate', () => {
  it('without a fault has none, from PEM and from DER alike', () => {
    expect(faultsOf(good, context)).toEqual([])
    expect(readCertificate(good.der)).toEqual(good)
    expect(readCertificate(Buffer.concat([good.der, good.der]))).toEqual(good)
    expect(good).toMatchObject({ applicationUri: 'urn:plant:plc', hosts: ['127.0.0.1'], keyBits: 2048 })
    expect(good.thumbprint).toMatch(/^[0-9A-F]{40}$/)
  })

  it.each<[string, Leaf, RegExp]>([
    ['expired', { fromDays: -40, toDays: -3 }, /^has expired on/],
    ['not-yet-valid', { fromDays: 3, toDays: 40 }, /^is not valid before/],
    ['weak', { bits: 1024 }, /its key has 1024 bits/],
    ['wrong-usage', { usage: 'keyEncipherment' }, /may not sign/],
    ['wrong-usage', { usage: 'digitalSignature' }, /may not encrypt/],
    ['wrong-usage', { purposes: 'clientAuth' }, /for no server/],
    ['uri-differs', { uri: 'urn:plant:other' }, /application urn:plant:other, .* calls itself urn:plant:plc/],
    ['host-differs', { hosts: ['plc.plant', '10.0.0.7'] }, /is for plc.plant, 10.0.0.7, .* says 127.0.0.1/],
  ])('that is %s says so, and what to do', (kind, leaf, what) => {
    const found = faultsOf(certificate(leaf), context)
    expect(found).toMatchObject([{ kind, what: expect.stringMatching(what) }])
    expect(found[0]!.todo).not.toBe('')
  })

  it('may be for any server where its usage does not say', () => {
    expect(faultsOf({ ...good, usages: undefined, purposes: [] }, context)).toEqual([])
  })

  it.each(['sha1WithRSAEncryption', 'RSA-SHA1', 'md5WithRSAEncryption'])('signed with %s is weak', (signedWith) => {
    expect(faultsOf({ ...good, signedWith }, context)).toMatchObject([{ kind: 'weak' }])
  })

  it('is to be renewed from 30 days before its end on', () => {
    expect(endsSoon({ toMs: nowMs + 31 * DAY_MS }, nowMs)).toBe(false)
    expect(endsSoon({ toMs: nowMs + 29 * DAY_MS }, nowMs)).toBe(true)
    expect(endsSoon({ toMs: nowMs - 1 }, nowMs)).toBe(true)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['a header alone', Buffer.from('3082', 'hex')],
    ['half of one', good.der.subarray(0, 200)],
  ])('is none where there is %s', (_, bytes) => {
    expect(readCertificate(bytes)).toBeUndefined()
  })
})
