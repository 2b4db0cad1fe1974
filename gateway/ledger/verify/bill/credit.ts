/**
 * Credits, recomputed: two people made each, every earlier one of its use is here, its units were there to be taken,
 * and it is worth the bill before less the bill after. It shares nothing with the engine that made the statement.
 * Read next: bill.ts, occasion.ts; statement-check.ts (which credits belong to a statement).
 */
import { isObject } from '../../evidence/canonical.ts'
import { parseCount } from '../quantity.ts'
import { type BillSteps, bill, splitJson, taxJson } from './bill.ts'
import { exactText, stepsText, subtract, total } from './exact.ts'
import type { Billed, Mark } from './occasion.ts'
import type { Terms } from './terms.ts'

type Taken = { readonly of: string; readonly at: number; readonly units: bigint }
type Relief = { readonly taken: readonly Taken[]; readonly waive: boolean }

/** A credit, and its use with what earlier credits left of it: undefined when one of them waived it. */
export type Credited = Relief & {
  readonly id: string
  readonly approvedAt: string
  /** As the use was billed. */
  readonly billed: Billed
  readonly before: Billed | undefined
  readonly after: Billed | undefined
  /** What the statement repeats of its entries. */
  readonly said: Data
}

type Data = Readonly<Record<string, unknown>>
type Fault = (why: string, seq: number) => void

/** `bodies`: entries that were opened. `uses`: by the sequence of the entry that ends them. */
export function creditedIn(bodies: readonly Data[], uses: ReadonlyMap<number, Billed>, fault: Fault): Credited[] {
  const approvals = bodies.filter(({ kind }) => kind === 'CreditApproved')
  const inOrder = approvals.toSorted((a, b) => numberOf(a) - numberOf(b))
  const left = new Map<number, { readonly billed: Billed | undefined; readonly number: number }>()
  return inOrder.flatMap((body) => {
    const { data, at, seq } = body
    const wrong = (why: string) => void fault(why, Number(seq))
    const proposal = isObject(data) ? proposalOf(bodies, data.id) : undefined
    if (!isObject(data) || typeof at !== 'string' || proposal === undefined) return wrong('it names no proposal') ?? []
    const original = Number(data.original)
    const billed = uses.get(original)
    const relief = reliefOf(proposal)
    if (billed === undefined || relief === undefined || proposal.original !== data.original)
      return wrong('it corrects no use that is here') ?? []
    if (!isOfTwo(proposal.by, data.by)) return wrong('one person made it') ?? []
    const { billed: before, number } = left.get(original) ?? { billed, number: 0 }
    if (data.number !== number + 1 || before === undefined) return wrong('an earlier one is not here') ?? []
    const after = relief.waive ? undefined : relief.taken.reduce<Billed | undefined>(lessened, before)
    if (after === undefined && !relief.waive) return wrong('it takes more units than the use has') ?? []
    left.set(original, { billed: after, number: number + 1 })
    const said = saidOf(proposal, data)
    return [{ ...relief, id: String(proposal.id), approvedAt: at, billed, before, after, said }]
  })
}

/** What it is worth: below 0. */
export function credit(terms: Terms, { billed, before, after, said, approvedAt }: Credited) {
  const [first, then] = [stepsOf(terms, before), stepsOf(terms, after)]
  const { places, currency } = terms
  // Fewer units may fall into an element of a category that the bill did not have.
  const lines = new Map([...then.taxes, ...first.taxes].map((line) => [line.category, line]))
  const stepsIn = ({ taxes: list }: BillSteps, category: string) => list.find((line) => line.category === category)
  const taxes = [...lines.keys()].sort().map((category) => {
    const [had, left] = [stepsIn(first, category), stepsIn(then, category)]
    return {
      ...lines.get(category)!,
      net: (left?.net ?? 0n) - (had?.net ?? 0n),
      tax: (left?.tax ?? 0n) - (had?.tax ?? 0n),
    }
  })
  const parties = [...new Set([...first.split.keys(), ...then.split.keys()])]
  const split = new Map(parties.map((party) => [party, (then.split.get(party) ?? 0n) - (first.split.get(party) ?? 0n)]))
  const net = taxes.reduce((sum, line) => sum + line.net, 0n)
  const tax = taxes.reduce((sum, line) => sum + line.tax, 0n)
  const exact = subtract(then.exact, first.exact)
  const { when, machine, booking, tenant } = billed
  const head = { bill: billed.id, when, machine, booking, tenant, tariff: terms.pin, currency, approvedAt }
  const sums = { net: stepsText(net, places), tax: stepsText(tax, places), total: stepsText(net + tax, places) }
  const json = {
    ...head,
    ...said,
    ...sums,
    exact: exactText(exact),
    taxes: taxes.map((line) => taxJson(line, places)),
    split: splitJson(split, places),
  }
  return { currency, places, exact, taxes, split, json }
}

function stepsOf(terms: Terms, billed: Billed | undefined): BillSteps {
  if (billed !== undefined) return bill(terms, billed)
  return { currency: terms.currency, places: terms.places, exact: total([]), taxes: [], split: new Map() }
}

function saidOf({ id, original, reason, text, reduce, waive, by }: Data, approval: Data): Data {
  const nameOf = (person: unknown) => (isObject(person) ? person.name : undefined)
  const names = { proposedBy: nameOf(by), approvedBy: nameOf(approval.by) }
  const { number, statements } = approval
  return { id, number, original, statements, reason, text, reduce, ...(waive === true ? { waive } : {}), ...names }
}

const numberOf = ({ data }: Data) => (isObject(data) ? Number(data.number) : 0)

function proposalOf(bodies: readonly Data[], id: unknown): Data | undefined {
  const found = bodies.filter(({ kind, data }) => kind === 'CreditProposed' && isObject(data) && data.id === id)
  return found.length === 1 && isObject(found[0]!.data) ? found[0]!.data : undefined
}

/** Two people, each with a key of their own. */
function isOfTwo(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return false
  return (
    [a.key, b.key, a.name, b.name].every((text) => typeof text === 'string') && a.key !== b.key && a.name !== b.name
  )
}

function reliefOf({ reduce, waive }: Data): Relief | undefined {
  if (!Array.isArray(reduce) || (waive !== undefined && waive !== true)) return undefined
  const taken = reduce.map(takenOf)
  const isEither = (waive === true) !== taken.length > 0
  return isEither && !taken.includes(undefined) ? { taken: taken as Taken[], waive: waive === true } : undefined
}

function takenOf(value: unknown): Taken | undefined {
  if (!isObject(value)) return undefined
  const { of, at, quantity, ...others } = value
  const units = parseCount(quantity)
  if (typeof of !== 'string' || !Number.isSafeInteger(at) || !units || Object.keys(others).length > 0) return undefined
  return { of, at: at as number, units: BigInt(units) }
}

/** The use without these units; undefined when it had fewer between the two readings. */
function lessened(billed: Billed | undefined, { of, at, units }: Taken): Billed | undefined {
  if (billed === undefined) return undefined
  const { marks } = billed
  const next = marks.reduce((place, mark, index) => (mark.at <= at ? index + 1 : place), 0)
  const [before, after] = [marks[next - 1], marks[next]]
  if (before === undefined || after === undefined || held(after, of) - held(before, of) < units) return undefined
  return { ...billed, marks: marks.map((mark, index) => (index < next ? mark : less(mark, of, units))) }
}

const CLOCKS = ['occupied', 'powered', 'executing'] as const
const clockOf = (of: string) => CLOCKS.find((clock) => clock === of)

function held(mark: Mark, of: string): bigint {
  const clock = clockOf(of)
  return clock === undefined ? (mark.readings.find(({ meter }) => meter === of)?.used ?? 0n) : mark[clock]
}

function less(mark: Mark, of: string, units: bigint): Mark {
  const clock = clockOf(of)
  if (clock !== undefined) return { ...mark, [clock]: mark[clock] - units }
  const readings = mark.readings.map((each) => (each.meter === of ? { ...each, used: each.used - units } : each))
  return { ...mark, readings }
}
