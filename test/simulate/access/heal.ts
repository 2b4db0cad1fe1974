/**
 * The end of a generated life: everything heals, and the machine must come to rest, with every unit accounted for, and
 * open once more for a new booking.
 */
import { usedUp } from '../../../gateway/core/booking/allowance.ts'
import { type Booking, isBlockedBy } from '../../../gateway/core/booking/booking.ts'
import { clashOf } from '../../../gateway/core/booking/decide.ts'
import { accessOf, permissionOf } from '../../../simulators/machine/lease-state.ts'
import { MACHINE } from '../../support/world.ts'
import { account, apart } from './account.ts'
import type { Life } from './command.ts'
import { type Gateway, NO_SHOW_MS } from './gateway.ts'
import type { Judge } from './judge.ts'
import type { Plant } from './plant.ts'
import type { Timeline } from './timeline.ts'

const QUIET_MS = 30_000

export type Floor = {
  readonly life: Life
  readonly plant: Plant
  readonly timeline: Timeline
  readonly judge: Judge
  readonly gateways: Gateway[]
  /** A snapshot was put back. */
  readonly restored: boolean
  pass(ms: number): void
}

export function heal(floor: Floor): void {
  const { life, plant, judge, gateways, pass } = floor
  mend(floor)
  pass(10)
  for (const gateway of gateways) accept(floor, gateway)
  if (life.second === 'clone' && !gateways[1]!.alive && gateways[1]!.durable.entries.length === 0) gateways.pop()
  const isWell = (gateway: Gateway) => isAtRest(gateway) && gateway.isTimeTrusted()
  const rests = () => gateways.every(isWell) && accessOf(plant.lease) === 'locked' && plant.lease.owner === null
  for (let tries = 0; tries < 5 && !rests(); tries += 1) {
    for (const gateway of gateways) {
      if (!gateway.alive) gateway.start(life.second === 'clone' && gateway !== gateways[0])
      accept(floor, gateway)
      if (gateway.ready && gateway.state.row.maintenance) gateway.requests.maintenance(false)
      if (gateway.ready && gateway.state.session !== undefined) gateway.requests.end('platform')
    }
    until(floor, rests, QUIET_MS)
  }
  if (judge.fault !== undefined) return
  for (const gateway of gateways) if (!isAtRest(gateway)) return stuck(floor, gateway)
  if (!rests()) return judge.broke('stuck', `the machine stays ${accessOf(plant.lease)}`)
  pass(3000)
  for (const gateway of gateways) {
    account(floor, gateway)
    keptByTime(floor, gateway)
  }
  apart(floor)
  if (judge.fault === undefined) once(floor, gateways[0]!)
}

function mend({ plant, gateways }: Floor): void {
  plant.operator(false)
  plant.thaw()
  plant.happen({ kind: 'emergency-stop', pressed: false })
  plant.happen({ kind: 'guard', open: false })
  plant.happen({ kind: 'fault', active: false })
  plant.happen({ kind: 'mode', mode: 'remote' })
  plant.happen({ kind: 'power', on: true })
  for (const gateway of gateways) gateway.heal()
}

/** What a person does about a clock that is right, and below one that was believed: `latchkey clock --accept`. */
function accept({ judge, restored }: Floor, gateway: Gateway): void {
  if (!gateway.alive || gateway.isTimeTrusted()) return
  if (!judge.fileOf(gateway).wasDeceived && !restored)
    judge.broke('clock', 'it is right, was never believed when it was wrong, and is not trusted')
  judge.note('a clock accepted')
  gateway.kill(9)
  gateway.acceptClock()
  gateway.start()
}

/** Whatever the clock showed meanwhile: no booking that is not over was ended or released by time alone. */
function keptByTime({ judge }: Floor, { state, wallMs }: Gateway): void {
  for (const booking of state.bookings) {
    const { id, status, startMs, endMs } = booking
    const isLost = (status === 'ended' && endMs > wallMs) || (status === 'released' && startMs + NO_SHOW_MS > wallMs)
    if (isLost && !usedUp(booking) && !clashOf(state.bookings, booking) && !isBlocked(state, booking))
      judge.broke('clock', `${id} is ${status} ${endMs - wallMs} ms before its end`)
  }
}

const isBlocked = ({ row }: Gateway['state'], booking: Booking) =>
  row.blocks?.some((block) => isBlockedBy(booking, block))

function until({ timeline, judge, pass }: Floor, holds: () => boolean, withinMs: number): boolean {
  for (const endMs = timeline.ms + withinMs; timeline.ms < endMs && !holds() && judge.fault === undefined; ) pass(200)
  return holds()
}

function isAtRest(gateway: Gateway): boolean {
  if (!gateway.ready || gateway.gates.stopping || gateway.isCommitting) return false
  const { access, session, wire, withdrawal } = gateway.state
  return access.kind === 'Locked' && session === undefined && wire.writing === undefined && withdrawal === undefined
}

function stuck({ judge, plant }: Floor, gateway: Gateway): void {
  const { access, session, wire } = gateway.state
  judge.broke(
    'stuck',
    `gateway ${gateway.name} ${gateway.alive ? '' : 'dead '}stays ${access.kind}, session ${session?.status}, writing ${wire.writing}, PLC ${accessOf(plant.lease)}`,
  )
}

/** Nothing is left behind that keeps the next tenant out, once people have put away what they arranged. */
function once(floor: Floor, gateway: Gateway): void {
  const { plant, judge, restored } = floor
  tidy(floor, gateway)
  const before = judge.happened.confirmed ?? 0
  const { requests } = gateway
  const startMs = gateway.wallMs - 1000
  for (const booking of gateway.state.bookings) requests.cancel(booking.id)
  const booking = { version: 1, machine: MACHINE, tenant: 'tenant-0', startMs, endMs: startMs + 600_000, limits: {} }
  requests.put({ id: 'last', ...booking })
  requests.unlock('last', undefined)
  const opened = until(floor, () => (judge.happened.confirmed ?? 0) > before && permissionOf(plant.lease), 4000)
  if (!opened && judge.fault === undefined)
    return judge.broke(
      'stuck',
      `a new booking is kept out: ${[...gateway.outcomes.values()].slice(-1).map((outcome) => JSON.stringify(outcome))}`,
    )
  requests.end('tenant')
  if (!until(floor, () => isAtRest(gateway), 8000) && judge.fault === undefined) stuck(floor, gateway)
  if (restored) judge.note('restored')
}

function tidy({ life, judge, pass }: Floor, gateway: Gateway): void {
  const { requests } = gateway
  requests.maintenance(false)
  for (const { id } of gateway.state.row.blocks ?? []) requests.unblock(id)
  requests.inspect('technician', '', true)
  if (life.windowMinutes > 0) {
    gateway.stepClock(600_000)
    judge.clockStepped(gateway)
  }
  pass(life.afterUse.cleanDownMs + 100)
}
