/**
 * Credits: what a use was billed too much. A credit names units that are taken out between two readings of the use, or
 * waives its whole bill. It is worth the bill before less the bill of the corrected use, so that bands, minimum,
 * maximum, tax and split follow from the same rules. The bill that was made stays as it is.
 * Read next: bill.ts, statement.ts (where credits stand); ledger/verify/bill/credit.ts recomputes them on its own.
 */
import { type Refusal, refuse } from '../ground/refusal.ts'
import { type Bill, billOf } from './bill.ts'
import { decimal, fractionText, isBelow, minus, moneyText, readFraction, ZERO } from './fraction.ts'
import type { Amount } from './split.ts'
import type { Tariff } from './tariff.ts'
import type { BilledUse, TracePoint } from './use.ts'

/** Reductions in one credit. */
export const MOST_REDUCTIONS = 50

/** Units that the use had between the last reading at or before `at`, UTC ms, and the next. */
type Reduction = {
  /** `occupied`, `powered` or `executing`, or a meter as `machine/alias.name`. */
  readonly of: string
  readonly at: number
  /** Smallest units, decimal text. */
  readonly quantity: string
}

export type Relief = { readonly reduce: readonly Reduction[]; readonly waive?: true }

type Person = { readonly role: string; readonly key: string; readonly name: string }

/** What the entry `CreditProposed` holds. */
export type Proposal = Relief & {
  /** UUIDv7. */
  readonly id: string
  /** Sequence of the entry whose bill it corrects. */
  readonly original: number
  readonly reason: string
  readonly text: string
  readonly by: Person
}

/** What the entry `CreditApproved` holds. */
export type Approval = {
  readonly id: string
  readonly original: number
  /** 1 for the first credit of this use; each is worth what those before it have left. */
  readonly number: number
  /** Hashes of the statements that were issued with the bill. */
  readonly statements: readonly string[]
  readonly by: Person
}

/** A credit that two people have made, and the use whose bill it corrects. */
export type ApprovedCredit = {
  readonly proposal: Proposal
  readonly approval: Approval
  readonly approvedAtMs: number
  readonly use: BilledUse
  /** Those of the same use with a lower number, in order. */
  readonly before: readonly Relief[]
}

/** A credit as a statement has it: its amounts are below 0. */
export type Credit = Pick<Bill, 'when' | 'machine' | 'booking' | 'tenant' | 'tariff' | 'currency'> & {
  readonly id: string
  readonly number: number
  /** The `id` of the bill. */
  readonly bill: string
  readonly original: number
  readonly statements: readonly string[]
  readonly approvedAt: string
  readonly proposedBy: string
  readonly approvedBy: string
  readonly reason: string
  readonly text: string
  readonly reduce: readonly Reduction[]
  readonly waive?: true
} & Worth

type Worth = Pick<Bill, 'exact' | 'taxes' | 'net' | 'tax' | 'total' | 'split'>

export function creditOf(tariff: Tariff, { proposal, approval, approvedAtMs, use, before }: ApprovedCredit): Credit {
  const { id, original, reason, text, reduce, waive } = proposal
  const { when, machine, booking, tenant, tariff: pin, currency } = billOf(tariff, use)
  return {
    id,
    number: approval.number,
    bill: use.id,
    original,
    statements: approval.statements,
    approvedAt: new Date(approvedAtMs).toISOString(),
    proposedBy: proposal.by.name,
    approvedBy: approval.by.name,
    reason,
    text,
    when,
    machine,
    booking,
    tenant,
    tariff: pin,
    currency,
    reduce: reduce.map(({ of, at, quantity }) => ({ of, at, quantity })),
    ...(waive === undefined ? {} : { waive }),
    ...worthOf(tariff, use, before, proposal),
  }
}

/** Why a credit cannot be made of a use, with those before it; undefined: it can. */
export function refuseCredit(
  tariff: Tariff,
  use: BilledUse,
  before: readonly Relief[],
  relief: Relief,
): Refusal | undefined {
  if (before.some(({ waive }) => waive)) return refuse('not-in-account', 'the whole bill was waived before')
  if ((relief.waive === true) === relief.reduce.length > 0)
    return refuse('bad-request', 'it either waives the bill or takes units out of it')
  if (corrected(use, [...before, relief]) === undefined)
    return refuse('not-in-account', 'the use has fewer units between the two readings')
  const { total } = worthOf(tariff, use, before, relief)
  return isBelow(decimal(total), ZERO) ? undefined : refuse('bad-request', 'the bill would not be lower')
}

/** Whether two people made it. */
export const isOfTwo = (a: Person, b: Person): boolean => a.key !== b.key && a.name !== b.name

function worthOf(tariff: Tariff, use: BilledUse, before: readonly Relief[], relief: Relief): Worth {
  const earlier = worthAfter(tariff, use, before)
  const later = worthAfter(tariff, use, [...before, relief])
  const { digits } = tariff
  const less = (a = '0', b = '0') => moneyText(minus(decimal(a), decimal(b)), digits)
  const names = (list: readonly Amount[]) => list.map(({ party }) => party)
  const amountOf = (list: readonly Amount[], party: string) => list.find((each) => each.party === party)?.amount
  const parties = [...new Set([...names(earlier.split), ...names(later.split)])].sort()
  return {
    exact: fractionText(minus(readFraction(later.exact), readFraction(earlier.exact))),
    taxes: categoriesOf(earlier, later).map(({ category, percent }) => {
      const [had, left] = [earlier, later].map(({ taxes }) => taxes.find((each) => each.category === category))
      return { category, percent, net: less(left?.net, had?.net), tax: less(left?.tax, had?.tax) }
    }),
    net: less(later.net, earlier.net),
    tax: less(later.tax, earlier.tax),
    total: less(later.total, earlier.total),
    split: parties.map((party) => ({
      party,
      amount: less(amountOf(later.split, party), amountOf(earlier.split, party)),
    })),
  }
}

/** By name. Fewer units may fall into an element of another category than before. */
function categoriesOf(earlier: Worth, later: Worth): Worth['taxes'] {
  const added = later.taxes.filter(({ category }) => earlier.taxes.every((each) => each.category !== category))
  return [...earlier.taxes, ...added].sort((a, b) => (a.category < b.category ? -1 : 1))
}

const NOTHING: Worth = { exact: '0', taxes: [], net: '0', tax: '0', total: '0', split: [] }

function worthAfter(tariff: Tariff, use: BilledUse, reliefs: readonly Relief[]): Worth {
  if (reliefs.some(({ waive }) => waive)) return NOTHING
  return billOf(tariff, corrected(use, reliefs) ?? use)
}

/** The use without the units of all reductions; undefined when it has fewer. */
function corrected(use: BilledUse, reliefs: readonly Relief[]): BilledUse | undefined {
  let trace: readonly TracePoint[] | undefined = use.trace
  for (const reduction of reliefs.flatMap(({ reduce }) => reduce)) trace = trace && reduced(trace, reduction)
  return trace && { ...use, trace }
}

function reduced(trace: readonly TracePoint[], { of, at, quantity }: Reduction): readonly TracePoint[] | undefined {
  const from = trace.findLastIndex(({ atMs }) => atMs <= at)
  const [begin, end] = [trace[from], trace[from + 1]]
  const units = BigInt(quantity)
  if (begin === undefined || end === undefined || units <= 0n) return undefined
  if (countOf(end, of) - countOf(begin, of) < units) return undefined
  return trace.map((point, index) => (index <= from ? point : without(point, of, units)))
}

const clocks = { occupied: 'occupiedMs', powered: 'poweredMs', executing: 'executingMs' } as const

function clockNamed(of: string): (typeof clocks)[keyof typeof clocks] | undefined {
  return Object.hasOwn(clocks, of) ? clocks[of as keyof typeof clocks] : undefined
}

function countOf(point: TracePoint, of: string): bigint {
  const clock = clockNamed(of)
  if (clock !== undefined) return BigInt(point.clocks[clock])
  return BigInt(point.meters.find(({ meter }) => meter === of)?.quantity ?? '0')
}

function without(point: TracePoint, of: string, units: bigint): TracePoint {
  const clock = clockNamed(of)
  if (clock !== undefined)
    return { ...point, clocks: { ...point.clocks, [clock]: point.clocks[clock] - Number(units) } }
  const meters = point.meters.map((each) =>
    each.meter === of ? { ...each, quantity: (BigInt(each.quantity) - units).toString() } : each,
  )
  return { ...point, meters }
}
