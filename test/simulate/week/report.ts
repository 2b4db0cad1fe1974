/**
 * What sharing was worth in a week: the figures of both worlds, the fees and who gets them, and how far what the
 * cluster says of itself is reached, under which assumptions. It reads the bundles of the two ledgers and nothing else.
 * Read next: figures.ts, recompute.py (which computes all of it anew).
 */
import { join } from 'node:path'
import { decimal, moneyText, plus, ZERO } from '../../../gateway/core/billing/fraction.ts'
import { type Statement, statementOf } from '../../../gateway/core/billing/statement.ts'
import { pinOf, type Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { Entry } from '../../../gateway/core/ground/entry.ts'
import { billedUse } from '../../../gateway/ledger/credits.ts'
import { type Assumptions, claims, type Kind, kinds, type World, worlds } from './assumptions.ts'
import { figuresOf, quotient, type WorldFigures } from './figures.ts'
import { entriesOf } from './ledger.ts'
import type { Week } from './play.ts'

export type Report = {
  readonly seed: number
  readonly days: number
  readonly worlds: Readonly<Record<World, WorldFigures>>
  readonly fees: Fees
  /** Machines that the firms have without sharing, less those of the centre. */
  readonly notBought: Readonly<Record<Kind, number>>
  readonly claims: Readonly<Record<keyof typeof claims, Claim>>
}

type Fees = {
  readonly currency: string
  readonly bills: number
  readonly net: string
  readonly tax: string
  readonly total: string
  readonly split: readonly { readonly party: string; readonly amount: string }[]
  /** Of each firm that was billed, its total. */
  readonly leastOfAFirm: string
  readonly medianOfAFirm: string
  readonly mostOfAFirm: string
  readonly unbilled: number
}

type Claim = {
  readonly own: string
  readonly shared: string
  /** Percent by which sharing lowers it, and what the cluster says. */
  readonly lower: string
  readonly said: string
  readonly reached: boolean
  /** Firms of this kind that it takes until it is reached; absent where their number changes nothing. */
  readonly fromFirms?: number
  /** The assumptions that decide it. */
  readonly restsOn: readonly string[]
}

export function reportOf(folder: string, { seed, days, given }: Week): Report {
  const entries = Object.fromEntries(
    worlds.map((world) => [world, entriesOf(join(folder, world, 'bundle.ndjson'))]),
  ) as unknown as Record<World, readonly Entry[]>
  const shared = figuresOf(entries.shared, 'shared', days, given)
  const own = figuresOf(entries.own, 'own', days, given)
  return {
    seed,
    days,
    worlds: { shared, own },
    fees: feesOf(entries.shared),
    notBought: Object.fromEntries(
      kinds.map((kind) => [kind, own.kinds[kind].machines - shared.kinds[kind].machines]),
    ) as Record<Kind, number>,
    claims: claimsOf(shared, own, given),
  }
}

function feesOf(entries: readonly Entry[]): Fees {
  const tariffs = entries
    .filter(({ kind }) => kind === 'TariffPublished')
    .map(({ body }) => body.data as unknown as Tariff)
  const uses = entries
    .filter(({ kind }) => kind === 'SessionEnded' || kind === 'BookingCancelled')
    .flatMap((entry) => billedUse(entry) ?? [])
  const period = { site: '', from: '', to: '' }
  const statement = statementOf(period, uses, new Map(tariffs.map((tariff) => [pinOf(tariff), tariff])))
  const [sums] = statement.totals
  const firms = totalsOfFirms(statement)
  return {
    currency: sums?.currency ?? '',
    bills: statement.bills.length,
    net: sums?.net ?? '0',
    tax: sums?.tax ?? '0',
    total: sums?.total ?? '0',
    split: (sums?.split ?? []).map(({ party, amount }) => ({ party, amount })),
    leastOfAFirm: firms[0] ?? '0',
    medianOfAFirm: firms[Math.max(0, Math.ceil(firms.length / 2) - 1)] ?? '0',
    mostOfAFirm: firms.at(-1) ?? '0',
    unbilled: statement.unbilled.length,
  }
}

function totalsOfFirms({ bills }: Statement): string[] {
  const byFirm = Map.groupBy(bills, ({ tenant }) => tenant)
  return [...byFirm.values()]
    .map((own) => own.reduce((sum, { total }) => plus(sum, decimal(total)), ZERO))
    .sort((a, b) => Number(a.top * b.bottom - b.top * a.bottom))
    .map((sum) => moneyText(sum, 2))
}

function claimsOf(shared: WorldFigures, own: WorldFigures, { models, firms }: Assumptions): Report['claims'] {
  const ofMachines = (figures: WorldFigures, world: World, of: 'price' | 'floor') =>
    kinds.reduce((sum, kind) => sum + figures.kinds[kind].machines * models[world][kind][of], 0)
  const bought = (what: 'capital' | 'floor', of: 'price' | 'floor', unit: string): Claim => {
    const [alone, together] = [ofMachines(own, 'own', of), ofMachines(shared, 'shared', of)]
    // What each firm has alone times so many firms, less the part that is said, is what the centre has.
    const fromFirms = Math.ceil((100 * together * firms) / ((100 - claims[what]) * alone))
    const restsOn = [`models.*.*.${of}`, 'centre', 'firms']
    return { ...claim(claims[what], [alone, 1], [together, 1], 0, unit), fromFirms, restsOn }
  }
  // Time at saw and edge bander for each piece that was cut: setting up, making, cleaning.
  const prepared = ({ kinds: { saw, bander } }: WorldFigures) =>
    [saw.occupiedMs + bander.occupiedMs, saw.pieces * 60_000] as const
  const restsOn = ['cycleS', 'setUpMinutes', 'cleanMinutes'].map((each) => `models.*.*.${each}`)
  return {
    capital: bought('capital', 'price', 'CNY'),
    floor: bought('floor', 'floor', 'm²'),
    preparation: {
      ...claim(claims.preparation, prepared(own), prepared(shared), 2, 'min a piece'),
      restsOn: [...restsOn, 'pieces'],
    },
  }
}

/** A quantity of both worlds as a whole number over another. */
type Part = readonly [top: number, bottom: number]

function claim(said: number, own: Part, shared: Part, digits: number, unit: string): Omit<Claim, 'restsOn'> {
  const lower = quotient(100 * (own[0] * shared[1] - shared[0] * own[1]), own[0] * shared[1], 1)
  return {
    own: `${quotient(...own, digits)} ${unit}`,
    shared: `${quotient(...shared, digits)} ${unit}`,
    lower,
    said: String(said),
    reached: Number(lower) >= said,
  }
}
