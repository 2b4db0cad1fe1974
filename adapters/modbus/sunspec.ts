/**
 * Finds the models of SunSpec devices by walking their chain, and gives points their registers: where a model begins
 * differs from device to device. A chain is walked once for each unit and connection, since a device may have changed
 * while it was away; one that is not there is looked for again after a minute, one that did not answer after 5 s.
 *
 *   40000, 50000 or 0: "SunS", then one model after the other: its id, the length of what follows, that many registers;
 *   0xFFFF ends the chain
 *
 * Read next: sunspec-points.ts (points by their names), link.ts (the caller).
 */
import { type Moment, NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import type { Point } from '../adapter.ts'
import type { ModbusAddress, ModbusDevice } from './options.ts'
import { bad, type RequestOutcome } from './outcome.ts'
import type { ReadRequest } from './plan.ts'

const BASES = [40_000, 50_000, 0]
const MARK = [0x5375, 0x6e53]
const END = 0xffff
/** Further models are not looked for. */
const MOST_MODELS = 64
const LAST_ADDRESS = 65_535
const AGAIN_MS = { none: 60_000, unanswered: 5000 }

/** Model → its first register. */
type Chain = { readonly kind: 'chain'; readonly models: ReadonlyMap<number, number> }
type NoChain = { readonly kind: 'none'; readonly outcome: RequestOutcome }
/** Holds until then, monotonic ns; absent: on this connection. One that is under way is waited for. */
type Walk = { readonly found: Promise<Chain | NoChain>; untilNs?: bigint }

export type Chains = {
  /** By unit. */
  readonly walks: Map<number, Walk>
  /** Lists of points with their registers, of this connection. */
  readonly placed: WeakMap<readonly Point[], Placed>
  /** Lists that hold no such point. */
  readonly plain: WeakSet<readonly Point[]>
}

/** `at`: the point to read for each of a list, or why there is none. */
type Placed = { readonly points: readonly Point[]; readonly at: readonly (Point | RequestOutcome)[] }

export const noChains = (): Chains => ({ walks: new Map(), placed: new WeakMap(), plain: new WeakSet() })

type Ask = (request: ReadRequest) => Promise<RequestOutcome>

/** Whether any of the points stands in a model. */
export function hasModels(chains: Chains, points: readonly Point[]): boolean {
  if (chains.plain.has(points)) return false
  if (points.some((point) => modelsOf(point) !== undefined)) return true
  chains.plain.add(points)
  return false
}

/** Reads points of which some stand in models; one reading per point that was not shown. */
export async function readPlaced(
  chains: Chains,
  points: readonly Point[],
  deps: {
    ask: Ask
    now(): Moment
    read(points: readonly Point[]): Promise<ReadonlyMap<Point, Reading>>
  },
): Promise<ReadonlyMap<Point, Reading>> {
  const placed = chains.placed.get(points) ?? (await place(chains, points, deps))
  const readings = await deps.read(placed.points)
  const found = points.map((point, index) => {
    const at = placed.at[index]!
    return [point, 'kind' in at ? bad(point, deps.now(), at) : readings.get(at)] as const
  })
  return new Map(found.filter((one): one is readonly [Point, Reading] => one[1] !== undefined))
}

const modelsOf = ({ address }: Point) => (address as ModbusAddress).models
const unitOf = ({ device }: Point) => (device as ModbusDevice).unit

async function place(
  chains: Chains,
  points: readonly Point[],
  { ask, now }: { ask: Ask; now(): Moment },
): Promise<Placed> {
  const units = new Set(points.filter((point) => modelsOf(point) !== undefined).map(unitOf))
  const found = new Map<number, Chain | NoChain>()
  for (const unit of units) found.set(unit, await chainOf(chains, unit, ask, now))
  const at = points.map((point) => {
    const models = modelsOf(point)
    return models === undefined ? point : placeOf(point, models, found.get(unitOf(point))!)
  })
  const placed = { points: at.filter((one): one is Point => !('kind' in one)), at }
  // What could not be found may be there at the next reading.
  if ([...found.values()].every(({ kind }) => kind === 'chain')) chains.placed.set(points, placed)
  return placed
}

function placeOf(point: Point, models: readonly number[], chain: Chain | NoChain): Point | RequestOutcome {
  if (chain.kind === 'none') return chain.outcome
  const model = models.find((id) => chain.models.has(id))
  if (model === undefined) {
    const detail = `the device has no SunSpec model ${models.join(' or ')}; it has ${[...chain.models.keys()].join(', ')}`
    return { kind: 'malformed', detail }
  }
  const address = point.address as ModbusAddress
  return { ...point, address: { ...address, address: chain.models.get(model)! + address.address } }
}

function chainOf(chains: Chains, unit: number, ask: Ask, now: () => Moment): Promise<Chain | NoChain> {
  const known = chains.walks.get(unit)
  if (known !== undefined && (known.untilNs === undefined || now().ns < known.untilNs)) return known.found
  const begun: Walk = { found: walk(unit, ask) }
  chains.walks.set(unit, begun)
  void begun.found.then((found) => {
    if (found.kind === 'chain') return
    const againMs = found.outcome.kind === 'malformed' ? AGAIN_MS.none : AGAIN_MS.unanswered
    begun.untilNs = now().ns + BigInt(againMs) * NS_PER_MS
  })
  return begun.found
}

/** What a unit has, or the first answer that kept it from being found. */
async function walk(unit: number, ask: Ask): Promise<Chain | NoChain> {
  const read = (start: number) => ask({ unit, table: 'holding', start, count: 2, points: [] })
  for (const base of BASES) {
    const mark = await read(base)
    if (mark.kind === 'data' && mark.data[0] === MARK[0] && mark.data[1] === MARK[1]) return follow(base + 2, read)
    // Another register there, or none: no mark. What is silent says nothing.
    if (mark.kind !== 'data' && mark.kind !== 'exception') return { kind: 'none', outcome: mark }
  }
  const detail = `no SunSpec mark at ${BASES.join(', ')}: the device speaks no SunSpec, or it is switched off there`
  return { kind: 'none', outcome: { kind: 'malformed', detail } }
}

async function follow(first: number, read: (start: number) => Promise<RequestOutcome>): Promise<Chain | NoChain> {
  const models = new Map<number, number>()
  let at = first
  for (let count = 0; count < MOST_MODELS && at < LAST_ADDRESS; count++) {
    const head = await read(at)
    if (head.kind !== 'data') return { kind: 'none', outcome: head }
    const [id, length] = head.data as readonly number[]
    if (id === END) break
    if (!models.has(id!)) models.set(id!, at)
    at += 2 + length!
  }
  return { kind: 'chain', models }
}
