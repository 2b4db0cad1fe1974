/**
 * Revocation lists: pushed by the platform, or pulled from it. Only what an issuer signed is taken, whoever brings it;
 * the control thread holds the number against the one it knows, and ends what is revoked.
 */
import Type from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { RevocationList } from '../../../core/permission/revocation-list.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { MAX_LIST_BYTES } from '../caller/token.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'

const FETCH_TIMEOUT_MS = 10_000

const listSchema = Type.Object(
  {
    issuer: Type.String(),
    number: Type.Integer(),
    issuedAt: shownInstant('When the platform made it.'),
    bookings: Type.Integer({ description: 'Bookings it revokes.' }),
    jtis: Type.Integer({ description: 'Tokens it revokes.' }),
  },
  { title: 'RevocationList' },
)

export function revocationRoutes(app: App, api: Api): void {
  app.put(
    '/revocations',
    {
      bodyLimit: MAX_LIST_BYTES + 1024,
      config: { action: 'revocation.write', problems: ['revocations-number', 'timed-out'] },
      schema: {
        operationId: 'putRevocations',
        summary: 'Put a signed list of revoked bookings and tokens',
        description:
          'A JWT of `typ: latchkey-revocations+jwt` with `iss aud iat number bookings jtis`, whole each time; the number only rises. Sessions of what is revoked are ended as their machines allow.',
        tags: ['bookings'],
        body: Type.Object(
          { list: Type.String({ minLength: 1, maxLength: MAX_LIST_BYTES, description: 'The compact JWT.' }) },
          { title: 'RevocationsInput', additionalProperties: false },
        ),
        response: {
          200: Type.Object(listSchema.properties, { title: 'RevocationList', description: 'It is in force.' }),
        },
      },
    },
    async (request, reply) => {
      const read = await api.readList(request.body.list)
      // the caller is who he says; it is the body that is not as described
      if (read.kind === 'refused')
        return sendProblem(request, reply, refuse('bad-request'), {
          errors: [{ path: '/body/list', message: read.refusal.detail ?? read.refusal.code }],
        })
      const outcome = await api.ask({ kind: 'put-revocations', principal: principalOf(request), list: read.list })
      return outcome.kind === 'refused' ? sendProblem(request, reply, outcome.refusal) : toList(read.list)
    },
  )

  app.get(
    '/revocations',
    {
      config: { action: 'revocation.read' },
      schema: {
        operationId: 'listRevocations',
        summary: 'The lists in force',
        tags: ['bookings'],
        response: { 200: Type.Object({ lists: Type.Array(listSchema) }, { description: 'One an issuer.' }) },
      },
    },
    async () => ({ lists: api.reader.revocations().map(toList) }),
  )

  startPull(app, api)
}

function toList({ issuer, number, issuedAtMs, bookings, jtis }: RevocationList) {
  return { issuer, number, issuedAt: toInstant(issuedAtMs), bookings: bookings.length, jtis: jtis.length }
}

/** Asks again and again; what fails is said once until it works. */
function startPull(app: App, api: Api): void {
  const { url, everyMs } = api.config.bookings.revocations ?? {}
  if (url === undefined || everyMs === undefined) return
  const ended = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let trouble: string | undefined
  let last: string | undefined

  async function pull(address: string): Promise<void> {
    const text = await download(address, api.fetch ?? fetch, ended.signal)
    if (text === last) return
    const read = await api.readList(text)
    if (read.kind === 'refused') throw new Error(read.refusal.detail ?? read.refusal.code)
    const { list } = read
    const principal = { role: 'platform', id: 'pull', issuer: list.issuer } as const
    const outcome = await api.ask({ kind: 'put-revocations', principal, list })
    if (outcome.kind === 'refused') throw new Error(outcome.refusal.detail ?? outcome.refusal.code)
    last = text
  }
  async function again(address: string, pauseMs: number): Promise<void> {
    try {
      await pull(address)
      if (trouble !== undefined) api.log.info('the revocation list is pulled again')
      trouble = undefined
      api.contacted?.()
    } catch (error) {
      if (ended.signal.aborted) return
      const why = (error as Error).message
      if (why !== trouble) api.log.warn({ why }, 'the revocation list could not be pulled')
      trouble = why
    }
    if (!ended.signal.aborted) timer = setTimeout(() => void again(address, pauseMs), pauseMs)
  }
  app.addHook('onReady', async () => void again(url, everyMs))
  api.onStop(() => {
    ended.abort()
    clearTimeout(timer)
  })
}

/** The compact JWT, bounded. */
async function download(url: string, fetchUrl: typeof fetch, ended: AbortSignal): Promise<string> {
  const response = await fetchUrl(url, {
    redirect: 'error',
    signal: AbortSignal.any([ended, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
  })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new Error(`it was answered with ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_LIST_BYTES) throw new Error('it is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1').trim()
}
