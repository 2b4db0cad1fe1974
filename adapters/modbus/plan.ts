/**
 * Plans the requests that read these points: neighbours together, no more than the device allows, and never across a
 * boundary it refused. Pure. A point is never split, so that an interlock block arrives whole.
 * Read next: decode.ts (words → value), link.ts (the caller).
 */
import type { Point } from '../adapter.ts'
import type { ModbusAddress, ModbusDevice, ModbusLimits } from './options.ts'

type Table = ModbusAddress['table']

/** One read request, with the points its answer holds. `count` is in registers, or in bits for coil and discrete. */
export type ReadRequest = {
  readonly unit: number
  readonly table: Table
  readonly start: number
  readonly count: number
  readonly points: readonly Point[]
  /** The device wants as long before the next request. */
  readonly pauseMs?: number
}

/** `ofUnit`: what a unit was found to answer at most, where that is less. */
export type PlanLimits = {
  readonly maxGap: number
  readonly maxRegisters: number
  readonly ofUnit?: ReadonlyMap<number, number>
}

/**
 * Boundaries that no request crosses, learnt from refusals: `unit/table/address` means that `address` begins a new
 * request. The caller adds what `cutsFor` returns; there are never more than points.
 */
type Cuts = ReadonlySet<string>

export type Plan = {
  readonly requests: readonly ReadRequest[]
  /** Points that no request can read, and why: faults of the profile. */
  readonly invalid: readonly { readonly point: Point; readonly detail: string }[]
}

/** Modbus Application Protocol V1.1b3, 6.1 and 6.3. */
export const MAX_BITS = 2000
const LAST_ADDRESS = 65_535

const REGISTERS: Record<Exclude<ModbusAddress['type'], 'words' | 'text'>, number> = {
  bool: 1,
  u8: 1,
  s8: 1,
  u16: 1,
  s16: 1,
  u32: 2,
  s32: 2,
  f16: 1,
  f32: 2,
  u64: 4,
  s64: 4,
  f64: 4,
  bcd16: 1,
  bcd32: 2,
  bcd64: 4,
}

/** Registers (or bits) that an address covers. */
export function sizeOf(address: ModbusAddress): number {
  const { type, count = 1 } = address
  return type === 'words' || type === 'text' ? count : REGISTERS[type]
}

export function isBitTable(table: Table): boolean {
  return table === 'coil' || table === 'discrete'
}

export function plan(points: readonly Point[], limits: PlanLimits, cuts: Cuts): Plan {
  const invalid: { point: Point; detail: string }[] = []
  const groups = new Map<string, Place[]>()
  for (const point of points) {
    const place = placeOf(point)
    const detail = faultOf(place)
    if (detail !== undefined) {
      invalid.push({ point, detail })
      continue
    }
    const key = `${place.unit}/${place.table}`
    const group = groups.get(key)
    if (group) group.push(place)
    else groups.set(key, [place])
  }
  const requests: ReadRequest[] = []
  for (const group of groups.values()) merge(group, limits, cuts, requests)
  return { requests, invalid }
}

/**
 * The new boundaries after a refused request (exception 2 or 3): at its gaps first, since nobody asked for what is in
 * them, then in the middle. Empty when the request is one place and cannot be divided.
 */
export function cutsFor(request: ReadRequest): string[] {
  const places = request.points.map(placeOf).sort(byStart)
  const seams: { at: number; gap: boolean }[] = []
  let end = places[0]?.end ?? 0
  for (const place of places.slice(1)) {
    if (place.start >= end) seams.push({ at: place.start, gap: place.start > end })
    end = Math.max(end, place.end)
  }
  const gaps = seams.filter((seam) => seam.gap)
  const middle = seams[Math.floor(seams.length / 2)]
  const chosen = gaps.length > 0 ? gaps : middle ? [middle] : []
  return chosen.map((seam) => cutKey(request.unit, request.table, seam.at))
}

/** The part of a request that holds its first place alone; undefined when there is no smaller one. */
export function firstPart(request: ReadRequest): ReadRequest | undefined {
  const places = request.points.map(placeOf).sort(byStart)
  const first = places[0]
  if (first === undefined || first.end - first.start === request.count) return undefined
  return { ...request, start: first.start, count: first.end - first.start, points: [first.point] }
}

type Place = {
  readonly point: Point
  readonly address: ModbusAddress
  readonly unit: number
  readonly table: Table
  readonly start: number
  readonly end: number
  readonly limits: PointLimits
}

/** Of one signal: `alone` is said of it; those with one word for `together` make one value, of one moment. */
type PointLimits = Omit<ModbusLimits, 'alone'> & { readonly alone?: boolean; readonly together?: string }

function placeOf(point: Point): Place {
  const address = point.address as ModbusAddress
  const { unit } = point.device as ModbusDevice
  return {
    point,
    address,
    unit: unit ?? 1,
    table: address.table,
    start: address.address,
    end: address.address + sizeOf(address),
    limits: (point.limits ?? {}) as PointLimits,
  }
}

function faultOf(place: Place): string | undefined {
  const { address } = place
  if (place.end - 1 > LAST_ADDRESS) return `ends beyond address ${LAST_ADDRESS}`
  if (isBitTable(place.table) && address.type !== 'bool') return `${place.table} holds bits: type must be bool`
  const { type, count } = address
  if ((type === 'words' || type === 'text') && count === undefined) return `type ${type} needs count`
  if (address.bit !== undefined && (address.type !== 'bool' || isBitTable(place.table))) {
    return 'bit needs type bool in a register'
  }
  return undefined
}

function byStart(a: Place, b: Place): number {
  return a.start - b.start || a.end - b.end
}

function cutKey(unit: number, table: Table, address: number): string {
  return `${unit}/${table}/${address}`
}

function merge(group: Place[], limits: PlanLimits, cuts: Cuts, out: ReadRequest[]): void {
  group.sort(byStart)
  let open: Place[] = []
  let end = 0
  const flush = () => {
    const first = open[0]
    if (!first) return
    const { unit, table, start } = first
    const pauseMs = Math.max(...open.map(({ limits: { pauseMs = 0 } }) => pauseMs))
    const points = open.map((place) => place.point)
    out.push({ unit, table, start, count: end - start, points, ...(pauseMs > 0 ? { pauseMs } : {}) })
    open = []
  }
  const ends = endsTogether(group)
  for (const place of group) {
    const first = open[0]
    if (first) {
      const tooLong = Math.max(end, endOf(place, open, ends)) - first.start > roomOf(place, limits)
      const isCut = place.start >= end && cuts.has(cutKey(place.unit, place.table, place.start))
      if (tooLong || isCut || isApart(open, end, place, limits)) flush()
    }
    end = open.length > 0 ? Math.max(end, place.end) : place.end
    open.push(place)
  }
  flush()
}

/** Where the last part of each value ends whose parts want to be read together. */
function endsTogether(group: readonly Place[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>()
  for (const { limits, end } of group)
    if (limits.together !== undefined) ends.set(limits.together, Math.max(end, ends.get(limits.together) ?? 0))
  return ends
}

/** How far a request reaches with this place: the first part of a value brings the others with it. */
function endOf(
  { end, limits: { together } }: Place,
  open: readonly Place[],
  ends: ReadonlyMap<string, number>,
): number {
  if (together === undefined || open.some(({ limits }) => limits.together === together)) return end
  return ends.get(together)!
}

/** Registers (or bits) that one request for this device may hold. */
function roomOf({ unit, table, limits: own }: Place, { maxRegisters, ofUnit }: PlanLimits): number {
  const most = isBitTable(table) ? MAX_BITS : Math.min(maxRegisters, own.maxRegisters ?? maxRegisters)
  return Math.min(most, ofUnit?.get(unit) ?? most)
}

/** Whether a place may not be read with what stands before it in `open`, which ends before `end`. */
function isApart(open: readonly Place[], end: number, place: Place, limits: PlanLimits): boolean {
  const first = open[0]!
  const { maxGap = limits.maxGap, avoid = [], alone, together } = place.limits
  const isPart = together !== undefined && open.some((other) => other.limits.together === together)
  if (!isPart && place.start - end > Math.min(maxGap, limits.maxGap)) return true
  const isSame = place.start === first.start && place.end === end
  if ((alone || first.limits.alone) && !isSame) return true
  return avoid.some(({ table, from, to }) => table === place.table && from < place.start && to >= end)
}
