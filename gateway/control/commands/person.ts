/** A person of the site as entries name them. */
import type { JsonObject } from '../../core/ground/entry.ts'
import type { Principal } from '../../core/permission/principal.ts'

export function personJson(principal: Principal): JsonObject {
  return { role: principal.role, name: principal.id, ...('key' in principal ? { key: principal.key } : {}) }
}

/** The same, and a tenant by the pseudonym. */
export const callerJson = (principal: Principal, tenantRef: (tenant: string) => string): JsonObject =>
  principal.role === 'tenant' ? { role: 'tenant', tenant: tenantRef(principal.id) } : personJson(principal)
