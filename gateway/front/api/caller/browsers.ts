/**
 * Who is signed in with a browser. A credential is checked once; from then on a random cookie that no script can read
 * stands for its holder, until the credential ends, the person signs out, or nothing is asked for too long. Kept in
 * memory, as a digest: a restart signs everybody out. The credential itself is never kept.
 * Read next: console/sign-in.ts (the routes), guard.ts (who takes the cookie in place of an Authorization header).
 */
import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { isKnownHost } from '../http/host.ts'
import type { Caller, Clock } from './caller.ts'
import { digestOf } from './verified.ts'

/** Browsers that are signed in at once; one more signs out the one that has been quiet for longest. */
const MOST = 1_000
/** Nobody stays signed in longer than a long shift. */
const LONGEST_MS = 16 * 3_600_000
const NS_PER_MS = 1_000_000n

type SignedIn = { readonly caller: Caller; readonly sinceNs: bigint; readonly usedNs: bigint }

export type Browsers = {
  /** The text of the new cookie. */
  signIn(caller: Caller): string
  signOut(request: FastifyRequest): void
  /** Who sent the request by its cookie; a request that another site may have caused has nobody. */
  callerOf(request: FastifyRequest): Caller | undefined
  /** For what outlasts a request: false once the sign-in that this caller came by is over. */
  stillIn(caller: Caller): boolean
}

type BrowserDeps = {
  readonly names: readonly string[]
  readonly idleMs: number
  readonly secure: boolean
  readonly clock: Clock
  readonly stillValid: (caller: Caller) => boolean
}

export function createBrowsers({ names, idleMs, secure, clock, stillValid }: BrowserDeps): Browsers {
  /** The one that has been quiet for longest first. */
  const known = new Map<string, SignedIn>()
  const digests = new WeakMap<Caller, string>()
  const ageMs = (ns: bigint) => Number((clock.nowNs() - ns) / NS_PER_MS)
  const holds = ({ caller, sinceNs, usedNs }: SignedIn) =>
    ageMs(usedNs) < idleMs && ageMs(sinceNs) < LONGEST_MS && stillValid(caller)

  return {
    signIn(caller) {
      const secret = randomBytes(32).toString('base64url')
      const [digest, own] = [digestOf(secret), { ...caller }]
      if (known.size >= MOST) known.delete(known.keys().next().value!)
      known.set(digest, { caller: own, sinceNs: clock.nowNs(), usedNs: clock.nowNs() })
      digests.set(own, digest)
      return cookieText(secret, secure)
    },
    signOut(request) {
      const secret = cookieOf(request, secure)
      if (secret !== undefined) known.delete(digestOf(secret))
    },
    callerOf(request) {
      const secret = cookieOf(request, secure)
      if (secret === undefined || !isOwnPage(request, names)) return undefined
      const digest = digestOf(secret)
      const found = known.get(digest)
      if (found === undefined) return undefined
      known.delete(digest)
      if (!holds(found)) return undefined
      known.set(digest, { ...found, usedNs: clock.nowNs() })
      return found.caller
    },
    stillIn(caller) {
      const digest = digests.get(caller)
      if (digest === undefined) return true
      const found = known.get(digest)
      return found !== undefined && holds(found)
    },
  }
}

/** A cookie whose name begins so is taken by browsers from this host alone, and only over TLS. */
const nameOf = (secure: boolean) => (secure ? '__Host-latchkey' : 'latchkey')
const FLAGS = 'Path=/; HttpOnly; SameSite=Strict'

const cookieText = (secret: string, secure: boolean) =>
  `${nameOf(secure)}=${secret}; ${FLAGS}${secure ? '; Secure' : ''}`
export const noCookie = (secure: boolean): string => `${cookieText('', secure)}; Max-Age=0`

function cookieOf({ headers }: FastifyRequest, secure: boolean): string | undefined {
  const name = `${nameOf(secure)}=`
  const own =
    headers.cookie
      ?.split(';')
      .map((each) => each.trim())
      .filter((each) => each.startsWith(name)) ?? []
  // Two of one name: somebody else on this host has set one.
  return own.length === 1 && own[0]!.length > name.length ? own[0]!.slice(name.length) : undefined
}

/**
 * Whether a page of this gateway sent it. Browsers say so themselves, but over plain http only with `Origin`, which
 * they send with everything that changes something.
 */
export function isOwnPage({ headers, method, protocol }: FastifyRequest, names: readonly string[]): boolean {
  const { host, origin } = headers
  if (host === undefined || !isKnownHost(host, names)) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  if (origin !== undefined) return isSameOrigin(origin, host, protocol)
  return method === 'GET' || method === 'HEAD'
}

/** A proxy that speaks TLS calls over http. */
function isSameOrigin(origin: string, host: string, protocol: string): boolean {
  return origin === `${protocol}://${host}` || origin === `https://${host}`
}
