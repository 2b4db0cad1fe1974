/**
 * Credits out of the ledger: what was proposed for a bill, what of it a second person has approved, and the entries
 * that show it. Read next: core/billing/credit.ts (what a credit is worth), statement.ts (where it stands).
 */
import type { Approval, ApprovedCredit, Proposal } from '../core/billing/credit.ts'
import { missedOf, useOf } from '../core/billing/entry.ts'
import type { BilledUse } from '../core/billing/use.ts'
import type { Entry } from '../core/ground/entry.ts'
import type { Reader } from './store/reader.ts'

type Reads = Pick<Reader, 'entries' | 'creditsOf' | 'creditEntries' | 'sessionEnds' | 'missedEntry'>

/** A bill by the id it has in a statement: the entry that ended the session, or that of the booking nobody used. */
export function billedEntry(reader: Reads, id: string): Entry | undefined {
  const { last } = reader.sessionEnds(id)
  return last === undefined ? reader.missedEntry(id) : reader.entries(last, 1)[0]
}

export function billedUse({ kind, body }: Entry): BilledUse | undefined {
  return kind === 'SessionEnded' ? useOf(body) : missedOf(body)
}

export const proposalIn = ({ body }: Entry): Proposal => body.data as unknown as Proposal
const approvalIn = ({ body }: Entry): Approval => body.data as unknown as Approval

/** The approved ones of a bill, in order, each with its proposal. */
export function approvedOf(
  reader: Pick<Reads, 'creditsOf'>,
  original: number,
): { readonly proposal: Entry; readonly approval: Entry }[] {
  const entries = reader.creditsOf(original)
  const proposals = new Map(
    entries.filter(({ kind }) => kind === 'CreditProposed').map((entry) => [proposalIn(entry).id, entry]),
  )
  return entries
    .filter(({ kind }) => kind === 'CreditApproved')
    .map((approval) => ({ proposal: proposals.get(approvalIn(approval).id)!, approval }))
}

/** A credit of a period, the entry it corrects, and the entries that it and those before it rest on. */
export type FoundCredit = {
  readonly credit: ApprovedCredit
  readonly original: Entry
  readonly rests: readonly Entry[]
}

type Within = { readonly fromMs: number; readonly toMs: number; readonly below?: number }

/** Approved at or after `fromMs` and before `toMs`, below a sequence; `limit` + 1 when there are more. */
export function creditsIn(reader: Reads, { fromMs, toMs, below }: Within, limit: number): FoundCredit[] {
  const found: FoundCredit[] = []
  for (const entry of reader.creditEntries(fromMs, toMs, 2 * limit + 1, below)) {
    if (entry.kind !== 'CreditApproved') continue
    const credit = foundCredit(reader, entry)
    if (credit !== undefined) found.push(credit)
    if (found.length > limit) break
  }
  return found
}

function foundCredit(reader: Reads, entry: Entry): FoundCredit | undefined {
  const { original: seq } = approvalIn(entry)
  const original = reader.entries(seq, 1)[0]
  const use = original && billedUse(original)
  if (original === undefined || use === undefined) return undefined
  const all = approvedOf(reader, seq)
  const place = all.findIndex(({ approval }) => approval.seq === entry.seq)
  const [before, { proposal, approval }] = [all.slice(0, place), all[place]!]
  const credit = {
    proposal: proposalIn(proposal),
    approval: approvalIn(approval),
    approvedAtMs: entry.atMs,
    use,
    before: before.map((each) => proposalIn(each.proposal)),
  }
  return { credit, original, rests: all.slice(0, place + 1).flatMap((each) => [each.proposal, each.approval]) }
}
