/**
 * What people put right: corrections of an entry, by an auditor, and what was written by hand while the gateway was
 * away, by a technician. An entry never changes; a correction is another entry, which neither makes nor loses units.
 * Read next: core/people/correction.ts.
 */
import { v7 as uuidv7 } from 'uuid'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import { authoriseTechnician } from '../../core/permission/permission.ts'
import type { Principal } from '../../core/permission/principal.ts'
import { type Adjustment, type By, heldBySession } from '../../core/session/correction.ts'
import { sharesAt } from '../../core/session/shares.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { AskMachine } from '../loops/replies.ts'
import type { Recall } from './recall.ts'

type Correct = Extract<Command, { kind: 'correct' }>
type EnterByHand = Extract<Command, { kind: 'manual-entry' }>

type CorrectionsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly recall: Recall
  ask: AskMachine
  tenantRef(tenant: string): string
  nowMs(): number
  record: RecordEntry
  flush(): Promise<void>
}

type Corrections = {
  /** One after the other: each is judged by what those before it have left. */
  correct(command: Correct): Promise<Outcome>
  enterByHand(command: EnterByHand, machine: MachineLoop): Promise<Outcome>
}

export function createCorrections(deps: CorrectionsDeps): Corrections {
  let last: Promise<void> = Promise.resolve()
  return {
    correct(command) {
      const outcome = last.then(() => correct(deps, command))
      last = outcome.then(() => undefined)
      return outcome
    },
    enterByHand: (command, machine) => enterByHand(deps, command, machine),
  }
}

async function correct(
  { machines, recall, ask }: CorrectionsDeps,
  { principal, correction }: Correct,
): Promise<Outcome> {
  if (principal.role !== 'auditor') return refused(refuse('forbidden'))
  const original = recall.entry(correction.original)
  if (original === undefined) return refused(refuse('not-found', 'the ledger has no such entry'))
  const machine = original.machine === undefined ? undefined : machines.get(original.machine)
  if (machine === undefined) return refused(refuse('not-found', 'the entry is about no machine here'))
  const { session, kind: originalKind } = original
  const unitOf = (meter: string) => machine.state.meters.get(meter)?.unit
  const refusal = refuseUnits(recall, correction.adjust, session, unitOf)
  if (refusal) return refused(refusal)
  const made = { ...correction, id: uuidv7(), by: byOf(principal), originalKind, ...(session ? { session } : {}) }
  return ask(machine, (command) => ({ kind: 'correct', command, correction: made }))
}

/** Units go to and come from the session of the original only, and no more than it has. */
function refuseUnits(
  recall: Recall,
  adjust: readonly Adjustment[],
  id: string | undefined,
  unitOf: (meter: string) => string | undefined,
): Refusal | undefined {
  const touched = adjust.filter(({ from, to }) => from === 'session' || to === 'session')
  if (touched.length === 0) return undefined
  const session = id === undefined ? undefined : recall.session(id)
  if (session === undefined) return refuse('not-in-account', 'the entry is about no session')
  // One that was refused or lapsed has no end either, and evidence of it could hold no units.
  if (session.status !== 'ended') return refuse('not-in-account', 'the session has not ended')
  const earlier = recall.adjustments(session.id)
  for (const { meter } of touched) {
    const unit = unitOf(meter)
    if (unit === undefined) continue // the machine has no such meter, and refuses it
    const held = { meter, unit }
    if (heldBySession(session, held, [...earlier, ...touched]) < 0n)
      return refuse('not-in-account', `the session has ${heldBySession(session, held, earlier)} ${unit} of ${meter}`)
  }
  return undefined
}

async function enterByHand(
  deps: CorrectionsDeps,
  { principal, entry }: EnterByHand,
  { state: { config } }: MachineLoop,
): Promise<Outcome> {
  const refusal = authoriseTechnician(principal, config.id)
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
    shares: sharesAt(config, fromMs).map((share) => ({ ...share })),
  }
  deps.record('ManualEntry', data, config.id)
  await deps.flush()
  return { kind: 'recorded', id }
}

function byOf(principal: Principal): By {
  const { role, id } = principal
  return { role, key: 'key' in principal ? principal.key : '', name: id }
}
