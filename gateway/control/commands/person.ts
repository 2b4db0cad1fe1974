/** A person of the site as entries name them. */
import type { JsonObject } from '../../core/ground/entry.ts'
import type { Principal } from '../../core/permission/principal.ts'

export function personJson(principal: Principal): JsonObject {
  return { role: principal.role, name: principal.id, ...('key' in principal ? { key: principal.key } : {}) }
}
