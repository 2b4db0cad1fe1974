/**
 * What no schema can say about the site itself: its trust, its sinks, its API.
 * Reads key and certificate files, opens no socket. Faults and notes go to the site's document.
 * Read next: links.ts, machine.ts.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expiryWarning, readCertificate } from '../document/certificate.ts'
import type { ConfigDocument, Path } from '../document/document.ts'
import { linksOf, type SiteDraft } from '../document/draft.ts'
import { checkUrl, isLoopback, isUrl, splitListen } from '../document/endpoint.ts'
import type { FaultCode } from '../document/fault.ts'
import { suggest } from '../document/suggest.ts'
import { isRecord, milliseconds } from '../document/validate.ts'
import { checkLinks } from './links.ts'

/** `folder`: that of the site file. */
export function checkSite(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  checkTimezone(document, draft.timezone)
  checkApi(document, draft)
  checkTls(document, draft, folder)
  checkTrust(document, draft, folder)
  checkFeed(document, draft)
  checkMqtt(document, draft, folder)
  checkInflux(document, draft)
  checkLinks(document, linksOf(draft))
}

function checkTimezone(document: ConfigDocument, zone: string | undefined): void {
  if (zone === undefined) return
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions()
    if (/^[A-Za-z]/.test(timeZone)) return
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  document.fault(['timezone'], 'timezone-unknown', `"${zone}" is not a time zone`, suggestZone(zone))
}

function suggestZone(zone: string): string {
  const advice = suggest(zone, Intl.supportedValuesOf('timeZone'))
  return advice.startsWith('did you mean') ? advice : 'write an IANA name such as Asia/Shanghai or Europe/Berlin'
}

function checkApi(document: ConfigDocument, draft: SiteDraft): void {
  const listen = draft.api?.listen
  if (listen === undefined) return
  const { host, port } = splitListen(listen)
  const path = ['api', 'listen']
  if (port > 65_535) document.fault(path, 'listen-port', `the port is ${port}`, 'use 1 to 65535, or 0 for a free one')
  if (draft.api?.tls !== undefined || isLoopback(host)) return
  if (draft.api?.plaintext === 'accepted')
    return document.note(
      path,
      'api-exposed',
      `the API listens on ${host} without encryption of its own`,
      'give it a certificate with api.tls, or see that nobody else is on that network',
    )
  document.fault(
    path,
    'api-plain',
    `the API would listen on ${host} without encryption`,
    'add api.tls, or listen on 127.0.0.1; behind a proxy of this host write plaintext: accepted',
  )
}

function checkTls(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  const { cert, key } = draft.api?.tls ?? {}
  if (cert === undefined || key === undefined) return
  const path = ['api', 'tls']
  const certText = readBeside(document, cert, [...path, 'cert'], folder, 'tls-missing')
  const keyText = readBeside(document, key, [...path, 'key'], folder, 'tls-missing')
  if (certText === undefined || keyText === undefined) return
  const read = readCertificate(certText, keyText)
  if (read.fault !== undefined)
    return document.fault(
      [...path, read.fault.of],
      'tls-invalid',
      `${read.fault.of === 'cert' ? cert : key} ${read.fault.why}`,
      'give the certificate and its unencrypted private key, both as PEM',
    )
  const warning = expiryWarning(read.expiresMs, Date.now())
  if (warning !== undefined)
    document.note(
      [...path, 'cert'],
      'tls-expires',
      `${cert} ${warning}`,
      'put a newer one in its place; it is taken up',
    )
}

function checkFeed(document: ConfigDocument, draft: SiteDraft): void {
  const { source, revocations } = draft.bookings ?? {}
  if (typeof source === 'object')
    checkPulled(document, source.pull, ['bookings', 'source', 'pull'], 'the bookings are pulled')
  if (revocations?.url === undefined) return
  const path = ['bookings', 'revocations']
  checkPulled(document, revocations.url, [...path, 'url'], 'the revocation list is pulled')
  const { every = '1m', maxAge } = revocations
  if (maxAge === undefined || milliseconds(every) < milliseconds(maxAge)) return
  document.fault(
    [...path, 'maxAge'],
    'revocations-age',
    `a list may be ${maxAge} old, and is pulled every ${every}`,
    'let maxAge be several times as long as every',
  )
}

function checkPulled(document: ConfigDocument, address: string | undefined, path: Path, what: string): void {
  if (address === undefined) return
  const url = checkUrl(document, address, path, ['https:', 'http:'])
  if (url?.protocol !== 'http:' || isLoopback(url.hostname)) return
  document.fault(path, 'feed-plain', `${what} over plain http from ${url.hostname}`, 'use https')
}

/* ───────────────────────────── trust ───────────────────────────── */

function checkTrust(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  const issuers = draft.trust?.issuers ?? []
  if (issuers.length === 0) {
    document.note(
      ['trust'],
      'no-issuers',
      'no booking platform is trusted, so nobody can book or unlock',
      'add trust.issuers: issuer, audience and jwks of the platform',
      'key',
    )
  }
  const seen = new Set<string>()
  for (const [index, issuer] of issuers.entries()) {
    const path = ['trust', 'issuers', index]
    const key = JSON.stringify([issuer?.issuer, issuer?.audience])
    if (issuer?.issuer !== undefined && issuer.audience !== undefined && seen.has(key)) {
      document.fault(
        [...path, 'issuer'],
        'issuer-duplicate',
        `"${issuer.issuer}" with this audience stands twice`,
        'keep one of them; one key set can hold several keys',
      )
    }
    seen.add(key)
    if (issuer?.jwks !== undefined) checkJwks(document, issuer.jwks, [...path, 'jwks'], folder)
  }
}

function checkJwks(document: ConfigDocument, jwks: string, path: Path, folder: string): void {
  if (isUrl(jwks)) {
    const url = checkUrl(document, jwks, path, ['https:', 'http:'])
    if (url?.protocol === 'http:' && !isLoopback(url.hostname)) {
      document.fault(
        path,
        'jwks-plain',
        `the key set is fetched over plain http from ${url.hostname}`,
        'use https, or copy the key set into a file beside the site file',
      )
    }
    return
  }
  const file = readBeside(document, jwks, path, folder, 'jwks-missing')
  if (file === undefined) return
  const reason = jwksFault(file)
  if (reason !== undefined)
    document.fault(
      path,
      'jwks-invalid',
      `${jwks} ${reason}`,
      'export the public keys of the platform as a JSON Web Key Set (RFC 7517)',
    )
}

const PRIVATE_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

function jwksFault(text: string): string | undefined {
  let set: unknown
  try {
    set = JSON.parse(text)
  } catch {
    return 'is not JSON'
  }
  if (!isRecord(set) || !Array.isArray(set.keys) || set.keys.length === 0) return 'holds no keys'
  const keys: unknown[] = set.keys
  if (!keys.every((key) => isRecord(key) && typeof key.kty === 'string')) return 'holds something that is not a key'
  return keys.some((key) => isRecord(key) && PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member)))
    ? 'holds a private or secret key'
    : undefined
}

/* ───────────────────────────── sinks ───────────────────────────── */

function checkMqtt(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  const { mqtt } = draft
  if (!isRecord(document.value) || !Object.hasOwn(document.value, 'mqtt')) {
    document.note(
      ['mqtt'],
      'no-mqtt',
      'there is no mqtt, so availability and events are not published',
      'add mqtt.url, or leave it if the HTTP API is enough',
      'key',
    )
  }
  if (mqtt === undefined) return
  checkSink(document, mqtt, 'mqtt', 'mqtt:', 'mqtts:')
  if (mqtt.ca === undefined) return
  const pem = readBeside(document, mqtt.ca, ['mqtt', 'ca'], folder, 'ca-missing')
  if (pem !== undefined && !isCertificate(pem)) {
    document.fault(
      ['mqtt', 'ca'],
      'ca-invalid',
      `${mqtt.ca} holds no certificate`,
      'use the PEM file of the certificate authority (-----BEGIN CERTIFICATE-----)',
    )
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== ''
  } catch {
    return false
  }
}

function checkInflux(document: ConfigDocument, draft: SiteDraft): void {
  if (draft.influx !== undefined) checkSink(document, draft.influx, 'influx', 'http:', 'https:')
}

type SinkDraft = {
  readonly url?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

function checkSink(
  document: ConfigDocument,
  sink: SinkDraft,
  key: 'mqtt' | 'influx',
  plain: string,
  encrypted: string,
): void {
  // As written, so that a password whose variable is missing still counts.
  const written = isRecord(document.value) && isRecord(document.value[key]) ? document.value[key] : {}
  const hasPassword = Object.hasOwn(written, 'password')
  if (hasPassword && !Object.hasOwn(written, 'username')) {
    document.fault([key, 'password'], 'username-missing', 'there is a password and no username', 'add username', 'key')
  }
  if (sink.url === undefined) return
  const url = checkUrl(document, sink.url, [key, 'url'], [plain, encrypted])
  if (url?.protocol === plain && !isLoopback(url.hostname) && (hasPassword || sink.username !== undefined)) {
    document.fault(
      [key, 'url'],
      'plain-secret',
      `the user name and password would cross the network to ${url.hostname} in the clear`,
      `use ${encrypted}//`,
    )
  }
}

function readBeside(
  document: ConfigDocument,
  name: string,
  path: Path,
  folder: string,
  code: FaultCode,
): string | undefined {
  try {
    return readFileSync(resolve(folder, name), 'utf8')
  } catch {
    document.fault(
      path,
      code,
      `the file ${name} cannot be read`,
      `put it there: paths count from the folder of the site file, ${folder}`,
    )
    return undefined
  }
}
