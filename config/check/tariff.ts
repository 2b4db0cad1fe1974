/**
 * What no schema can say about tariffs: units that fit, taxes that exist, splits that add up, elements that can win,
 * and machines that have what is billed. Whether a version was published with other content before, only the ledger
 * knows. Pure. Read next: tariff-cells.ts, config/document/tariff.ts.
 */

import { decimal, isBelow, sum } from '../../gateway/core/billing/fraction.ts'
import { changesPerWeek, MOST_CHANGES } from '../../gateway/core/billing/hours.ts'
import { isCounted, type Tariff, type TariffElement, unitsOf } from '../../gateway/core/billing/tariff.ts'
import { isDay } from '../../gateway/core/ground/day.ts'
import type { ConfigDocument, Path } from '../document/document.ts'
import type { Profiles, SiteDraft } from '../document/draft.ts'
import type { FaultCode } from '../document/fault.ts'
import { suggest } from '../document/suggest.ts'
import { measureOf, tariffOf } from '../document/tariff.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import { type Cell, type CellFault, cellCount, cellFaults, MOST_CELLS } from './tariff-cells.ts'

type TariffFile = NonNullable<SiteFile['tariffs']>[string]
type Complain = (path: Path, code: FaultCode, message: string, advice: string) => void

/** A site with other faults is not judged: what a tariff means hangs on each of its fields. */
export function checkTariffs(document: ConfigDocument, draft: SiteDraft, profiles: Profiles): void {
  if (document.faults.length > 0) return
  const { tariffs = {}, machines, timezone } = draft as SiteFile
  for (const [pin, file] of Object.entries(tariffs)) {
    const fault: Complain = (path, ...words) => document.fault(['tariffs', pin, ...path], ...words)
    const tariff = tariffOf(pin, file, timezone)
    checkHead(fault, file)
    checkElements(fault, file, tariff)
    checkMoney(fault, tariff)
    checkChanges(fault, tariff)
    checkCells(fault, file, tariff)
  }
  for (const [machine, { tariff: pin }] of Object.entries(machines)) {
    if (pin === undefined) continue
    const path = ['machines', machine, 'tariff']
    if (tariffs[pin] === undefined)
      document.fault(
        path,
        'tariff-unknown',
        `there is no tariff "${pin}"`,
        suggest(pin, Object.keys(tariffs), 'add it'),
      )
    else checkMeters(document, path, tariffs[pin], metersOf(draft as SiteFile, machine, profiles))
  }
}

function checkHead(fault: Complain, { currency, from, until }: TariffFile): void {
  if (!Intl.supportedValuesOf('currency').includes(currency))
    fault(['currency'], 'currency-unknown', `there is no currency ${currency}`, 'write its ISO 4217 code, such as CNY')
  for (const [key, day] of Object.entries({ from, until }))
    if (day !== undefined && !isDay(day)) fault([key], 'day-unknown', `there is no day ${day}`, 'correct the day')
  if (from !== undefined && until !== undefined && until < from)
    fault(['until'], 'tariff-days', `${until} is before ${from}`, 'correct one of the days')
}

/** A session is read at each change, and its entry has room for so many. */
function checkChanges(fault: Complain, { elements }: Tariff): void {
  const changes = changesPerWeek(elements)
  if (changes > MOST_CHANGES)
    fault(
      ['elements'],
      'tariff-changes',
      `prices change ${changes} times a week, and ${MOST_CHANGES} is the most`,
      'let fewer elements have hours or days',
    )
}

function checkElements(fault: Complain, { elements: written }: TariffFile, tariff: Tariff): void {
  for (const [index, element] of tariff.elements.entries()) {
    const path = ['elements', index]
    const { id, of, when, tax } = element
    if (tariff.elements.findIndex((each) => each.id === id) !== index)
      fault([...path, 'id'], 'element-duplicate', `two elements are called "${id}"`, 'give each its own name')
    if (!Object.hasOwn(tariff.taxes, tax))
      fault(
        [...path, 'tax'],
        'tax-unknown',
        `there is no tax category "${tax}"`,
        suggest(tax, Object.keys(tariff.taxes)),
      )
    if (!isCounted(tariff, of))
      fault([...path, 'of'], 'element-never', `${of} does not count on the basis ${tariff.basis}`, 'write basis: both')
    else if (!canHappen(element))
      fault([...path, 'when'], 'element-never', `${of} has nothing to count at ${when}`, happensAt(when))
    const { per, above, free } = written[index]!
    for (const [key, amount] of Object.entries({ per, above, free }))
      if (amount !== undefined && !isOfUnit(of, amount))
        fault(
          [...path, key],
          'element-unit',
          `${of} is not measured so`,
          `write an amount in ${unitsOf[of] ?? 'its units'}`,
        )
  }
}

/** A missed booking has only its time; an overrun is never booked. */
const canHappen = ({ of, when }: TariffElement) =>
  when === 'use' || (when === 'overrun' ? of !== 'booked' : of === 'booked' || of === 'flat')
const happensAt = (when: string) =>
  when === 'overrun' ? 'an overrun is not booked: use occupied or flat' : 'use booked or flat'

/** A meter may have any unit here; its own is held against it on each machine. */
const isOfUnit = (of: string, amount: string) =>
  measureOf(amount) === undefined ? unitsOf[of] === undefined : (unitsOf[of] ?? measureOf(amount)) === measureOf(amount)

function checkMoney(fault: Complain, { elements, minimum, maximum, split }: Tariff): void {
  const taxes = new Set(elements.filter(({ when }) => when === 'use' || when === 'overrun').map(({ tax }) => tax))
  const bound = minimum === undefined ? 'maximum' : 'minimum'
  if ((minimum ?? maximum) !== undefined && taxes.size !== 1)
    fault([bound], 'tariff-taxes', `uses have ${taxes.size} tax categories`, 'give all elements of uses one category')
  if (minimum !== undefined && maximum !== undefined && isBelow(decimal(maximum), decimal(minimum)))
    fault(['maximum'], 'tariff-bounds', `${maximum} is below the minimum`, 'correct one of them')
  const parties = [...split.parts.map(({ party }) => party), split.remainder]
  const twice = parties.find((party, index) => parties.indexOf(party) !== index)
  if (twice !== undefined) fault(['split'], 'split-party', `${twice} stands twice`, 'name each party once')
  const percents = split.parts.flatMap((part) => ('percent' in part ? [decimal(part.percent)] : []))
  if (isBelow(decimal('100'), sum(percents)))
    fault(
      ['split'],
      'split-sum',
      'the parts are more than 100 percent',
      'leave something, or nothing, to the remainder',
    )
}

/** Each case is tried, so there must not be too many. */
function checkCells(fault: Complain, file: TariffFile, { elements }: Tariff): void {
  const cells = cellCount(elements)
  if (cells <= MOST_CELLS) for (const each of cellFaults(elements)) sayCell(fault, file, each)
  else
    fault(
      ['elements'],
      'tariff-size',
      `days, hours, classes and quantities make ${cells} cases, and ${MOST_CELLS} is the most`,
      'name fewer classes, hours or quantities in one tariff',
    )
}

function sayCell(fault: Complain, { elements, accept = [] }: TariffFile, found: CellFault): void {
  const at = ['elements', found.element, 'id']
  const { id, of, when } = elements[found.element]!
  if (found.kind === 'unreachable')
    fault(
      at,
      'element-unreachable',
      `"${id}" never wins: those before it match all it does`,
      'move it up, or remove it',
    )
  else if (found.kind === 'overlap' && !accept.includes('overlaps'))
    fault(
      ['elements', found.other, 'id'],
      'element-overlap',
      `"${elements[found.other]!.id}" and "${id}" both match on ${wordsOf(found.cell)}`,
      'narrow one of them, or write accept: [overlaps], and the first wins',
    )
  else if (found.kind === 'gap' && !accept.includes('gaps'))
    fault(
      at,
      'tariff-gap',
      `no element matches ${of} (${when}) on ${wordsOf(found.cell)}`,
      'add one, or write accept: [gaps], and it is free',
    )
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

function wordsOf({ day, minute, above, ...cell }: Cell): string {
  const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  const who = cell.class === '' ? 'for tenants of no other class' : `for the class ${cell.class}`
  return `${DAYS[day]} ${time}, ${who}${above === 0n ? '' : `, above ${above}`}`
}

/* ── meters of a machine ── */

type Meters = ReadonlyMap<string, string>

/** Units of the meters of a machine, by `alias.name`. */
export function metersOf(site: SiteFile, machine: string, { found }: Profiles): Meters {
  const devices = Object.entries(site.machines[machine]!.devices)
  return new Map(
    devices.flatMap(([alias, { profile }]) =>
      Object.entries(found.get(profile)?.meters ?? {}).map(([name, meter]) => [`${alias}.${name}`, unitOf(meter)]),
    ),
  )
}

const unitOf = (meter: object | undefined): string => String((meter as { unit?: string } | undefined)?.unit ?? 'ms')

function checkMeters(document: ConfigDocument, path: Path, { elements }: TariffFile, meters: Meters): void {
  for (const { id, of, per } of elements) {
    const unit = meters.get(of)
    const isSum = of === 'energy' || of === 'pieces'
    const measured = isSum
      ? [...meters.values()].includes(unitsOf[of]!)
      : unitsOf[of] !== undefined || unit !== undefined
    if (!measured)
      document.fault(
        path,
        'tariff-meter',
        `the machine has no meter for "${id}" (${of})`,
        suggest(of, [...meters.keys()]),
      )
    else if (unit !== undefined && measureOf(per) !== undefined && measureOf(per) !== unit)
      document.fault(path, 'tariff-meter', `${of} counts ${unit}, and "${id}" has a price per ${per}`, 'use its unit')
    const sum = elements.find((each) => unitsOf[each.of] === unit && (each.of === 'energy' || each.of === 'pieces'))
    if (unit !== undefined && sum !== undefined)
      document.fault(
        path,
        'tariff-meter',
        `${of} is billed by "${id}", and again in "${sum.id}"`,
        'name all meters, or none',
      )
  }
}
