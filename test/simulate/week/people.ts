/**
 * The firms of the cluster, by a seed: what orders they have, where they book, when they come, what goes wrong. They do
 * the same orders with and without sharing. Read next: hall.ts (what they use).
 */
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import { DAY_MS, MINUTE_MS } from '../../../gateway/core/ground/moment.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { type Choose, chooseBy } from '../money/any-tariff.ts'
import type { Assumptions, Kind, World } from './assumptions.ts'
import { cancel, freeIn, type Hall, put } from './hall.ts'
import { START_MS, tenantRef } from './journal.ts'
import { firmName, type Placed } from './site.ts'
import { ask, present, type Station } from './station.ts'

/** Bookings begin at full five minutes. */
const GRID_MS = 5 * MINUTE_MS
/** Somebody who finds the machine still in use looks again after this long. */
const LOOK_AGAIN_MS = MINUTE_MS
const MOST_LOOKS = 20

/** A step of an order: so many pieces on one kind of machine. */
export type Order = {
  readonly firm: number
  readonly atMs: number
  readonly steps: readonly { readonly kind: Kind; readonly pieces: number }[]
}

/** The orders of a week. Every one comes in the hours in which a firm without sharing is open. */
export function ordersOf(seed: number, days: number, given: Assumptions): Order[] {
  const { pick, whole, next, chance } = chooseBy(random(seed))
  const orders: Order[] = []
  const working = Array.from({ length: days }, (_, day) => day).filter((day) => day % 7 !== 6)
  for (let firm = 0; firm < given.firms; firm++) {
    // From a third to twice and a half of the average.
    const weight = 0.3 + 2.2 * next() ** 2
    const count = Math.max(1, Math.round((given.ordersPerFirm * weight * working.length) / 6))
    for (let index = 0; index < count; index++) {
      const cut = whole(given.pieces.least, given.pieces.most)
      const edged = Math.round(cut * given.edged)
      const sprayed = chance(given.sprayed) ? Math.round(cut / 2) : 0
      // Not on the last day, or it would be left undone.
      const day = pick(working.length > 1 ? working.slice(0, -1) : working)
      const atMs = START_MS + day * DAY_MS + whole(8 * 60, 15 * 60) * MINUTE_MS
      const steps = [
        { kind: 'saw', pieces: cut } as const,
        { kind: 'bander', pieces: edged } as const,
        { kind: 'booth', pieces: sprayed } as const,
      ].filter(({ pieces }) => pieces > 0)
      orders.push({ firm, atMs, steps })
    }
  }
  return orders.sort((a, b) => a.atMs - b.atMs || a.firm - b.firm)
}

/** What the orders of a firm need. */
export const needsOf =
  (orders: readonly Order[]) =>
  (firm: number): Set<Kind> =>
    new Set(orders.filter((order) => order.firm === firm).flatMap(({ steps }) => steps.map(({ kind }) => kind)))

type Floor = {
  readonly hall: Hall
  readonly world: World
  readonly machines: readonly Placed[]
  readonly given: Assumptions
  readonly seed: number
  readonly untilMs: number
}

/** All of it happens in the time of the hall. */
export function playOrders(orders: readonly Order[], floor: Floor): void {
  for (const [index, order] of orders.entries()) {
    // Each order has chances of its own, so that one that takes longer changes no other.
    const choose = chooseBy(random(floor.seed * 100_003 + index))
    floor.hall.journal.later(order.atMs - START_MS, () => begin(floor, order, 0, order.steps[0]!.pieces, choose))
  }
}

function begin(floor: Floor, order: Order, index: number, pieces: number, choose: Choose): void {
  const { kind } = order.steps[index]!
  const model = floor.given.models[floor.world][kind]
  const runMs = pieces * model.cycleS * 1000
  const needMs = (model.setUpMinutes + model.cleanMinutes) * MINUTE_MS + runMs
  // A quarter more than needed, so that most are done before the end.
  const lengthMs = onGrid(needMs * 1.25)
  const booking = book(floor, order.firm, kind, lengthMs)
  if (booking === undefined) return
  const goOn = (left: number) => {
    if (left > 0) return begin(floor, order, index, left, choose)
    const next = order.steps[index + 1]
    if (next !== undefined) begin(floor, order, index + 1, next.pieces, choose)
  }
  visit(floor, booking, pieces, choose, goOn)
}

/** The earliest time that is free on a machine of the kind; without sharing on the firm's own. */
function book({ hall, world, machines, given, untilMs }: Floor, firm: number, kind: Kind, lengthMs: number) {
  const tenant = firmName(firm)
  const fits = machines.filter((machine) => machine.kind === kind && (world === 'shared' || machine.owner === tenant))
  const leadMs = world === 'shared' ? (given.transportMinutes / 2) * MINUTE_MS : 0
  const fromMs = onGrid(hall.journal.now().ms + leadMs)
  const slots = fits.flatMap(({ id }) =>
    freeIn(hall, id, { fromMs, untilMs }, lengthMs).map((slot) => ({ machine: id, ...slot })),
  )
  const [first] = slots
    .map(({ machine, fromMs: freeMs, untilMs: endMs }) => ({ machine, startMs: onGrid(freeMs), endMs }))
    .filter(({ startMs, endMs }) => startMs + lengthMs <= endMs)
    .sort((a, b) => a.startMs - b.startMs || (a.machine < b.machine ? -1 : 1))
  if (first === undefined) return undefined
  const { machine, startMs } = first
  const isOutside = world === 'shared' && firm < Math.round(given.outside * given.firms)
  return put(hall, {
    id: `b-${hall.journal.next()}`,
    version: 1,
    machine,
    tenant,
    startMs,
    endMs: startMs + lengthMs,
    limits: {},
    ...(isOutside ? { class: 'outside' } : {}),
  })
}

const onGrid = (ms: number) => Math.ceil(ms / GRID_MS) * GRID_MS

/** `done` hears how many pieces are left to be made. */
function visit(floor: Floor, booking: Booking, pieces: number, choose: Choose, done: (left: number) => void): void {
  const { hall, given, world } = floor
  const toStart = booking.startMs - hall.journal.now().ms
  const isShared = world === 'shared'
  const says = choose.next()
  if (isShared && says < given.noShow) return hall.journal.later(toStart + 20 * MINUTE_MS, () => done(pieces))
  if (isShared && says < given.noShow + given.cancelled)
    return hall.journal.later(toStart * 0.8, () => {
      cancel(hall, booking)
      done(pieces)
    })
  const lateMs = isShared ? choose.whole(-4, 8) * MINUTE_MS : 0
  hall.journal.later(Math.max(0, toStart + lateMs), () => unlock(floor, booking, pieces, choose, MOST_LOOKS, done))
}

function unlock(
  floor: Floor,
  booking: Booking,
  pieces: number,
  choose: Choose,
  looks: number,
  done: (left: number) => void,
): void {
  const { hall } = floor
  const station = hall.stations.get(booking.machine)!
  const number = hall.journal.next()
  const request = {
    principal: { role: 'platform', id: 'platform', issuer: 'https://platform.example' } as const,
    booking: station.state.bookings.find(({ id }) => id === booking.id) ?? booking,
    newBooking: false,
    sessionId: `s-${number}`,
    tag: number,
    tenantRef: tenantRef(booking.tenant),
  }
  ask(
    station,
    (command) => ({ kind: 'unlock', request: { command, ...request } }),
    (outcome) => {
      if (outcome.kind === 'session') return work(floor, station, request.sessionId, pieces, choose, done)
      // The one before is not done, or it is being cleaned.
      if (looks === 0) return done(pieces)
      hall.journal.later(LOOK_AGAIN_MS, () => unlock(floor, booking, pieces, choose, looks - 1, done))
    },
  )
}

function work(
  { hall, given }: Floor,
  station: Station,
  session: string,
  pieces: number,
  choose: Choose,
  done: (left: number) => void,
): void {
  const { model, state } = station
  const { cycleS, setUpMinutes, cleanMinutes } = model
  const target = present(station).machine.producedUnits + pieces
  const left = () => Math.max(0, target - present(station).machine.producedUnits)
  const isMine = () => state.session?.id === session
  const noise = 0.8 + 0.5 * choose.next()
  const stopAfter = choose.chance(given.stopped) ? choose.whole(1, pieces) : undefined

  hall.journal.later(setUpMinutes * noise * MINUTE_MS, () => run(stopAfter))

  function run(stop: number | undefined): void {
    if (!isMine()) return finish()
    const count = Math.min(left(), stop ?? Number.POSITIVE_INFINITY)
    if (count === 0) return clean()
    present(station).operator(true)
    // In the middle of the last piece the operator lets go of the button.
    hall.journal.later((count - 0.5) * cycleS * 1000, () => {
      if (stop !== undefined) return halt()
      present(station).operator(false)
      hall.journal.later(cycleS * 500 + 1000, () => run(undefined))
    })
  }

  function halt(): void {
    present(station).happen({ kind: 'emergency-stop', pressed: true })
    present(station).operator(false)
    hall.journal.later(4 * MINUTE_MS, () => {
      present(station).happen({ kind: 'emergency-stop', pressed: false })
      hall.journal.later(2 * MINUTE_MS, () => {
        if (!isMine()) return finish()
        ask(
          station,
          (command) => ({ kind: 'resume', command, by: 'tenant' }),
          () => run(undefined),
        )
      })
    })
  }

  function clean(): void {
    hall.journal.later(cleanMinutes * noise * MINUTE_MS, () => {
      if (!isMine()) return finish()
      ask(station, (command) => ({ kind: 'end', command, by: 'tenant', release: true }), finish)
    })
  }

  function finish(): void {
    present(station).operator(false)
    done(left())
  }
}
