/**
 * A statement: the bills of a period, for a tenant, for an owner, or for the site. Its sums are the sums of what was
 * rounded per use, so that each line of it is what the tenant saw. What is never billed is listed with its reason. The
 * order in which uses are handed in changes nothing. A credit belongs to the period in which it was approved, and names
 * the statements that had the bill. Read next: bill.ts, credit.ts; ledger/verify/bill/ recomputes it from receipts,
 * with code of its own.
 */
import { type Bill, billOf } from './bill.ts'
import { type ApprovedCredit, type Credit, creditOf } from './credit.ts'
import { decimal, type Fraction, moneyText, sum } from './fraction.ts'
import { type Amount, added } from './split.ts'
import type { Tariff } from './tariff.ts'
import type { BilledUse } from './use.ts'

/** Why a use is not billed. */
type Unbilled = 'simulated' | 'override' | 'incomplete' | 'no-tariff' | 'cancelled-in-time'

export type Period = { readonly site: string; readonly from: string; readonly to: string } & (
  | { readonly tenant?: string }
  | { readonly owner?: string }
)

/** What the log keeps of a statement: its hash, SHA-256 of its canonical JSON in hex, and what it is of. */
export type IssuedStatement = {
  readonly sha256: string
  readonly from: string
  readonly to: string
  /** Pseudonym. */
  readonly tenant?: string
  readonly owner?: string
  /** Entries the log had when it was made; it says nothing of later ones. Absent: those before its own. */
  readonly entries?: number
}

export type Statement = Period & {
  readonly bills: readonly Bill[]
  readonly unbilled: readonly { readonly id: string; readonly reason: Unbilled }[]
  /** Absent when there are none. */
  readonly credits?: readonly Credit[]
  /** One per currency and its decimals. */
  readonly totals: readonly Total[]
}

type Total = {
  readonly currency: string
  readonly net: string
  readonly tax: string
  readonly total: string
  readonly taxes: readonly {
    readonly category: string
    readonly percent: string
    readonly net: string
    readonly tax: string
  }[]
  readonly split: readonly Amount[]
}

/** `uses`, `credits`: those of the period. `tariffs`: by `id@version`; each version that a use names is there. */
export function statementOf(
  period: Period,
  uses: readonly BilledUse[],
  tariffs: ReadonlyMap<string, Tariff>,
  approved: readonly ApprovedCredit[] = [],
): Statement {
  const ordered = [...uses].sort((a, b) => a.endedAtMs - b.endedAtMs || (a.id < b.id ? -1 : 1))
  const bills: Bill[] = []
  const unbilled: Statement['unbilled'][number][] = []
  for (const use of ordered) {
    const tariff = tariffs.get(use.tariff ?? '')
    const reason = unbilledFor(use, tariff)
    if (reason === undefined) bills.push(billOf(tariff!, use))
    else unbilled.push({ id: use.id, reason })
  }
  const credits = creditsIn(approved, tariffs)
  const totals = totalsOf([...bills, ...credits])
  return { ...period, bills, unbilled, ...(credits.length === 0 ? {} : { credits }), totals }
}

function creditsIn(approved: readonly ApprovedCredit[], tariffs: ReadonlyMap<string, Tariff>): Credit[] {
  return [...approved]
    .sort((a, b) => a.approvedAtMs - b.approvedAtMs || (a.proposal.id < b.proposal.id ? -1 : 1))
    .flatMap((each) => {
      const tariff = tariffs.get(each.use.tariff ?? '')
      return tariff === undefined || unbilledFor(each.use, tariff) !== undefined ? [] : [creditOf(tariff, each)]
    })
}

/** Undefined: it is billed. */
export function unbilledFor(use: BilledUse, tariff: Tariff | undefined): Unbilled | undefined {
  if (use.simulated) return 'simulated'
  if (use.override) return 'override'
  if (use.incomplete) return 'incomplete'
  if (tariff === undefined) return 'no-tariff'
  const isInTime = use.endedAtMs <= use.booked.fromMs - tariff.freeCancellationMs
  return use.when === 'cancellation' && isInTime ? 'cancelled-in-time' : undefined
}

type Summed = Pick<Bill, 'currency' | 'taxes' | 'net' | 'tax' | 'total' | 'split'>

function totalsOf(bills: readonly Summed[]): Total[] {
  const currencies = [...new Set(bills.map(({ currency }) => currency))].sort()
  return currencies.map((currency) => {
    const own = bills.filter((bill) => bill.currency === currency)
    const digits = Math.max(...own.map(({ total }) => total.split('.')[1]?.length ?? 0))
    const text = (list: readonly Fraction[]) => moneyText(sum(list), digits)
    const taxes = own.flatMap((bill) => bill.taxes)
    const names = [...new Set(taxes.map(({ category, percent }) => `${category} ${percent}`))].sort()
    return {
      currency,
      net: text(own.map(({ net }) => decimal(net))),
      tax: text(own.map(({ tax }) => decimal(tax))),
      total: text(own.map(({ total }) => decimal(total))),
      taxes: names.map((name) => {
        const [category, percent] = name.split(' ') as [string, string]
        const of = taxes.filter((line) => line.category === category && line.percent === percent)
        return {
          category,
          percent,
          net: text(of.map(({ net }) => decimal(net))),
          tax: text(of.map(({ tax }) => decimal(tax))),
        }
      }),
      split: added(
        own.flatMap(({ split }) => split).map(({ party, amount }) => ({ party, amount: decimal(amount) })),
      ).map(({ party, amount }) => ({ party, amount: moneyText(amount, digits) })),
    }
  })
}
