/**
 * The booking platform, as a gateway meets it: publishes its keys, gives tenants their tokens, pushes bookings to the
 * gateway and takes them back. It also forges tokens for attack trials. `node simulators/platform.ts --help`.
 */
import { freePort } from './faces/door.ts'
import { type Answer, asRecord, openHttpFace, type Routes, refuse, urlOf } from './faces/http-face.ts'
import { parseBooking, parseClaims, parseForgery, parseRevocations } from './platform/bodies.ts'
import { feedRoutes, openFeed } from './platform/feed.ts'
import { createForger, type Forge } from './platform/forgeries.ts'
import { createPusher, type Pusher, serviceTtlSeconds } from './platform/push.ts'
import {
  type BookingClaims,
  createTokenMaker,
  loadSigningKey,
  type SigningKey,
  type TokenMaker,
} from './platform/tokens.ts'
import { maxBookings, openVersions, type Versions } from './platform/versions.ts'
import { type Closable, logger, newProgram, parsePort, runProgram, withStateDir } from './program.ts'

const name = 'platform'

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
  const { host, audience, stateDir } = options
  const port = options.port === 0 ? await freePort(host) : options.port
  const issuer = urlOf(host, port)
  const key = await loadSigningKey(stateDir)
  const tokens = createTokenMaker(key, issuer, audience)
  const versions = openVersions(stateDir)
  const routes = {
    ...tokenRoutes(key, tokens, await createForger(key, tokens), versions),
    ...pushRoutes(createPusher(options.gateway, tokens, logger(name)), versions),
    ...(options.feed ? feedRoutes(openFeed(stateDir, options.feedToken), versions) : {}),
  }
  opened.push(await openHttpFace(host, port, routes))
  return { host, port, url: issuer, issuer, audience, jwks: `${issuer}/jwks.json` }
}

function tokenRoutes(key: SigningKey, tokens: TokenMaker, forge: Forge, versions: Versions): Routes {
  return {
    'GET /jwks.json': () => ({ status: 200, body: key.jwks }),
    'POST /tokens': async (body) => {
      const claims = parseClaims(body)
      return claims.ok ? given(await tokens.booking(withVersion(claims.value, versions))) : refuse(400, claims.error)
    },
    'POST /service-token': async () => given(await tokens.service(serviceTtlSeconds)),
    'POST /revocations': async (body) => {
      const list = parseRevocations(body)
      return list.ok ? { status: 200, body: { list: await tokens.revocations(list.value) } } : refuse(400, list.error)
    },
    'POST /forge': async (body) => {
      const forgery = parseForgery(body)
      if (!forgery.ok) return refuse(400, forgery.error)
      const { kind, claims } = forgery.value
      return given(await forge(kind, withVersion(claims, versions)))
    },
  }
}

function pushRoutes(gateway: Pusher, versions: Versions): Routes {
  return {
    'POST /bookings': async (body) => {
      const booking = parseBooking(body)
      if (!booking.ok) return refuse(400, booking.error)
      const { id, ...fields } = booking.value
      const version = versions.next(booking.value)
      if (version === undefined) return refuse(507, `${maxBookings} bookings are enough`)
      return gateway.send('PUT', id, { ...fields, version })
    },
    'DELETE /bookings/:id': (_body, [id = '']) => gateway.send('DELETE', id, undefined),
    'PUT /gateway': (body) => {
      const url = asRecord(body)?.url
      if (typeof url !== 'string' || !URL.canParse(url)) return refuse(400, 'url must be the base URL of the gateway')
      gateway.use(url)
      return { status: 200, body: { gateway: url } }
    },
  }
}

function given(token: string): Answer {
  return { status: 200, body: { token } }
}

/** A token names the version of its booking that was sent last, unless the request names another. */
function withVersion(claims: BookingClaims, versions: Versions): BookingClaims {
  return { ...claims, ver: claims.ver ?? versions.get(claims.booking) ?? 1 }
}

await command.parseAsync()
