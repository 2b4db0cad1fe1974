/**
 * The booking platform, as a gateway meets it: publishes its keys, gives tenants their tokens, pushes bookings to the
 * gateway and takes them back. It also forges tokens for attack trials. `node simulators/platform.ts --help`.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './faces/door.ts'
import { type Answer, asRecord, openHttpFace, type Routes, refuse, urlOf } from './faces/http-face.ts'
import { replaceFile } from './machine/retentive.ts'
import { isForgery, parseBooking, parseClaims, parseRevocations } from './platform/bodies.ts'
import { feedRoutes, openFeed } from './platform/feed.ts'
import { type BookingClaims, createTokenMaker, forgeries, type TokenMaker } from './platform/tokens.ts'
import { type Closable, logger, newProgram, parsePort, runProgram, withStateDir } from './program.ts'

const name = 'platform'
const serviceTtlSeconds = 300
const gatewayTimeoutMs = 10_000
/** Bookings of which the last version is remembered. */
const maxBookings = 10_000

type Options = {
  host: string
  port: number
  stateDir: string
  audience: string
  gateway?: string
  feed?: true
  feedToken?: string
}

const command = withStateDir(newProgram(name, 'A booking platform: keys, tokens, bookings, and forgeries.'))
  .option('--port <port>', 'HTTP port, part of the issuer name; 0 takes a free one', parsePort, 0)
  .option('--audience <name>', 'audience of the tokens', 'latchkey:demo')
  .option('--gateway <url>', 'base URL of the gateway to push bookings to, e.g. http://127.0.0.1:8080')
  .option('--feed', 'push nothing: serve all bookings as a versioned snapshot at GET /bookings, with an ETag')
  .option('--feed-token <text>', 'bearer token the feed asks for')
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  const { host, audience } = options
  const port = options.port === 0 ? await freePort(host) : options.port
  const issuer = urlOf(host, port)
  const tokens = await createTokenMaker(options.stateDir, issuer, audience)
  const gateway = createGatewayCaller(options.gateway, tokens, logger(name))
  const versions = openVersions(options.stateDir)
  const routes = routesOf(tokens, gateway, versions)
  const feed = options.feed ? feedRoutes(openFeed(options.stateDir, options.feedToken), versions) : {}
  opened.push(await openHttpFace(host, port, { ...routes, ...feed }))
  return { host, port, url: issuer, issuer, audience, jwks: `${issuer}/jwks.json` }
}

function routesOf(tokens: TokenMaker, gateway: GatewayCaller, versions: Versions): Routes {
  return {
    'GET /jwks.json': () => ({ status: 200, body: tokens.jwks }),
    'POST /tokens': async (body) => {
      const claims = parseClaims(body, [])
      return claims.ok ? given(await tokens.booking(withVersion(claims.value, versions))) : refuse(400, claims.error)
    },
    'POST /service-token': async () => given(await tokens.service(serviceTtlSeconds)),
    'POST /revocations': async (body) => {
      const list = parseRevocations(body)
      return list.ok ? { status: 200, body: { list: await tokens.revocations(list.value) } } : refuse(400, list.error)
    },
    'POST /forge': async (body) => {
      const kind = asRecord(body)?.kind
      if (!isForgery(kind)) return refuse(400, `kind must be one of ${Object.keys(forgeries).join(', ')}`)
      const claims = parseClaims(body, ['kind'])
      if (!claims.ok) return refuse(400, claims.error)
      return given(await tokens.forge(kind, withVersion(claims.value, versions)))
    },
    'POST /bookings': async (body) => {
      const booking = parseBooking(body)
      if (!booking.ok) return refuse(400, booking.error)
      const { id, ...fields } = booking.value
      const version = fields.version ?? (versions.get(id) ?? 0) + 1
      if (!versions.put(id, version)) return refuse(507, `${maxBookings} bookings are enough`)
      return gateway.call('PUT', id, { ...fields, version })
    },
    'DELETE /bookings/:id': (_body, [id = '']) => gateway.call('DELETE', id, undefined),
    'PUT /gateway': (body) => {
      const url = asRecord(body)?.url
      if (typeof url !== 'string' || !URL.canParse(url)) return refuse(400, 'url must be the base URL of the gateway')
      gateway.use(url)
      return { status: 200, body: { gateway: url } }
    },
  }
}

type GatewayCaller = Readonly<{
  use(url: string): void
  /** Sends one request about a booking and hands back what the gateway said, status included. */
  call(method: 'PUT' | 'DELETE', id: string, body: unknown): Promise<Answer>
}>

function createGatewayCaller(
  first: string | undefined,
  tokens: TokenMaker,
  log: (text: string) => void,
): GatewayCaller {
  let gateway = first
  return {
    use(url) {
      gateway = url
    },
    async call(method, id, body) {
      if (!gateway) return refuse(503, 'name the gateway first: --gateway <url>, or PUT /gateway {"url":"…"}')
      const url = `${gateway.replace(/\/+$/, '')}/v1/bookings/${encodeURIComponent(id)}`
      const authorization = `Bearer ${await tokens.service(serviceTtlSeconds)}`
      const content = body === undefined ? {} : { 'content-type': 'application/json' }
      const payload = body === undefined ? {} : { body: JSON.stringify(body) }
      const signal = AbortSignal.timeout(gatewayTimeoutMs)
      try {
        const response = await fetch(url, { method, headers: { authorization, ...content }, signal, ...payload })
        const text = await response.text()
        log(`${method} ${url}: ${response.status}`)
        // 204 may not carry a body, and the caller is to see one.
        const status = response.status === 204 ? 200 : response.status
        return { status, body: { status: response.status, body: asJson(text) } }
      } catch (error) {
        const reason = error instanceof Error && error.cause !== undefined ? error.cause : error
        log(`${method} ${url}: ${String(reason)}`)
        return refuse(502, `the gateway did not answer: ${String(reason)}`)
      }
    },
  }
}

function given(token: string): Answer {
  return { status: 200, body: { token } }
}

/** A token speaks of the version that was pushed last, unless told otherwise. */
function withVersion(claims: BookingClaims, versions: Versions): BookingClaims {
  return { ...claims, ver: claims.ver ?? versions.get(claims.booking) ?? 1 }
}

export type Versions = Readonly<{ get(id: string): number | undefined; put(id: string, version: number): boolean }>

/** The last version of each booking, in `versions.json`: a platform that forgot them could change no booking. */
function openVersions(stateDir: string): Versions {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const path = join(stateDir, 'versions.json')
  const kept: [string, number][] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
  const versions = new Map(kept)
  return {
    get: (id) => versions.get(id),
    put(id, version) {
      if (versions.size >= maxBookings && !versions.has(id)) return false
      versions.set(id, version)
      replaceFile(path, `${JSON.stringify([...versions])}\n`)
      return true
    },
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

await command.parseAsync()
