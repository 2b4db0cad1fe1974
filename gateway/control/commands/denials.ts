/**
 * Who was not let in. The first denial of a cause is recorded at once; while it goes on, one entry per minute says
 * how many there were. Entries stay for ever and anybody can be denied without a credential, so that a day has room for
 * only so many; what finds no room is counted in the next entry. What the machine or the gateway could not do is no
 * denial of access, and leaves no entry.
 */
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { decisionOf, type Refusal } from '../../core/ground/refusal.ts'
import { cutText } from '../../core/ground/text.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'

/** Causes that are told apart within a minute. */
export const MAX_CAUSES = 60
/**
 * Entries per day of callers whose credential was good, and of those whose was not, so that the latter cannot use up
 * the room of the former. With the one per hour beyond, at most 348 of about 400 bytes: 50 MB a year under attack.
 */
export const MAX_PER_DAY = { known: 200, unknown: 100 } as const
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const NOT_DENIED: ReadonlySet<Refusal['code']> = new Set([
  'not-fresh',
  'machine-not-ready',
  'machine-refused',
  'clean-down',
  'inspection-due',
  'inspection-failed',
  'answers-due',
  'unconfirmed',
  'stopping',
])
/** The credential itself was not good. */
const UNKNOWN_CALLER: ReadonlySet<Refusal['code']> = new Set([
  'unauthenticated',
  'token-malformed',
  'token-forged',
  'token-expired',
  'token-not-yet',
  'token-revoked',
  'pin-wrong',
])

type DenialsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  tenantRef(tenant: string): string
  nowMs(): number
  record: RecordEntry
}

export type Denials = {
  /** `untold`: so many more denials that are counted here and nowhere else. */
  note(code: Refusal['code'], what: () => string, machine: string | undefined, untold?: number): void
  /** Notes it where it is a denial of access, and returns the answer. */
  refuse(refusal: Refusal, asked: { readonly principal: Principal; readonly machine: string }): Outcome
  /** Records what is only counted yet. */
  flush(): void
}

type Cause = { readonly code: Refusal['code']; readonly data: JsonObject; readonly machine?: string; counted: number }

export function createDenials({ machines, tenantRef, nowMs, record }: DenialsDeps): Denials {
  /** Causes of this minute, and those of the one before that went on. */
  const causes = new Map<string, Cause>()
  const rooms = { known: createRoom(MAX_PER_DAY.known), unknown: createRoom(MAX_PER_DAY.unknown) }
  let suppressed = 0
  let due: NodeJS.Timeout | undefined

  function write({ code, data, machine }: Cause, count: number): void {
    if (!rooms[UNKNOWN_CALLER.has(code) ? 'unknown' : 'known'](nowMs())) {
      suppressed += count
      return
    }
    record(
      'AccessDenied',
      { ...data, ...(count > 1 ? { count } : {}), ...(suppressed > 0 ? { suppressed } : {}) },
      machine,
    )
    suppressed = 0
  }

  function flush(): void {
    for (const [key, cause] of causes) {
      if (cause.counted === 0) causes.delete(key)
      else write(cause, cause.counted)
      cause.counted = 0
    }
    clearTimeout(due)
    due = causes.size === 0 ? undefined : setTimeout(flush, MINUTE_MS).unref()
  }

  function note(code: Refusal['code'], what: () => string, machine: string | undefined, untold = 0): void {
    suppressed += untold
    due ??= setTimeout(flush, MINUTE_MS).unref()
    const data = { ...decisionOf(code), what: cutText(what(), 200) }
    const at = machine !== undefined && machines.has(machine) ? { machine } : {}
    const key = JSON.stringify([data, at])
    const known = causes.get(key)
    if (known !== undefined) known.counted += 1
    else if (causes.size >= MAX_CAUSES) suppressed += 1
    else {
      const cause = { code, data, ...at, counted: 0 }
      causes.set(key, cause)
      write(cause, 1)
    }
  }

  return {
    note,
    flush,
    refuse(refusal, { principal, machine }) {
      if (NOT_DENIED.has(refusal.code)) return refused(refusal)
      const who = () => (principal.role === 'tenant' ? tenantRef(principal.id) : `${principal.role}:${principal.id}`)
      note(refusal.code, who, machine)
      return refused(refusal)
    },
  }
}

/** So many per day, and beyond that one per hour. */
function createRoom(most: number): (nowMs: number) => boolean {
  let day = 0
  let hour = 0
  let used = 0
  return (nowMs) => {
    const [today, thisHour] = [Math.floor(nowMs / DAY_MS), Math.floor(nowMs / HOUR_MS)]
    if (today !== day) used = 0
    const hasRoom = used < most || thisHour !== hour
    day = today
    if (!hasRoom) return false
    used += 1
    hour = thisHour
    return true
  }
}
