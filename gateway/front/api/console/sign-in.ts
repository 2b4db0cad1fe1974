/**
 * Signing in with a browser: a token, a key or a PIN in the Authorization header, once, for a cookie. What the page
 * may show before that is an option of the site.
 * Read next: caller/browsers.ts (what is kept), live.ts (what is shown).
 */
import Type, { type Static } from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import type { Authenticator } from '../caller/auth.ts'
import { type Browsers, isOwnPage, noCookie } from '../caller/browsers.ts'
import type { Caller } from '../caller/caller.ts'
import { type Limits, MISDIRECTED, refuseCredential } from '../guard.ts'
import { isKnownHost } from '../http/host.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { words } from '../http/schema.ts'
import { visibleSession } from '../machines/machine-body.ts'

const viewerSchema = Type.Object(
  {
    site: Type.String(),
    timezone: Type.String({ description: 'IANA zone of the site.' }),
    version: Type.String(),
    board: words(
      ['nobody', 'free', 'states'] as const,
      'Who may see the board without signing in: nobody, whether each is free, or all but people.',
    ),
    plan: Type.Boolean({ description: 'There is a picture of the floor, at `/console/plan`.' }),
    idleMs: Type.Integer({ description: 'Without anything asked for this long one is signed out.' }),
    logKeys: Type.Array(Type.String(), {
      description:
        'Public keys of the log, by which a receipt is checked; whoever checks has them from elsewhere as well.',
    }),
    role: Type.Optional(
      words(['platform', 'tenant', 'owner', 'technician', 'auditor'] as const, 'Absent: nobody is signed in.'),
    ),
    id: Type.Optional(Type.String({ description: 'Tenant, owner, or the name of the person.' })),
    until: Type.Optional(shownInstant('When the credential ends; absent: it holds until it is revoked.')),
    booking: Type.Optional(
      Type.Object({
        id: Type.String(),
        machine: Type.String(),
        start: shownInstant('Begin.'),
        end: shownInstant('End.'),
        pin: Type.Boolean({ description: 'Signed in by PIN, which opens less than a link does.' }),
        session: Type.Optional(Type.String({ description: 'Open at the machine, if it is theirs.' })),
      }),
    ),
  },
  { title: 'Viewer' },
)

const tags = ['console'] as const
const getViewer = {
  config: { open: true, problems: ['bad-request'] },
  schema: {
    operationId: 'getViewer',
    summary: 'Who is signed in with this browser',
    tags,
    response: { 200: viewerSchema },
  },
} as const

const signIn = {
  config: { open: true, problems: ['unauthenticated', 'token-malformed', 'pin-wrong', 'bad-request', 'rate-limited'] },
  schema: {
    operationId: 'signIn',
    summary: 'Sign in with a browser',
    description:
      'The credential comes once, in the `Authorization` header. The answer sets a cookie for pages of this gateway alone.',
    tags,
    response: { 200: viewerSchema },
  },
} as const

const signOut = {
  config: { open: true, problems: ['bad-request'] },
  schema: {
    operationId: 'signOut',
    summary: 'Sign out',
    tags,
    response: { 204: Type.Null({ description: 'Nobody is signed in.' }) },
  },
} as const

const STRANGE_HOST = refuse('bad-request', 'the gateway is not called by this name')

export function signInRoutes(
  app: App,
  api: Api,
  authenticator: Authenticator,
  limits: Limits,
  browsers: Browsers,
): void {
  const { names } = api.config.api
  const secure = api.tls !== undefined
  const foreign = refuse('bad-request', 'it was not sent by a page of this gateway')

  app.get('/console/session', getViewer, async (request, reply) =>
    isKnownHost(request.headers.host, names)
      ? toViewer(api, browsers.callerOf(request))
      : sendProblem(request, reply, STRANGE_HOST, { status: 421 }),
  )

  app.post('/console/session', signIn, async (request, reply) => {
    if (!isOwnPage(request, names)) return sendProblem(request, reply, foreign)
    const { authorization, host } = request.headers
    if (/^pin /i.test(authorization ?? '') && !isKnownHost(host, names))
      return sendProblem(request, reply, refuse('bad-request', MISDIRECTED), { status: 421 })
    const authentication = await authenticator.authenticate(authorization)
    if (authentication.kind === 'refused') return refuseCredential(api, limits, request, reply, authentication.refusal)
    browsers.signOut(request)
    reply.header('set-cookie', browsers.signIn(authentication.caller))
    return toViewer(api, authentication.caller)
  })

  app.delete('/console/session', signOut, async (request, reply) => {
    if (!isOwnPage(request, names)) return sendProblem(request, reply, foreign)
    browsers.signOut(request)
    return reply.header('set-cookie', noCookie(secure)).code(204).send(null)
  })
}

function toViewer(api: Api, caller: Caller | undefined): Static<typeof viewerSchema> {
  const { config, version } = api
  const { site, timezone } = config
  const plan = config.plan !== undefined
  const { board, idleMs } = config.api
  const here = { site, timezone, version, board, plan, idleMs, logKeys: [...(api.vkeys ?? [])] }
  if (caller === undefined) return here
  const { principal, untilMs } = caller
  const until = Number.isFinite(untilMs) ? { until: toInstant(untilMs) } : {}
  const who = { ...here, role: principal.role, id: principal.id, ...until }
  if (principal.role !== 'tenant') return who
  const { booking: id, machine, startMs, endMs } = principal.claims
  const row = api.board.row(machine)
  const session = row && visibleSession(row, api, principal)
  const booking = { id, machine, start: toInstant(startMs), end: toInstant(endMs), pin: principal.pin === true }
  return { ...who, booking: { ...booking, ...(session === undefined ? {} : { session }) } }
}
