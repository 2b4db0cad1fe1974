/**
 * Forgetting a tenant, when the platform asks for it. What was used stays, under a pseudonym that nobody can resolve
 * any more.
 * Read next: core/permission/erasure.ts, decisions/011-erasable-pseudonyms.md.
 */
import Type from 'typebox'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { foreignId } from '../http/schema.ts'
import { asked } from '../refusals.ts'

const eraseTenant = {
  config: { action: 'tenant.erase', problems: ['booking-in-use', 'not-found', ...asked] },
  schema: {
    operationId: 'eraseTenant',
    summary: 'Forget who a tenant was',
    description:
      'Takes the id out of bookings, sessions and the table of pseudonyms. Refused while the tenant has an open session or a booking that has not ended. It cannot be undone.',
    tags: ['bookings'],
    params: Type.Object({ id: foreignId('Tenant.') }),
    response: { 204: Type.Null({ description: 'Nothing here names the tenant any more.' }) },
  },
} as const

export function tenantRoutes(app: App, api: Api): void {
  app.delete('/tenants/:id', eraseTenant, async (request, reply) => {
    const outcome = await ask(api, request, reply, { kind: 'erase-tenant', tenant: request.params.id })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })
}
