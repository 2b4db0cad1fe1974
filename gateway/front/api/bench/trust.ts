/**
 * Certificates of the links, both ways: whom the gateway trusts, and what the servers think of it. A technician's yes
 * or no takes hold within seconds and is recorded. Read next: control/commands/trust.ts, adapters/opcua/desk.ts.
 */
import Type, { type Static } from 'typebox'
import type { LinkTrust } from '../../../core/ground/trust.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { isForWhole } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { id, reason, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'

const trustSchema = Type.Object(
  {
    links: Type.Array(
      Type.Object({
        link: Type.String(),
        ours: Type.Optional(words(['accepted', 'refused'] as const, 'What the server thought of our certificate.')),
        applicationUri: Type.Optional(Type.String({ description: 'As the server names itself.' })),
        namedEndpoint: Type.Optional(Type.String({ description: 'Where it says that it is, if elsewhere.' })),
        certificates: Type.Array(
          Type.Object({
            place: words(['own', 'trusted', 'rejected', 'issuer'] as const, 'Where it lies.'),
            subject: Type.String(),
            issuer: Type.String(),
            thumbprint: Type.String({ description: 'SHA-1, as servers and their tools show it.' }),
            from: shownInstant('Good from.'),
            to: shownInstant('Good until.'),
            applicationUri: Type.Optional(Type.String()),
            hosts: Type.Array(Type.String()),
            seen: Type.Boolean({ description: 'The server showed this one last.' }),
            faults: Type.Array(Type.Object({ kind: Type.String(), what: Type.String(), todo: Type.String() }), {
              description: 'What is wrong with it, and what to do.',
            }),
          }),
        ),
      }),
      { description: 'Links that use certificates.' },
    ),
  },
  { title: 'Trust' },
)

const listTrust = {
  config: { action: 'configuration.write', problems: [...asked] },
  schema: {
    operationId: 'listTrust',
    summary: 'Certificates of the links, and what is wrong with each',
    tags: ['configuration'],
    response: { 200: trustSchema },
  },
} as const

const changeTrust = {
  config: { action: 'configuration.write', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'changeTrust',
    summary: 'Trust a server, trust it no more, or make our certificate of a link anew',
    description: 'A running link takes it within seconds. The server has to trust a renewed one.',
    tags: ['configuration'],
    body: Type.Object(
      {
        link: id('Link of the site file.'),
        what: words(['approve', 'reject', 'renew'] as const, 'What is done.'),
        thumbprint: Type.Optional(
          Type.String({ pattern: '^[0-9A-F]{40}$', description: 'Not for `renew`.', examples: ['AB'.repeat(20)] }),
        ),
        despite: Type.Optional(
          Type.Array(words(['uri-differs', 'host-differs', 'wrong-usage'] as const, 'Fault.'), {
            maxItems: 3,
            description: 'Faults of it that are accepted.',
          }),
        ),
        reason,
      },
      { additionalProperties: false },
    ),
    response: { 200: trustSchema },
  },
} as const

export function trustRoutes(app: App, api: Api): void {
  app.get('/bench/trust', listTrust, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const outcome = await ask(api, request, reply, { kind: 'trust' })
    return outcome === undefined ? reply : { links: outcome.links.map(toLink) }
  })

  app.post('/bench/trust', changeTrust, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { thumbprint, despite, ...rest } = request.body
    const change = {
      ...rest,
      ...(thumbprint === undefined ? {} : { thumbprint }),
      ...(despite === undefined ? {} : { despite }),
    }
    const outcome = await ask(api, request, reply, { kind: 'trust', change })
    return outcome === undefined ? reply : { links: outcome.links.map(toLink) }
  })
}

/** The files of the host are nobody's business here. */
function toLink({ items, seenAtMs: _, ...link }: LinkTrust): Static<typeof trustSchema>['links'][number] {
  return {
    ...link,
    certificates: items.map(({ file: _, fromMs, toMs, isSeen, hosts, faults, applicationUri, ...rest }) => ({
      ...rest,
      ...(applicationUri === undefined ? {} : { applicationUri }),
      ...{ from: toInstant(fromMs), to: toInstant(toMs), seen: isSeen, hosts: [...hosts] },
      faults: faults.map(({ kind, what, todo }) => ({ kind, what, todo })),
    })),
  }
}
