/** Forgetting a tenant, when the platform is told to. What was used stays, under a pseudonym nobody can resolve any more. */
import Type from 'typebox'
import { type Api, type App, principalOf } from '../api.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId } from '../http/schema.ts'

export function tenantRoutes(app: App, api: Api): void {
  app.delete(
    '/tenants/:id',
    {
      config: { action: 'tenant.erase', problems: ['booking-in-use', 'not-found', 'busy', 'timed-out'] },
      schema: {
        operationId: 'eraseTenant',
        summary: 'Forget who a tenant was',
        description:
          'Takes the id out of bookings, sessions and the table of pseudonyms. Refused while the tenant has an open session or a booking that has not ended. It cannot be undone.',
        tags: ['bookings'],
        params: Type.Object({ id: foreignId('Tenant.') }),
        response: { 204: Type.Null({ description: 'Nothing here names the tenant any more.' }) },
      },
    },
    async (request, reply) => {
      const outcome = await api.ask({
        kind: 'erase-tenant',
        principal: principalOf(request),
        tenant: request.params.id,
      })
      return outcome.kind === 'refused' ? sendProblem(request, reply, outcome.refusal) : reply.status(204).send(null)
    },
  )
}
