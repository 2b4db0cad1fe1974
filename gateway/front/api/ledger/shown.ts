/**
 * An entry as an event shows it to a role: no more of people and tenants than the views of that role do. Where
 * something was left out the body says `redacted` and is no longer what was hashed; the platform and auditors get all
 * of it.
 * Read next: event-stream.ts (who gets which entries), sessions/session-body.ts, usage/by-hand.ts (the views).
 */
import type { Entry, EntryBody, EntryKind, JsonObject } from '../../../core/ground/entry.ts'
import type { Role } from '../../../core/permission/principal.ts'

type ShownBody = EntryBody & { readonly redacted?: true }

/** Names and ids of the keys of all people are for no one whose key may be narrowed to one machine. */
const OF_PEOPLE: ReadonlySet<EntryKind> = new Set(['KeyAdded', 'KeyRevoked'])

/** Undefined when the role sees nothing of it. */
export function toShown({ kind, body }: Entry, role: Role): ShownBody | undefined {
  if (role === 'platform' || role === 'auditor') return body
  if (OF_PEOPLE.has(kind) && body.data.role !== 'log') return undefined
  const data = redacted(body.data, role)
  return data === body.data ? body : { ...body, data, redacted: true }
}

function redacted(data: JsonObject, role: Role): JsonObject {
  // A denied tenant is named by the pseudonym.
  const left = role === 'technician' ? without(data, 'tenant', ...(isPseudonym(data.what) ? ['what'] : [])) : data
  const { by } = left
  if (by === null || typeof by !== 'object' || Array.isArray(by)) return left
  const hidden = { technician: ['key', 'tenant'], owner: ['key'], tenant: ['key', 'name', 'tenant'] } as const
  const person = without(by as JsonObject, ...hidden[role as keyof typeof hidden])
  return person === by ? left : { ...left, by: person }
}

const isPseudonym = (text: unknown) => typeof text === 'string' && text.startsWith('t-')

/** The same object when it has none of them. */
function without(data: JsonObject, ...names: readonly string[]): JsonObject {
  if (!names.some((name) => Object.hasOwn(data, name))) return data
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)))
}
