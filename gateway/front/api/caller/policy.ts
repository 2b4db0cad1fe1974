/**
 * Who may do what to which object. One table, one function; what is not granted is denied. The control thread decides
 * again about an unlock (the booking, the gates); here it is decided whether the caller may ask at all.
 */

import { personOf } from '../../../core/booking/override.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import { isWithinKey, outsideKey } from '../../../core/permission/permission.ts'
import type { Principal, Role } from '../../../core/permission/principal.ts'

/** `any`: every object; `own`: a tenant's booking and sessions, an owner's machines, a technician's overrides. */
export type Scope = 'any' | 'own'

const grants = {
  'machine.read': { platform: 'any', tenant: 'any', owner: 'any', technician: 'any', auditor: 'any' },
  'machine.signals': { technician: 'any', owner: 'own' },
  'machine.unlock': { platform: 'any', tenant: 'own' },
  'machine.maintain': { technician: 'any' },
  'machine.override': { technician: 'any' },
  'machine.inspect': { technician: 'any', owner: 'own', tenant: 'own' },
  'block.read': { platform: 'any', technician: 'any', owner: 'own' },
  'block.write': { platform: 'any', technician: 'any', owner: 'own' },
  'machine.drill': { technician: 'any' },
  'booking.read': { platform: 'any' },
  'booking.write': { platform: 'any' },
  'revocation.read': { platform: 'any', technician: 'any', auditor: 'any' },
  'revocation.write': { platform: 'any' },
  'tenant.erase': { platform: 'any' },
  'session.read': { platform: 'any', auditor: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'session.end': { platform: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'session.resume': { platform: 'any', technician: 'own', tenant: 'own' },
  'usage.read': { platform: 'any', auditor: 'any', owner: 'own', tenant: 'own' },
  'problem.read': { auditor: 'any', technician: 'any', owner: 'own' },
  'correction.write': { auditor: 'any' },
  'manual.write': { technician: 'any' },
  'meter.read': { auditor: 'any', technician: 'any', owner: 'own' },
  'ledger.read': { auditor: 'any', platform: 'any' },
  'event.read': { platform: 'any', auditor: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'health.read': { platform: 'any', tenant: 'any', owner: 'any', technician: 'any', auditor: 'any' },
} as const satisfies Record<string, Partial<Record<Role, Scope>>>

export type Action = keyof typeof grants

/** What a tenant needs at the machine; digits are guessed more easily than a token. */
export const pinActions: ReadonlySet<Action> = new Set([
  'machine.unlock',
  'machine.inspect',
  'session.read',
  'session.end',
  'session.resume',
])

/** What is acted upon; the members that are known. */
export type Subject = { readonly machine: string; readonly owner: string; readonly tenant?: string }

/** How far a role reaches with an action; undefined: not at all. */
export function scopeOf(role: Role, action: Action): Scope | undefined {
  const row: Partial<Record<Role, Scope>> = grants[action]
  return Object.hasOwn(row, role) ? row[role] : undefined
}

/** Undefined when allowed. `subject` undefined asks whether there can be any object at all. */
export function decide(principal: Principal, action: Action, subject: Subject | undefined): Refusal | undefined {
  const scope = scopeOf(principal.role, action)
  if (scope === undefined) return refuse('forbidden', `not for a ${principal.role}`)
  if (principal.role === 'tenant' && principal.pin && !pinActions.has(action))
    return refuse('forbidden', 'not with a PIN')
  if (subject !== undefined && !isWithinKey(principal, subject.machine)) return outsideKey()
  if (scope === 'any' || subject === undefined) return undefined
  switch (principal.role) {
    case 'owner':
      return subject.owner === principal.id ? undefined : refuse('forbidden', 'not your machine')
    case 'tenant':
      if (principal.pin && subject.machine !== principal.claims.machine) return refuse('wrong-machine')
      if (subject.tenant !== undefined)
        return subject.tenant === principal.id ? undefined : refuse('forbidden', 'not yours')
      return subject.machine === principal.claims.machine ? undefined : refuse('wrong-machine')
    case 'technician':
      return subject.tenant === personOf(principal.key) ? undefined : refuse('forbidden', 'not your override')
    default:
      return refuse('forbidden')
  }
}
