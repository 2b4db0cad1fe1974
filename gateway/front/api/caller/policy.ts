/**
 * Who may do what to which object: one table, and what it does not grant is denied. It decides whether a caller may ask
 * at all; what is asked of a machine is decided once more by the control thread, with the booking and the gates.
 * Read next: core/permission/permission.ts.
 */
import { personOf } from '../../../core/booking/override.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import { isWithinKey, outsideKey } from '../../../core/permission/permission.ts'
import type { Principal, Role } from '../../../core/permission/principal.ts'

/** `any`: every object. `own`: a tenant's booking and sessions, an owner's machines, a technician's overrides. */
type Scope = 'any' | 'own'

const grants = {
  'machine.read': { platform: 'any', tenant: 'any', owner: 'any', technician: 'any', auditor: 'any' },
  'machine.signals': { technician: 'any', owner: 'own' },
  'machine.unlock': { platform: 'any', tenant: 'own' },
  'machine.maintain': { technician: 'any' },
  'machine.override': { technician: 'any' },
  'machine.inspect': { technician: 'any', owner: 'own', tenant: 'own' },
  'report.write': { technician: 'any', owner: 'own', tenant: 'own' },
  'report.change': { technician: 'any', owner: 'own' },
  'report.read': { platform: 'any', auditor: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'question.read': { platform: 'any', auditor: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'service.read': { auditor: 'any', technician: 'any', owner: 'own' },
  'service.write': { technician: 'any' },
  'timeline.read': { auditor: 'any', technician: 'any', owner: 'own' },
  'block.read': { platform: 'any', technician: 'any', owner: 'own' },
  'block.write': { platform: 'any', technician: 'any', owner: 'own' },
  'machine.drill': { technician: 'any' },
  'bench.read': { technician: 'any' },
  'booking.read': { platform: 'any' },
  'booking.write': { platform: 'any' },
  'revocation.read': { platform: 'any', technician: 'any', auditor: 'any' },
  'revocation.write': { platform: 'any' },
  'tenant.erase': { platform: 'any' },
  'session.read': { platform: 'any', auditor: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'receipt.read': { platform: 'any', auditor: 'any', technician: 'own', owner: 'own', tenant: 'own' },
  'session.end': { platform: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'session.resume': { platform: 'any', technician: 'own', tenant: 'own' },
  'session.answer': { platform: 'any', tenant: 'own' },
  'session.extend': { platform: 'any', tenant: 'own' },
  'subscription.write': { platform: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'usage.read': { platform: 'any', auditor: 'any', owner: 'own', tenant: 'own' },
  'statement.write': { platform: 'any', auditor: 'any' },
  'problem.read': { auditor: 'any', technician: 'any', owner: 'own' },
  'correction.write': { auditor: 'any' },
  'credit.read': { platform: 'any', auditor: 'any' },
  'credit.write': { auditor: 'any' },
  'manual.write': { technician: 'any' },
  'meter.read': { auditor: 'any', technician: 'any', owner: 'own' },
  'ledger.read': { auditor: 'any', platform: 'any' },
  'event.read': { platform: 'any', auditor: 'any', technician: 'any', owner: 'own', tenant: 'own' },
  'configuration.read': { auditor: 'any', technician: 'any' },
  'configuration.write': { technician: 'any' },
  'pair.switch': { technician: 'any' },
  'webhook.read': { platform: 'any', technician: 'any', auditor: 'any' },
  'webhook.test': { platform: 'any', technician: 'any' },
  'sink.read': { technician: 'any', auditor: 'any' },
  'sink.write': { technician: 'any' },
  'health.read': { platform: 'any', tenant: 'any', owner: 'any', technician: 'any', auditor: 'any' },
} as const satisfies Record<string, Partial<Record<Role, Scope>>>

export type Action = keyof typeof grants

/** What a tenant needs at the machine, and no more: digits are guessed more easily than a token. */
export const pinActions: ReadonlySet<Action> = new Set([
  'machine.unlock',
  'machine.inspect',
  'report.write',
  'report.read',
  'question.read',
  'session.answer',
  'session.read',
  'receipt.read',
  'session.end',
  'session.resume',
])

/** What is acted upon. Without `tenant` it is the machine itself. */
type Subject = { readonly machine: string; readonly owner: string; readonly tenant?: string }

/** How far a role reaches with an action; undefined: not at all. */
export function scopeOf(role: Role, action: Action): Scope | undefined {
  const row: Partial<Record<Role, Scope>> = grants[action]
  return Object.hasOwn(row, role) ? row[role] : undefined
}

/** Undefined when allowed. Without a subject: whether the caller may do this to any object at all. */
export function decide(principal: Principal, action: Action, subject: Subject | undefined): Refusal | undefined {
  const scope = scopeOf(principal.role, action)
  if (scope === undefined) return refuse('forbidden', `the role ${principal.role} may not do this`)
  if (principal.role === 'tenant' && principal.pin && !pinActions.has(action))
    return refuse('forbidden', 'a PIN is not enough for this')
  if (subject !== undefined && !isWithinKey(principal, subject.machine)) return outsideKey()
  if (scope === 'any' || subject === undefined) return undefined
  return decideOwn(principal, subject)
}

/** Undefined when allowed at this machine. */
export function decideAt(
  principal: Principal,
  action: Action,
  { id, owner }: { readonly id: string; readonly owner: string },
): Refusal | undefined {
  return decide(principal, action, { machine: id, owner })
}

function decideOwn(principal: Principal, subject: Subject): Refusal | undefined {
  switch (principal.role) {
    case 'owner':
      return subject.owner === principal.id ? undefined : refuse('forbidden', 'the machine has another owner')
    case 'tenant':
      if (principal.pin && subject.machine !== principal.claims.machine) return refuse('wrong-machine')
      if (subject.tenant !== undefined)
        return subject.tenant === principal.id ? undefined : refuse('forbidden', 'it belongs to another tenant')
      return subject.machine === principal.claims.machine ? undefined : refuse('wrong-machine')
    case 'technician':
      return subject.tenant === personOf(principal.key) ? undefined : refuse('forbidden', 'it is of another person')
    default:
      return refuse('forbidden')
  }
}
