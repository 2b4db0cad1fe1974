/**
 * What no schema can say about whom the gateway trusts: the key sets of the platforms, and the addresses that bookings
 * and revocations are pulled from.
 */
import { type ConfigDocument, isRecord, type Path } from '../document/document.ts'
import type { SiteDraft } from '../document/draft.ts'
import { isLoopback, isUrl } from '../document/endpoint.ts'
import { milliseconds } from '../schema/field.ts'
import { readBeside } from './beside.ts'
import { checkUrl } from './url.ts'

export function checkTrust(document: ConfigDocument, draft: SiteDraft, folder: string): void {
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
        `"${issuer.issuer}" with this audience appears twice`,
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

export function checkFeed(document: ConfigDocument, draft: SiteDraft): void {
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
