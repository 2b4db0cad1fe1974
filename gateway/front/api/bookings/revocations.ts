/**
 * Revocation lists: pushed by the platform, or pulled from it. A list is taken only if its issuer signed it. The
 * control thread compares its number with the one it knows, and ends what is revoked.
 * Read next: revocation-pull.ts, caller/token.ts (the signature), core/permission/revocation-list.ts.
 */
import Type from 'typebox'
import type { RevocationList } from '../../../core/permission/revocation-list.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { MAX_LIST_BYTES } from '../caller/token.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors } from '../http/problem.ts'
import { pullRevocations } from './revocation-pull.ts'

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

const putRevocations = {
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
} as const

const listRevocations = {
  config: { action: 'revocation.read' },
  schema: {
    operationId: 'listRevocations',
    summary: 'The lists in force',
    tags: ['bookings'],
    response: { 200: Type.Object({ lists: Type.Array(listSchema) }, { description: 'One an issuer.' }) },
  },
} as const

export function revocationRoutes(app: App, api: Api): void {
  app.put('/revocations', putRevocations, async (request, reply) => {
    const read = await api.readList(request.body.list)
    // A fault of the body, not of the credential: the caller is who they say.
    if (read.kind === 'refused')
      return sendErrors(request, reply, [{ path: '/body/list', message: read.refusal.detail ?? read.refusal.code }])
    const outcome = await ask(api, request, reply, { kind: 'put-revocations', list: read.list })
    return outcome === undefined ? reply : toList(read.list)
  })

  app.get('/revocations', listRevocations, async () => ({ lists: api.reader.revocations().map(toList) }))

  const { url, everyMs } = api.config.bookings.revocations ?? {}
  if (url === undefined || everyMs === undefined) return
  const pull = pullRevocations({ url, everyMs }, api)
  app.addHook('onReady', async () => pull.start())
  api.onStop(() => pull.stop())
}

function toList({ issuer, number, issuedAtMs, bookings, jtis }: RevocationList) {
  return { issuer, number, issuedAt: toInstant(issuedAtMs), bookings: bookings.length, jtis: jtis.length }
}
