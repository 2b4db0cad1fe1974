/**
 * Which elements of a tariff win where: the week, the classes of tenants and the bands of each quantity are cut into
 * cells in which nothing changes, and each cell is asked who matches. So gaps, overlaps and elements that never win are
 * found by trying everything. Pure. Read next: tariff.ts, gateway/core/billing/lines.ts.
 */
import { holds } from '../../gateway/core/billing/hours.ts'
import type { TariffElement } from '../../gateway/core/billing/tariff.ts'

/** `cell`: one in which it is so. Elements are told by their place in the list. */
export type CellFault =
  | { readonly kind: 'unreachable'; readonly element: number }
  | { readonly kind: 'overlap'; readonly element: number; readonly other: number; readonly cell: Cell }
  | { readonly kind: 'gap'; readonly element: number; readonly cell: Cell }

/** What the wall shows, a class of tenants (empty: none of those that are named), and what the use has already. */
export type Cell = { readonly day: number; readonly minute: number; readonly class: string; readonly above: bigint }

export function cellFaults(elements: readonly TariffElement[]): CellFault[] {
  return groupsOf(elements).flatMap((group) => faultsOf(elements, group))
}

/** So many can be tried in a moment. */
export const MOST_CELLS = 50_000

/** The most cells that elements of one quantity and occasion are cut into. */
export function cellCount(elements: readonly TariffElement[]): number {
  const counts = groupsOf(elements).map((group) => {
    const { minutes, classes, bands } = cutsOf(group.map((index) => elements[index]!))
    return 7 * minutes.size * classes.size * bands.size
  })
  return Math.max(0, ...counts)
}

/** Places of elements that count the same on the same occasion. */
function groupsOf(elements: readonly TariffElement[]): number[][] {
  return [...Map.groupBy(elements.keys(), (index) => `${elements[index]!.of} ${elements[index]!.when}`).values()]
}

function faultsOf(elements: readonly TariffElement[], group: readonly number[]): CellFault[] {
  const cells = cellsOf(group.map((index) => elements[index]!))
  const inside = new Map(
    group.map((index) => [index, new Set(cells.filter((cell) => matches(elements[index]!, cell)))]),
  )
  const winners = new Set(cells.map((cell) => group.find((index) => inside.get(index)!.has(cell))))
  const gap = cells.find((cell) => group.every((index) => !inside.get(index)!.has(cell)))
  return [
    ...group.filter((index) => !winners.has(index)).map((element) => ({ kind: 'unreachable' as const, element })),
    ...overlapsIn(group, inside),
    ...(gap === undefined ? [] : [{ kind: 'gap' as const, element: group[0]!, cell: gap }]),
  ]
}

/** Two elements that both match somewhere, and neither within the other: which is meant is not plain. */
function overlapsIn(group: readonly number[], inside: ReadonlyMap<number, ReadonlySet<Cell>>): CellFault[] {
  return group.flatMap((element, index) =>
    group.slice(index + 1).flatMap((other) => {
      const [first, second] = [inside.get(element)!, inside.get(other)!]
      const both = [...first].filter((cell) => second.has(cell))
      const [cell] = both
      if (cell === undefined || both.length === first.size || both.length === second.size) return []
      return [{ kind: 'overlap' as const, element, other, cell }]
    }),
  )
}

function cutsOf(elements: readonly TariffElement[]) {
  const minutes = new Set([0, ...elements.flatMap(({ hours }) => (hours ? [hours.from, hours.to % 1440] : []))])
  const classes = new Set(['', ...elements.flatMap((element) => element.classes ?? [])])
  const bands = new Set([0n, ...elements.flatMap(({ above }) => (above === undefined ? [] : [BigInt(above)]))])
  return { minutes, classes, bands }
}

function cellsOf(elements: readonly TariffElement[]): Cell[] {
  const { minutes, classes, bands } = cutsOf(elements)
  const cells: Cell[] = []
  for (let day = 0; day < 7; day += 1)
    for (const minute of minutes)
      for (const name of classes) for (const above of bands) cells.push({ day, minute, class: name, above })
  return cells
}

const matches = (element: TariffElement, cell: Cell): boolean =>
  holds(element, cell) &&
  BigInt(element.above ?? '0') <= cell.above &&
  (element.classes === undefined || element.classes.includes(cell.class))
