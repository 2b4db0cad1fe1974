/**
 * A read of points: plans requests, has them sent, and sends again what the device could not do in one piece or at
 * once. It learns how the device wants to be asked, so that this costs something once only.
 * Read next: plan.ts (which requests), line.ts (whose turn it is), outcome.ts (what an answer means).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import type { Point, Show } from '../adapter.ts'
import { plainValue } from './decode.ts'
import { byTurn, divide, failsAsWhole, type Learnt, mayHelp, noteTurn, planned, shorten } from './learnt.ts'
import { type Ended, type Line, probe, readAll } from './line.ts'
import type { ModbusAddress, ModbusDevice, ModbusOptions } from './options.ts'
import { bad, isAboutTheBlock, isBusy, type RequestOutcome, readingOf } from './outcome.ts'
import { firstPart, plan, type ReadRequest } from './plan.ts'

/** A poll waits for its turn no longer than this many request timeouts; an urgent read waits for two. */
const POLL_WAIT_TIMEOUTS = 10
const URGENT_WAIT_TIMEOUTS = 2
/** Further tries of a request that a device is too busy for, and the pause before the first; each next is doubled. */
const BUSY_ROUNDS = 3
const BUSY_PAUSE_MS = 50
const DEVICE_FAILURE = 4

type How = { readonly urgent: boolean; readonly show?: Show | undefined }

type Asking = How & {
  readonly line: Line
  readonly learnt: Learnt
  readonly options: ModbusOptions
  /** Boundaries found since a unit failed: kept when a part of it then answers. */
  readonly tried: Map<number, string[]>
}

/** One reading per point that was not shown, unless the line is lost meanwhile. */
export async function readPoints(
  line: Line,
  learnt: Learnt,
  options: ModbusOptions,
  points: readonly Point[],
  { urgent, show }: How,
): Promise<Map<Point, Reading>> {
  const asking: Asking = { line, learnt, options, urgent, show, tried: new Map() }
  const readings = new Map<Point, Reading>()
  if (line.watch.isAnySilent()) setAside(line, learnt, options, points, readings)

  let left = readings.size === 0 ? points : points.filter((point) => !readings.has(point))
  for (let round = 0; left.length > 0 && line.lost === undefined; round++)
    left = await ask(asking, left, readings, round)
  judgeUnits(asking, points, readings)
  return readings
}

/** Points of units that do not answer are bad without being asked for; their units are probed when that is due. */
function setAside(
  line: Line,
  learnt: Learnt,
  options: ModbusOptions,
  points: readonly Point[],
  readings: Map<Point, Reading>,
): void {
  const silent = points.filter((point) => line.watch.isSilent(unitOf(point)))
  // The least that can be asked: a unit may answer that, and nothing longer.
  probe(line, plan(silent, { ...options, maxGap: 0, maxRegisters: 1 }, learnt.cuts).requests)
  for (const point of silent) readings.set(point, bad(point, line.now(), { kind: 'silent' }))
}

/** Asks once for each of these points; those that have to be asked for otherwise, or again. */
async function ask(
  asking: Asking,
  points: readonly Point[],
  readings: Map<Point, Reading>,
  round: number,
): Promise<Point[]> {
  const { line, learnt, options, urgent } = asking
  const { requests, invalid } = planned(learnt, points, options, nowMs(line))
  for (const { point, detail } of invalid) readings.set(point, bad(point, line.now(), { kind: 'malformed', detail }))
  const inOrder = byTurn(learnt, requests)
  const turnWithinMs = (urgent ? URGENT_WAIT_TIMEOUTS : POLL_WAIT_TIMEOUTS) * options.timeoutMs
  const ended = await readAll(line, inOrder, { urgent, turnWithinMs })
  const isAnySilent = ended.some(({ outcome }) => outcome.kind === 'timeout')
  const shortened = isAnySilent ? await shortenSilent(asking, inOrder, ended) : NOBODY
  let isBusyNow = false
  const left: Point[] = []
  for (const [index, request] of inOrder.entries()) {
    const { outcome } = ended[index]!
    noteTurn(learnt, request, outcome.kind !== 'late')
    const isTooBusy = isBusy(outcome) && round < BUSY_ROUNDS
    isBusyNow ||= isTooBusy
    if (isTooBusy || shortened.has(request.unit) || isDivided(asking, request, outcome)) left.push(...request.points)
    else take(asking, request, ended[index]!, readings)
  }
  if (isBusyNow) await sleep(BUSY_PAUSE_MS * 2 ** round)
  return left
}

/** Shows what needs no reading, and makes readings of the rest. */
function take({ show }: Asking, request: ReadRequest, { outcome, at }: Ended, readings: Map<Point, Reading>): void {
  const data = show !== undefined && outcome.kind === 'data' ? outcome.data : undefined
  for (const point of request.points) {
    const address = point.address as ModbusAddress
    const value = data && plainValue(address, data, address.address - request.start)
    if (value === undefined || !show!(point, value, at)) readings.set(point, readingOf(point, request, outcome, at))
  }
}

/** Whether the request was refused and could be divided; the plan made next respects where. */
function isDivided({ line, learnt, tried }: Asking, request: ReadRequest, outcome: RequestOutcome): boolean {
  if (outcome.kind !== 'exception' || !isAboutTheBlock(outcome.code)) return false
  const { unit, table, start, count } = request
  const isFailure = outcome.code === DEVICE_FAILURE
  if (isFailure && !mayHelp(learnt, unit, nowMs(line))) return false
  const found = divide(learnt, request)
  if (found.length === 0) return false
  if (isFailure) tried.set(unit, [...(tried.get(unit) ?? []), ...found])
  line.log.info({ unit, table, start, count }, 'the device refuses this block: it is split')
  return true
}

/** Units that were silent to a long request and answer a short one: from now on they are asked for less at once. */
async function shortenSilent(
  { line, learnt, options, urgent }: Asking,
  requests: readonly ReadRequest[],
  ended: readonly Ended[],
): Promise<Set<number>> {
  const shortened = new Set<number>()
  for (const [index, request] of requests.entries()) {
    const part = ended[index]!.outcome.kind === 'timeout' && !urgent ? firstPart(request) : undefined
    const { unit } = request
    if (!part || shortened.has(unit) || line.lost !== undefined || !mayHelp(learnt, unit, nowMs(line))) continue
    const [answer] = await readAll(line, [part], { urgent, turnWithinMs: POLL_WAIT_TIMEOUTS * options.timeoutMs })
    const { kind } = answer!.outcome
    if (kind === 'data' || kind === 'exception') {
      shortened.add(unit)
      const most = shorten(learnt, request, nowMs(line))
      line.log.info(
        { unit, count: request.count, most },
        'the device does not answer requests that long: it is asked for less',
      )
    } else failsAsWhole(learnt, unit, [], nowMs(line))
  }
  return shortened
}

/** A unit that fails in every part fails as a whole: what was cut for it is forgotten. */
function judgeUnits(
  { line, learnt, tried }: Asking,
  points: readonly Point[],
  readings: ReadonlyMap<Point, Reading>,
): void {
  for (const [unit, found] of tried) {
    // Only what was good was shown.
    const shown = line.lost === undefined ? 'good' : 'bad'
    const helped = points.some((point) => unitOf(point) === unit && (readings.get(point)?.quality ?? shown) === 'good')
    if (!helped) failsAsWhole(learnt, unit, found, nowMs(line))
  }
}

const NOBODY: ReadonlySet<number> = new Set()

const unitOf = (point: Point) => (point.device as ModbusDevice).unit
const nowMs = (line: Line) => Number(line.now().ns / NS_PER_MS)
