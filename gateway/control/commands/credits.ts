/**
 * Credits of bills: one auditor proposes, another approves, and nothing counts before that. Each is judged by what the
 * credits approved before it have left of the use. Nothing recorded is ever changed; a statement of the period of the
 * approval has the amounts.
 * Read next: core/billing/credit.ts, ledger/credits.ts.
 */
import { v7 as uuidv7 } from 'uuid'
import { isOfTwo, type Proposal, refuseCredit } from '../../core/billing/credit.ts'
import { type IssuedStatement, unbilledFor } from '../../core/billing/statement.ts'
import type { Tariff } from '../../core/billing/tariff.ts'
import type { BilledUse } from '../../core/billing/use.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { Entry, JsonObject } from '../../core/ground/entry.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import { isWithinKey, outsideKey } from '../../core/permission/permission.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { By } from '../../core/session/correction.ts'
import { approvedOf, billedUse, proposalIn } from '../../ledger/credits.ts'
import type { RecordEntry } from '../journal.ts'
import type { Recall } from './recall.ts'

type Propose = Extract<Command, { kind: 'propose-credit' }>
type Approve = Extract<Command, { kind: 'approve-credit' }>

type CreditsDeps = {
  readonly recall: Recall
  /** By `id@version`. */
  readonly tariffs: ReadonlyMap<string, Tariff>
  record: RecordEntry
  flush(): Promise<void>
}

type Credits = { take(command: Propose | Approve): Promise<Outcome> }

export function createCredits(deps: CreditsDeps): Credits {
  let last: Promise<void> = Promise.resolve()
  return {
    take(command) {
      const work = () => (command.kind === 'propose-credit' ? propose(deps, command) : approve(deps, command))
      const outcome = last.then(work)
      // The next waits for this one, whatever becomes of it; who has asked is told.
      last = outcome.then(
        () => undefined,
        () => undefined,
      )
      return outcome
    },
  }
}

async function propose(deps: CreditsDeps, { principal, bill, ...asked }: Propose): Promise<Outcome> {
  const by = auditorOf(principal)
  if (by === undefined) return refused(refuse('forbidden'))
  const original = deps.recall.billed(bill)
  if (original === undefined) return refused(refuse('not-found', 'there is no such bill'))
  const refusal = refuseAt(principal, original) ?? refuseOf(deps, original, asked)
  if (refusal) return refused(refusal)
  const id = uuidv7()
  const { reduce, waive, reason, text } = asked
  record(deps, 'CreditProposed', original, {
    id,
    original: original.seq,
    reduce: reduce.map((each) => ({ ...each })),
    ...(waive === undefined ? {} : { waive }),
    reason,
    text,
    by: { ...by },
  })
  await deps.flush()
  return { kind: 'recorded', id }
}

async function approve(deps: CreditsDeps, { principal, id }: Approve): Promise<Outcome> {
  const by = auditorOf(principal)
  if (by === undefined) return refused(refuse('forbidden'))
  const [proposed, approved] = deps.recall.credit(id)
  if (proposed === undefined) return refused(refuse('not-found', 'there is no such credit'))
  if (approved !== undefined) return { kind: 'recorded', id }
  const proposal = proposalIn(proposed)
  if (!isOfTwo(proposal.by, by)) return refused(refuse('forbidden', 'another person has to approve it'))
  const original = deps.recall.entry(proposal.original)
  if (original === undefined) return refused(refuse('not-found', 'there is no such bill'))
  const refusal = refuseAt(principal, original) ?? refuseOf(deps, original, proposal)
  if (refusal) return refused(refusal)
  record(deps, 'CreditApproved', original, {
    id,
    original: original.seq,
    number: approvedOf(deps.recall, original.seq).length + 1,
    statements: statementsWith(deps.recall.statements(), original, billedUse(original)!),
    by: { ...by },
  })
  await deps.flush()
  return { kind: 'recorded', id }
}

/** Why nothing can be credited of a bill now; undefined: it can. */
function refuseOf(
  { recall, tariffs }: CreditsDeps,
  original: Entry,
  relief: Pick<Proposal, 'reduce' | 'waive'>,
): Refusal | undefined {
  const use = billedUse(original)
  const tariff = tariffs.get(use?.tariff ?? '')
  if (use === undefined || tariff === undefined || unbilledFor(use, tariff) !== undefined)
    return refuse('not-in-account', 'nothing was billed for it')
  const before = approvedOf(recall, original.seq).map(({ proposal }) => proposalIn(proposal))
  return refuseCredit(tariff, use, before, relief)
}

function refuseAt(principal: Principal, { machine = '' }: Entry): Refusal | undefined {
  return isWithinKey(principal, machine) ? undefined : outsideKey()
}

/** The statements that have the bill of a use, newest first. */
function statementsWith(issued: readonly Entry[], { seq }: Entry, { endedAtMs, tenant, shares }: BilledUse): string[] {
  const has = ({ from, to, ...of }: Required<Pick<IssuedStatement, 'entries'>> & IssuedStatement) =>
    seq < of.entries &&
    Date.parse(from) <= endedAtMs &&
    endedAtMs < Date.parse(to) &&
    (of.tenant ?? tenant) === tenant &&
    (of.owner === undefined || shares.some(({ owner }) => owner === of.owner))
  const statements = issued.map((entry) => ({
    entries: entry.seq,
    ...(entry.body.data as unknown as IssuedStatement),
  }))
  return [...new Set(statements.filter(has).map(({ sha256 }) => sha256))]
}

function record({ record: put }: CreditsDeps, kind: 'CreditProposed' | 'CreditApproved', of: Entry, data: JsonObject) {
  put(kind, data, of.machine, of.session)
}

function auditorOf(principal: Principal): By | undefined {
  if (principal.role !== 'auditor') return undefined
  return { role: principal.role, key: principal.key, name: principal.id }
}
