/**
 * One generated life of a machine with its gateways, played and judged. It begins with a booking that holds and an operator
 * who presses start; then what was generated happens; then everything heals, and the machine must come to rest, with
 * every unit accounted for, and open once more for a new booking.
 */
import type { MachineConfig } from '../../../config/site.ts'
import type { BookingInput } from '../../../gateway/core/booking.ts'
import { isOpen } from '../../../gateway/core/session.ts'
import { accessOf, permissionOf } from '../../../simulators/lease-state.ts'
import { MACHINE, machineConfig } from '../../support/world.ts'
import { type Command, type Life, TOKENS, type Whom } from './command.ts'
import { createGateway, type Gateway, START_MS } from './gateway.ts'
import { createJudge } from './judge.ts'
import { createPlant } from './plant.ts'
import { createTimeline } from './timeline.ts'

export type Verdict = {
  readonly fault: string | undefined
  readonly happened: Readonly<Record<string, number>>
  /** Virtual time it took. */
  readonly ms: number
}

const PARTS = `${MACHINE}/plc.parts`
const QUIET_MS = 30_000

export function playLife(life: Life): Verdict {
  const plant = createPlant(life.cycleMs)
  const timeline = createTimeline((ms) => plant.passTo(ms))
  const judge = createJudge(plant, timeline)
  const config: MachineConfig = {
    ...machineConfig,
    endOfBooking: { warnMs: 600_000, graceMs: 5000, policy: life.policy },
  }
  const make = (name: number, fencingId: number) =>
    createGateway(name, fencingId, config, life.acceptSigned, plant, timeline, judge.watcher)
  const gateways = [make(0, 3)]
  if (life.second !== 'none') gateways.push(make(1, life.second === 'rival' ? 5 : 3))
  /** The platform's own list. */
  const bookings = new Map<string, BookingInput>()
  let restored = false
  let healed = false

  try {
    play()
  } catch (error) {
    judge.broke('threw', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  return { fault: judge.fault, happened: judge.happened, ms: timeline.ms }

  function play(): void {
    gateways[0]!.start()
    if (life.second === 'rival') gateways[1]!.start()
    pass(600)
    book(2, 0, { startMs: timeline.ms - 5000, endMs: timeline.ms + 60_000, limits: {} })
    plant.operator(true)
    pass(400)
    if (life.opened) {
      gateways[0]!.unlock('b0', undefined)
      pass(700)
    }
    for (const command of life.commands) {
      happen(command)
      if (judge.fault !== undefined) return
    }
    heal()
  }

  function pass(ms: number): void {
    timeline.passTo(timeline.ms + ms, () => {
      judge.look()
      return judge.fault === undefined
    })
  }

  function until(holds: () => boolean, withinMs: number): boolean {
    for (const endMs = timeline.ms + withinMs; timeline.ms < endMs && !holds() && judge.fault === undefined; ) pass(200)
    return holds()
  }

  function each(whom: Whom, run: (gateway: Gateway) => void): void {
    for (const gateway of whom === 2 ? gateways : gateways.slice(whom, whom + 1)) run(gateway)
  }

  /* ── the platform ── */

  function book(to: Whom, index: number, what: Pick<BookingInput, 'startMs' | 'endMs' | 'limits'>): void {
    const id = `b${index}`
    const version = (bookings.get(id)?.version ?? 0) + 1
    const input = { ...what, id, version, machine: MACHINE, tenant: `tenant-${index % 3}` }
    const absolute = {
      ...input,
      startMs: what.startMs < START_MS ? START_MS + what.startMs : what.startMs,
      endMs: what.endMs < START_MS ? START_MS + what.endMs : what.endMs,
    }
    bookings.set(id, absolute)
    each(to, (gateway) => gateway.put(absolute))
  }

  function unlock(gateway: Gateway, index: number, token: number | undefined): void {
    const id = `b${index}`
    const known = bookings.get(id)
    if (token === undefined) return gateway.unlock(id, undefined)
    // A token is for one booking, as it was when the token was made.
    const booking = known ?? { id, version: 1, machine: MACHINE, tenant: 'tenant-9', startMs: 0, endMs: 0, limits: {} }
    if (index % TOKENS !== token % TOKENS && known === undefined) return
    const { version, machine, tenant, startMs, endMs, limits } = booking
    gateway.unlock(id, {
      issuer: 'test',
      tenant,
      jti: `jti-${id}-${version}-${token}`,
      booking: id,
      version,
      machine,
      startMs,
      endMs,
      expMs: endMs,
      limits,
    })
  }

  /* ── what happens ── */

  /** What comes back by itself, unless everything has healed by then. */
  function afterwards(forMs: number, run: () => void): void {
    timeline.later(forMs, () => {
      if (!healed) run()
    })
  }

  function happen(command: Command): void {
    const { ms } = timeline
    switch (command.kind) {
      case 'pass':
        return pass(command.ms)
      case 'unlock':
        return each(command.at, (gateway) => unlock(gateway, command.booking, command.token))
      case 'resume':
        return each(command.at, (gateway) => gateway.resume())
      case 'end':
        return each(command.at, (gateway) => gateway.end(command.by))
      case 'book': {
        const { pieces, minutes } = command
        const limits = { ...(pieces === undefined ? {} : { pieces }), ...(minutes === undefined ? {} : { minutes }) }
        const startMs = ms + command.fromMs
        return book(command.to, command.booking, { startMs, endMs: startMs + command.lastsMs, limits })
      }
      case 'cancel':
        return each(command.to, (gateway) => gateway.cancel(`b${command.booking}`))
      case 'move': {
        const known = bookings.get(`b${command.booking}`)
        if (known) book(command.to, command.booking, { ...known, endMs: known.endMs + command.byMs })
        return
      }
      case 'hurt':
        if (command.what === 'lateWrite') judge.late(command.amountMs + 2000)
        return each(command.at, (gateway) => gateway.hurt(command.what, command.forMs, command.amountMs))
      case 'kill':
        return each(command.at, (gateway) => {
          if (!gateway.alive) return
          gateway.kill(command.landed)
          timeline.later(command.downMs, () => gateway.start(command.host))
        })
      case 'pause':
        return each(command.at, (gateway) => gateway.pause(command.forMs))
      case 'clock':
        return each(command.at, (gateway) => {
          gateway.stepClock(command.byMs)
          judge.clockStepped(gateway)
        })
      case 'gate':
        return each(command.at, ({ gates }) => {
          const well = command.which !== 'offline'
          Object.assign(gates, { [command.which]: !well })
          afterwards(command.forMs, () => Object.assign(gates, { [command.which]: well }))
        })
      case 'maintenance':
        return each(command.at, (gateway) => gateway.maintenance(command.on))
      case 'revoke':
        return each(command.at, (gateway) => gateway.revoke(`jti-b0-1-${command.token}`))
      case 'image':
        return each(command.at, (gateway) => void gateway.takeImage())
      case 'restore':
        return each(command.at, restore)
      default:
        return toMachine(command)
    }
  }

  /** A snapshot is put back; of a gateway that has a double, the double comes to life with it. */
  function restore(gateway: Gateway): void {
    const original = gateways[0]!
    if (life.second === 'clone' && gateway !== original) {
      if (gateway.alive) return
      gateway.restore(original.takeImage())
      gateway.countsFrom(original)
      judge.restored(gateway, original)
    } else {
      if (!gateway.restore()) return
      judge.restored(gateway)
    }
    restored = true
    timeline.later(500, () => gateway.start(gateway !== original))
  }

  function toMachine(command: Command): void {
    switch (command.kind) {
      case 'stop':
        plant.happen({ kind: 'emergency-stop', pressed: true })
        return afterwards(command.forMs, () => plant.happen({ kind: 'emergency-stop', pressed: false }))
      case 'guard':
        plant.happen({ kind: 'guard', open: true })
        return afterwards(command.forMs, () => plant.happen({ kind: 'guard', open: false }))
      case 'local':
        plant.happen({ kind: 'mode', mode: 'local' })
        return afterwards(command.forMs, () => plant.happen({ kind: 'mode', mode: 'remote' }))
      case 'fault':
        plant.happen({ kind: 'fault', active: true })
        return afterwards(command.forMs, () => plant.happen({ kind: 'fault', active: false }))
      case 'power':
        plant.happen({ kind: 'power', on: false })
        return afterwards(command.forMs, () => {
          plant.happen({ kind: 'power', on: true })
          plant.reboot()
        })
      case 'freeze':
        judge.late(command.forMs + 1000)
        return plant.freeze(command.forMs)
      case 'stranger':
        return plant.stranger(9, command.leaseMs)
      case 'reboot':
        return plant.reboot()
      case 'reset':
        return plant.resetCounter()
      case 'operator':
        return plant.operator(command.on)
      default:
        return
    }
  }

  /* ── everything heals ── */

  function heal(): void {
    healed = true
    plant.operator(false)
    plant.thaw()
    plant.happen({ kind: 'emergency-stop', pressed: false })
    plant.happen({ kind: 'guard', open: false })
    plant.happen({ kind: 'fault', active: false })
    plant.happen({ kind: 'mode', mode: 'remote' })
    plant.happen({ kind: 'power', on: true })
    for (const gateway of gateways) gateway.heal()
    for (const gateway of gateways) if (gateway.alive) gateway.maintenance(false)
    pass(10)
    if (life.second === 'clone' && !gateways[1]!.alive && gateways[1]!.durable.entries.length === 0) gateways.pop()
    const rests = () => gateways.every(isAtRest) && accessOf(plant.lease) === 'locked' && plant.lease.owner === null
    for (let tries = 0; tries < 5 && !rests(); tries += 1) {
      for (const gateway of gateways) {
        if (!gateway.alive) gateway.start(life.second === 'clone' && gateway !== gateways[0])
        if (gateway.alive && gateway.state.row.maintenance) gateway.maintenance(false)
        if (gateway.alive && gateway.state.session !== undefined) gateway.end('platform')
      }
      until(rests, QUIET_MS)
    }
    if (judge.fault !== undefined) return
    for (const gateway of gateways) if (!isAtRest(gateway)) return stuck(gateway)
    if (!rests()) return judge.broke('stuck', `the machine stays ${accessOf(plant.lease)}`)
    for (const gateway of gateways) gateway.maintenance(false)
    pass(3000)
    for (const gateway of gateways) account(gateway)
    apart()
    if (judge.fault === undefined) once(gateways[0]!)
  }

  function isAtRest(gateway: Gateway): boolean {
    if (!gateway.alive || gateway.paused) return false
    const { access, session, writing, withdrawal } = gateway.state
    return access.kind === 'Locked' && session === undefined && writing === undefined && withdrawal === undefined
  }

  function stuck(gateway: Gateway): void {
    const { access, session, writing } = gateway.state
    judge.broke(
      'stuck',
      `gateway ${gateway.name} ${gateway.alive ? '' : 'dead '}stays ${access.kind}, session ${session?.status}, writing ${writing}, PLC ${accessOf(plant.lease)}`,
    )
  }

  /** Every unit in one place, none in two, none in a session that did not make it. */
  function account(gateway: Gateway): void {
    const meter = gateway.state.meters.get(PARTS)
    if (meter === undefined) return judge.broke('I5', 'the meter was never read')
    const { session, unassigned, disputed } = meter.accounts
    const produced = BigInt(plant.machine.producedUnits - gateway.firstParts)
    // A new epoch is named: after a reset, or when neither clock says how long the host was away.
    if (!plant.wasReset && meter.epoch === 1 && meter.total !== produced)
      judge.broke('I5', `counted ${meter.total} of ${produced}`)
    if (meter.total > produced) judge.broke('I5', `counted ${meter.total}, made were ${produced}`)
    if (meter.epoch === 1 && session + unassigned + disputed !== meter.total)
      judge.broke('I5', `${session} + ${unassigned} + ${disputed} of ${meter.total}`)
    const billed = new Map<string, bigint>()
    for (const { id, use, status } of gateway.durable.sessions.values()) {
      if (isOpen({ status } as never)) judge.broke('stuck', `${id} stays ${status}`)
      billed.set(id, BigInt(use.find((item) => item.meter === PARTS)?.quantity ?? '0'))
    }
    const rights = [...judge.fileOf(gateway).rights]
    // A use by the key switch that nobody saw cannot be told from the use of the last owner: the block says nothing of it.
    const unseen = plant.ownerless.filter(
      ({ sinceMs, atMs }) => !gateway.ownerlessMs.some((ms) => ms >= sinceMs && ms <= atMs),
    ).length
    for (const [id, units] of billed) {
      const truth = rights.reduce(
        (sum, [token, right]) => sum + (right.session === id ? (plant.made.get(token) ?? 0) : 0),
        0,
      )
      if (units > BigInt(truth + unseen))
        judge.broke('whose', `${id} is billed ${units}, made under its tokens were ${truth}`)
    }
  }

  /** No unit is in the sessions of two gateways. */
  function apart(): void {
    const units = new Map<string, bigint>()
    for (const { durable } of gateways)
      for (const { id, use } of durable.sessions.values()) {
        const quantity = BigInt(use.find((item) => item.meter === PARTS)?.quantity ?? '0')
        if (quantity > (units.get(id) ?? 0n)) units.set(id, quantity)
      }
    const all = [...units.values()].reduce((sum, quantity) => sum + quantity, 0n)
    if (all > BigInt(plant.machine.producedUnits))
      judge.broke('whose', `sessions have ${all} of ${plant.machine.producedUnits} units`)
  }

  /** Nothing is left behind that keeps the next tenant out. */
  function once(gateway: Gateway): void {
    const before = judge.happened.confirmed ?? 0
    const id = 'last'
    const startMs = gateway.wallMs - 1000
    for (const booking of gateway.state.bookings) gateway.cancel(booking.id)
    gateway.put({
      id,
      version: 1,
      machine: MACHINE,
      tenant: 'tenant-0',
      startMs,
      endMs: startMs + 600_000,
      limits: {},
    })
    gateway.unlock(id, undefined)
    const opened = until(() => (judge.happened.confirmed ?? 0) > before && permissionOf(plant.lease), 4000)
    if (!opened && judge.fault === undefined)
      return judge.broke(
        'stuck',
        `a new booking is kept out: ${[...gateway.outcomes.values()].slice(-1).map((outcome) => JSON.stringify(outcome))}`,
      )
    gateway.end('tenant')
    if (!until(() => isAtRest(gateway), 8000) && judge.fault === undefined) stuck(gateway)
    if (restored) judge.note('restored')
  }
}
