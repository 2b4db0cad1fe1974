/**
 * Who was not let in: one entry per denial, at a bounded rate; the rest are counted in the next entry. What the machine
 * or the gateway could not do is no denial of access, and leaves no entry.
 */
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { decisionOf, type Refusal } from '../../core/ground/refusal.ts'
import { cutText } from '../../core/ground/text.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'

/** AccessDenied entries per minute; more are counted in the next one. */
const MAX_DENIALS = 60
const NOT_DENIED: ReadonlySet<Refusal['code']> = new Set([
  'not-fresh',
  'machine-not-ready',
  'machine-refused',
  'clean-down',
  'inspection-due',
  'inspection-failed',
  'unconfirmed',
  'stopping',
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
}

export function createDenials({ machines, tenantRef, nowMs, record }: DenialsDeps): Denials {
  let denials = { minute: 0, count: 0, suppressed: 0 }

  function note(code: Refusal['code'], what: () => string, machine: string | undefined, untold = 0): void {
    denials.suppressed += untold
    const minute = Math.floor(nowMs() / 60_000)
    if (denials.minute !== minute) denials = { minute, count: 0, suppressed: denials.suppressed }
    if (denials.count >= MAX_DENIALS) {
      denials.suppressed += 1
      return
    }
    denials.count += 1
    const known = machine !== undefined && machines.has(machine) ? machine : undefined
    record(
      'AccessDenied',
      {
        ...decisionOf(code),
        what: cutText(what(), 200),
        ...(denials.suppressed > 0 ? { suppressed: denials.suppressed } : {}),
      },
      known,
    )
    denials.suppressed = 0
  }

  return {
    note,
    refuse(refusal, { principal, machine }) {
      if (NOT_DENIED.has(refusal.code)) return refused(refusal)
      const who = () => (principal.role === 'tenant' ? tenantRef(principal.id) : `${principal.role}:${principal.id}`)
      note(refusal.code, who, machine)
      return refused(refusal)
    },
  }
}
