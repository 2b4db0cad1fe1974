/**
 * Credits of some uses, as the entries of a ledger state them: bills that are waived, and units taken out between two
 * readings, once or twice for one use. By a seed. Read next: any-use.ts.
 */
import {
  type Approval,
  type ApprovedCredit,
  type Proposal,
  type Relief,
  refuseCredit,
} from '../../../gateway/core/billing/credit.ts'
import { missedOf, useOf } from '../../../gateway/core/billing/entry.ts'
import { unbilledFor } from '../../../gateway/core/billing/statement.ts'
import { pinOf, type Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { BilledUse } from '../../../gateway/core/billing/use.ts'
import type { EntryBody, EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import type { Choose } from './any-tariff.ts'

const CLOCKS = ['occupied', 'powered', 'executing'] as const
const TRIES = 6

export const useIn = (entry: EntryBody): BilledUse | undefined =>
  entry.kind === 'SessionEnded' ? useOf(entry) : missedOf(entry)

/** Two entries per credit: who proposes, and who approves. Their sequences follow those of `entries`. */
export function anyCredits(
  choose: Choose,
  entries: readonly EntryBody[],
  tariffs: readonly Tariff[],
  firstSeq: number,
): EntryBody[] {
  const { chance } = choose
  const made: EntryBody[] = []
  for (const entry of entries) {
    const use = useIn(entry)
    const tariff = tariffs.find((each) => pinOf(each) === use?.tariff)
    if (use === undefined || tariff === undefined || unbilledFor(use, tariff) !== undefined || !chance(0.25)) continue
    const before: Relief[] = []
    for (let number = 1; number === 1 || chance(0.3); number++) {
      const relief = anyRelief(choose, tariff, use, before)
      if (relief === undefined) break
      made.push(...creditEntries(entry, relief, number, firstSeq + made.length))
      before.push(relief)
    }
  }
  return made
}

/** As the gateway would have found them. */
export function approvedIn(credits: readonly EntryBody[], entries: readonly EntryBody[]): ApprovedCredit[] {
  const proposalOf = ({ data }: EntryBody) =>
    credits.find((each) => each.kind === 'CreditProposed' && each.data.id === data.id)!.data as unknown as Proposal
  const approvals = credits.filter(({ kind }) => kind === 'CreditApproved')
  return approvals.map((entry) => {
    const approval = entry.data as unknown as Approval
    const earlier = approvals.filter(
      ({ data }) => data.original === approval.original && Number(data.number) < approval.number,
    )
    return {
      proposal: proposalOf(entry),
      approval,
      approvedAtMs: Date.parse(entry.at),
      use: useIn(entries.find(({ seq }) => seq === approval.original)!)!,
      before: earlier.map(proposalOf),
    }
  })
}

function anyRelief(choose: Choose, tariff: Tariff, use: BilledUse, before: readonly Relief[]): Relief | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const relief: Relief =
      choose.chance(0.3) || use.trace.length === 0
        ? { reduce: [], waive: true }
        : { reduce: anyReductions(choose, use) }
    if (refuseCredit(tariff, use, before, relief) === undefined) return relief
  }
  return undefined
}

function anyReductions({ pick, whole, chance }: Choose, { trace }: BilledUse): Relief['reduce'] {
  const names = [...CLOCKS, ...trace.at(-1)!.meters.map(({ meter }) => meter)]
  const one = () => {
    const place = whole(0, trace.length - 2)
    const [begin, end] = [trace[place]!, trace[place + 1]!]
    const of = pick(names)
    const clock = CLOCKS.find((name) => name === of)
    const count = (point: typeof begin) =>
      clock === undefined
        ? Number(point.meters.find(({ meter }) => meter === of)?.quantity ?? '0')
        : point.clocks[`${clock}Ms`]
    const most = Math.max(1, Math.min(1_000_000_000, count(end) - count(begin)))
    return { of, at: begin.atMs, quantity: String(whole(1, most)) }
  }
  return chance(0.3) ? [one(), one()] : [one()]
}

/** Who proposes, and who approves. */
export function creditEntries(original: EntryBody, relief: Relief, number: number, seq: number): EntryBody[] {
  const id = `c-${original.seq}-${number}`
  const person = (name: string) => ({ role: 'auditor', key: `k-${name}`, name })
  const { machine, session, at, site, v, clock, boot, mono } = original
  const entry = (kind: EntryKind, place: number, data: JsonObject): EntryBody => ({
    ...{ seq: place, kind, v, site, at, clock, boot, mono, data },
    ...(machine && { machine }),
    ...(session && { session }),
  })
  const reduce = relief.reduce.map((each) => ({ ...each }))
  const said = { reduce, ...(relief.waive && { waive: true as const }), reason: 'reading', text: 'it was read twice' }
  return [
    entry('CreditProposed', seq, { id, original: original.seq, ...said, by: person('chen') }),
    entry('CreditApproved', seq + 1, {
      ...{ id, original: original.seq, number, statements: ['ab'.repeat(32)] },
      by: person('wang'),
    }),
  ]
}
