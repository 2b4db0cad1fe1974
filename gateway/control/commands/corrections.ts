/**
 * What people put right: corrections of an entry, by an auditor, and what was written by hand while the gateway was
 * away, by a technician. An entry never changes; the correction is another one, and units are neither made nor lost by
 * it.
 * Read next: core/people/correction.ts.
 */

import { v7 as uuidv7 } from 'uuid'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { Entry } from '../../core/ground/entry.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import { authoriseTechnician } from '../../core/permission/permission.ts'
import type { Principal } from '../../core/permission/principal.ts'
import { type Adjustment, type By, heldBySession } from '../../core/session/correction.ts'
import { isOpen, type Session } from '../../core/session/session.ts'
import { sharesAt } from '../../core/session/shares.ts'
import type { RecordEntry } from '../journal.ts'
import type { Ask, MachineLoop } from '../loops/machine-loop.ts'

export type CorrectionsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  ask: Ask
  tenantRef(tenant: string): string
  nowMs(): number
  record: RecordEntry
  flush(): Promise<void>
  readonly recall: {
    session(id: string): Session | undefined
    entry(seq: number): Entry | undefined
    /** What corrections have moved to and from a session. */
    adjustments(session: string): Adjustment[]
  }
}

export type Corrections = {
  /** One after the other: each is held against what those before it have left. */
  correct(command: Extract<Command, { kind: 'correct' }>): Promise<Outcome>
  enterByHand(command: Extract<Command, { kind: 'manual-entry' }>): Promise<Outcome>
}

export function createCorrections(deps: CorrectionsDeps): Corrections {
  const { machines, ask } = deps
  let last: Promise<void> = Promise.resolve()

  async function correct({ principal, correction }: Extract<Command, { kind: 'correct' }>): Promise<Outcome> {
    if (principal.role !== 'auditor') return refused(refuse('forbidden'))
    const original = deps.recall.entry(correction.original)
    if (original === undefined) return refused(refuse('not-found', 'the ledger has no such entry'))
    const machine = original.machine === undefined ? undefined : machines.get(original.machine)
    if (machine === undefined) return refused(refuse('not-found', 'the entry is of no machine here'))
    const refusal = refuseUnits(correction.adjust, original.session)
    if (refusal) return refused(refusal)
    const { session } = original
    return ask(machine, (command) => ({
      kind: 'correct',
      command,
      correction: {
        ...correction,
        id: uuidv7(),
        by: byOf(principal),
        originalKind: original.kind,
        ...(session === undefined ? {} : { session }),
      },
    }))
  }

  /** Units go to and come from the session of the original only, and no more than it has. */
  function refuseUnits(adjust: readonly Adjustment[], id: string | undefined): Refusal | undefined {
    const touched = adjust.filter(({ from, to }) => from === 'session' || to === 'session')
    if (touched.length === 0) return undefined
    const session = id === undefined ? undefined : deps.recall.session(id)
    if (session === undefined) return refuse('not-in-account', 'the entry is of no session')
    if (isOpen(session)) return refuse('not-in-account', 'the session has not ended')
    const earlier = deps.recall.adjustments(session.id)
    for (const { meter } of touched)
      if (heldBySession(session, meter, [...earlier, ...touched]) < 0n)
        return refuse('not-in-account', `the session has ${heldBySession(session, meter, earlier)} of ${meter}`)
    return undefined
  }

  async function enterByHand(command: Extract<Command, { kind: 'manual-entry' }>): Promise<Outcome> {
    const { principal, entry } = command
    const machine = machines.get(command.machine)
    if (machine === undefined) return refused(refuse('not-found'))
    const refusal = authoriseTechnician(principal, command.machine)
    if (refusal) return refused(refusal)
    const { meter, unit, quantity, fromMs, toMs, tenant, reason } = entry
    if (toMs <= fromMs || toMs > deps.nowMs())
      return refused(refuse('bad-request', '`from` must be before `to`, and `to` in the past'))
    const id = uuidv7()
    const data = {
      id,
      meter,
      unit,
      quantity,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      ...(tenant === undefined ? {} : { tenant: deps.tenantRef(tenant) }),
      reason,
      by: { ...byOf(principal) },
      shares: sharesAt(machine.state.config, fromMs).map((share) => ({ ...share })),
    }
    deps.record('ManualEntry', data, command.machine)
    await deps.flush()
    return { kind: 'recorded', id }
  }

  return {
    correct(command) {
      const outcome = last.then(() => correct(command))
      last = outcome.then(() => undefined)
      return outcome
    },
    enterByHand,
  }
}

function byOf(principal: Principal): By {
  const { role, id } = principal
  return { role, key: 'key' in principal ? principal.key : '', name: id }
}
