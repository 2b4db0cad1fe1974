/**
 * The examples of gateway/core/billing/EXAMPLES.md as values: each tariff as a gateway reads it from a site file, each
 * use as entries state it, and the numbers of the bill. Read next: test/core/billing/examples.test.ts.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Relief } from '../../../gateway/core/billing/credit.ts'
import { decimal, type Fraction, fraction, plus, times } from '../../../gateway/core/billing/fraction.ts'
import type { Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { EntryBody, JsonObject } from '../../../gateway/core/ground/entry.ts'
import { edit, goodSite, openFolder } from '../../config/site-folder.ts'
import { creditEntries } from './any-credit.ts'

const PAGE = new URL('../../../gateway/core/billing/EXAMPLES.md', import.meta.url)
const PIN = 'example@1'

type ExpectedLine = {
  /** `free`: none matches; `minimum` and `maximum` are adjustments. */
  readonly element: string
  readonly begin?: string
  readonly quantity?: string
  readonly free: string
  readonly amount: Fraction
}
export type Example = {
  readonly title: string
  readonly tariff: Tariff
  readonly entry: EntryBody
  readonly lines: readonly ExpectedLine[]
  readonly net: string
  readonly tax: string
  readonly total: string
  readonly split: Split
  /** Entries of credits, and what each has to be worth. */
  readonly credits: readonly EntryBody[]
  readonly worth: readonly {
    readonly net: string
    readonly tax: string
    readonly total: string
    readonly split: Split
  }[]
}
type Split = readonly { readonly party: string; readonly amount: string }[] | undefined
type Taken = 'waive' | { readonly of: string; readonly at: string; readonly quantity: string }

type Counts = { readonly [quantity: string]: string }
type Use = {
  readonly when?: 'no-show' | 'cancellation'
  readonly class?: string
  readonly shares?: Readonly<Record<string, string>>
  readonly booked?: readonly [string, string]
  readonly from?: string
  readonly to: string
  readonly readings?: readonly (Counts & { readonly at: string; readonly overrun?: true })[]
  readonly end?: Counts
}

export function readExamples(): Example[] {
  const sections = readFileSync(PAGE, 'utf8').split(/^### /m).slice(1)
  const folder = openFolder()
  try {
    return sections.map((section) => exampleOf(section, (tariff, zone) => tariffOf(folder, tariff, zone)))
  } finally {
    folder.remove()
  }
}

function exampleOf(section: string, read: (tariff: object, zone: string) => Tariff): Example {
  const title = section.split('\n')[0]!
  const [, yaml] = /```yaml\n(.*?)```/s.exec(section)!
  const example = parse(yaml!) as { zone?: string; tariff: object; use: Use; credits?: readonly Taken[] }
  const { zone = 'Asia/Shanghai', tariff, use, credits = [] } = example
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| element'))
  const sums = /^Net (\S+), tax (\S+), total (\S+?)\.(?: Split: (.*)\.)?$/m.exec(section)
  if (sums === null) throw new Error(`${title} has no sums`)
  const [, net, tax, total, split] = sums as unknown as [string, string, string, string, string | undefined]
  const entry = entryOf(use)
  const worth = [...section.matchAll(/^Credit: net (\S+), tax (\S+), total (\S+?)\.(?: Split: (.*)\.)?$/gm)]
  return {
    title,
    tariff: read(tariff, zone),
    entry,
    credits: credits.flatMap((taken, index) => creditEntries(entry, reliefOf(taken), index + 1, 2 * index + 2)),
    worth: worth.map(([, less, lessTax, lessTotal, shared]) => ({
      ...{ net: less!, tax: lessTax!, total: lessTotal! },
      split: splitOf(shared),
    })),
    lines: rows.map(lineOf),
    net,
    tax,
    total,
    split: splitOf(split),
  }
}

function tariffOf(folder: ReturnType<typeof openFolder>, tariff: object, zone: string): Tariff {
  const site = edit(goodSite, 'timezone: Asia/Shanghai', `timezone: ${zone}`)
  return folder.good({ 'site.yaml': `${site}tariffs: ${JSON.stringify({ [PIN]: tariff })}\n` }).config.tariffs[0]!
}

function lineOf(row: string): ExpectedLine {
  const [element, begin, quantity, free, amount] = row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim()) as [string, string, string, string, string]
  const [top, bottom] = amount.split('/')
  const exact = bottom === undefined ? decimal(top!) : fraction(BigInt(top!), BigInt(bottom))
  if (quantity === '') return { element, free: '0', amount: exact }
  return {
    element,
    begin: smallest(begin),
    quantity: smallest(quantity),
    free: free === '' ? '0' : smallest(free),
    amount: exact,
  }
}

function reliefOf(taken: Taken): Relief {
  if (taken === 'waive') return { reduce: [], waive: true }
  return { reduce: [{ of: taken.of, at: Date.parse(taken.at), quantity: smallest(taken.quantity) }] }
}

const splitOf = (text: string | undefined) =>
  text?.split(', ').map((part) => {
    const [party, amount] = part.split(' ') as [string, string]
    return { party, amount }
  })

const UNITS: Readonly<Record<string, bigint>> = { min: 60_000n, h: 3_600_000n, kWh: 1000n, pcs: 1n, use: 1n }

/** `2.5 h` in the smallest unit. */
function smallest(text: string): string {
  const [number, unit] = text.split(' ') as [string, string]
  return times(decimal(number), fraction(UNITS[unit]!)).top.toString()
}

const ms = (counts: Counts, quantity: string) =>
  Number(counts[quantity] === undefined ? '0' : smallest(counts[quantity]))

function entryOf({
  when,
  shares = { owner: '100' },
  booked,
  from,
  to,
  readings = [],
  end = {},
  ...more
}: Use): EntryBody {
  const at = new Date(to).toISOString()
  const [bookedFrom, bookedUntil] = (booked ?? [from!, to]).map((text) => Date.parse(text)) as [number, number]
  const billing = { tariff: PIN, ...(more.class && { class: more.class }), bookedFrom, bookedUntil }
  const common = {
    booking: 'b1',
    tenant: 't1',
    shares: Object.entries(shares).map(([owner, percent]) => ({ owner, percent })),
  }
  const head = {
    seq: 1,
    v: 1 as const,
    site: 'hall',
    machine: 'booth',
    at,
    clock: 'synchronised' as const,
    boot: 'b',
    mono: '1',
  }
  if (when !== undefined) {
    const reason = when === 'no-show' ? { reason: 'no-show' } : {}
    return { ...head, kind: 'BookingCancelled', data: { ...common, ...reason, billing } }
  }
  let overrun = false
  const trace = readings.map((reading): JsonObject => {
    overrun ||= reading.overrun === true
    return {
      at: Date.parse(reading.at),
      when: overrun ? 'overrun' : 'use',
      clocks: clocksOf(reading),
      meters: metersOf(reading),
    }
  })
  const points = (counts: Counts) =>
    metersOf(counts).map(({ meter, unit, total }) => ({ meter, unit, total, epoch: 1, at: 1 }))
  const data = {
    ...common,
    stoppedReason: 'Local',
    startedAt: new Date(from!).toISOString(),
    endedAt: at,
    begin: points({}),
    end: points(end),
    use: metersOf(end).map(({ meter, unit, quantity }) => ({ meter, unit, quantity })),
    clocks: { bookedMs: 0, ...clocksOf(end) },
    billing: { ...billing, trace },
  }
  return { ...head, kind: 'SessionEnded', session: 's1', data }
}

const clocksOf = (counts: Counts) => ({
  occupiedMs: ms(counts, 'occupied'),
  poweredMs: ms(counts, 'powered'),
  executingMs: ms(counts, 'executing'),
})

/** The meters of the booth stand at 7000 when a use begins. */
function metersOf({ energy = '0 kWh', pieces = '0 pcs' }: Counts) {
  const begun = fraction(7000n)
  return [
    { meter: 'booth/energy.energy', unit: 'Wh', quantity: smallest(energy) },
    { meter: 'booth/plc.parts', unit: 'pcs', quantity: smallest(pieces) },
  ].map((each) => ({ ...each, total: plus(begun, decimal(each.quantity)).top.toString() }))
}
