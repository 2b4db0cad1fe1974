/**
 * One generated life of a machine with its gateways, played and judged. It begins with a booking that holds and an
 * operator who presses start; then what was generated happens; then everything heals, and the machine must come to
 * rest, with every unit accounted for, and open once more for a new booking.
 */

import type { BookingInput } from '../../../gateway/core/booking/booking.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { MACHINE, machineConfig } from '../../support/world.ts'
import { kindsOf, type Wrong } from './clock-kinds.ts'
import { START_MS } from './clocks.ts'
import { type Command, HOLDS_NOW, type Life, TOKENS, type Whom } from './command.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { heal } from './heal.ts'
import { createJudge } from './judge.ts'
import { createPlant } from './plant.ts'
import { createTimeline } from './timeline.ts'

export type Verdict = {
  readonly fault: string | undefined
  readonly happened: Readonly<Record<string, number>>
  /** Virtual time it took. */
  readonly ms: number
}

const GRACE_MS = 5000
const DAYS = [0, 1, 2, 3, 4, 5, 6]
/** 08:01, twenty seconds after the begin. */
const WINDOW_MINUTE = 481

/** `look` is shown its gateways before everything heals. */
export function playLife(life: Life, look: (gateways: readonly Gateway[]) => void = () => undefined): Verdict {
  const plant = createPlant(life.cycleMs)
  const timeline = createTimeline((ms) => plant.passTo(ms))
  const judge = createJudge(plant, timeline)
  const config: MachineConfig = {
    ...machineConfig,
    endOfBooking: { warnMs: 600_000, graceMs: GRACE_MS, policy: life.policy, lastMs: 43_200_000 },
    offline: life.offline,
    afterUse: life.afterUse,
    ...(life.windowMinutes === 0 ? {} : { windows: windowsOf(life.windowMinutes) }),
  }
  const { acceptSigned, listMaxAgeMs } = life
  const make = (name: number, fencingId: number) =>
    createGateway({ name, fencingId, config, acceptSigned, listMaxAgeMs }, plant, timeline, judge.watcher)
  const gateways = [make(0, 3)]
  if (life.second !== 'none') gateways.push(make(1, life.second === 'rival' ? 5 : 3))
  /** The platform's own list. */
  const bookings = new Map<string, BookingInput>()
  let restored = false
  let lists = 0
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
    book(2, 0, { startMs: timeline.ms - 5000, endMs: timeline.ms + life.firstMs, limits: {} })
    plant.operator(true)
    pass(400)
    if (life.opened) {
      gateways[0]!.requests.unlock('b0', undefined)
      pass(700)
    }
    for (const command of life.commands) {
      happen(command)
      if (judge.fault !== undefined) return
    }
    look(gateways)
    healed = true
    heal({ life, plant, timeline, judge, gateways, restored, pass })
  }

  function pass(ms: number): void {
    timeline.passTo(timeline.ms + ms, () => {
      judge.look()
      return judge.fault === undefined
    })
  }

  function those(whom: Whom): Gateway[] {
    return whom === 2 ? gateways : gateways.slice(whom, whom + 1)
  }

  function each(whom: Whom, run: (gateway: Gateway) => void): void {
    for (const gateway of those(whom)) run(gateway)
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
    each(to, (gateway) => gateway.requests.put(absolute))
  }

  /** The platform takes its time from others. */
  function clear(to: Whom, index: number, startMs: number, endMs: number): void {
    for (const { id, ...other } of bookings.values())
      if (id !== `b${index}` && other.startMs < endMs && startMs < other.endMs)
        each(to, ({ requests }) => requests.cancel(id))
  }

  /** Of those the platform has, the one whose time it is. */
  function heldNow(): number {
    const nowMs = START_MS + timeline.ms
    const held = [...bookings.values()].findLast(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs)
    return held === undefined ? 0 : Number(held.id.slice(1))
  }

  function unlock(gateway: Gateway, wanted: number, token: number | undefined): void {
    const index = wanted === HOLDS_NOW ? heldNow() : wanted
    const id = `b${index}`
    const known = bookings.get(id)
    if (token === undefined) return gateway.requests.unlock(id, undefined)
    // A token is for one booking, as it was when the token was made.
    const booking = known ?? { id, version: 1, machine: MACHINE, tenant: 'tenant-9', startMs: 0, endMs: 0, limits: {} }
    if (index % TOKENS !== token % TOKENS && known === undefined) return
    const { version, machine, tenant, startMs, endMs, limits } = booking
    gateway.requests.unlock(id, {
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

  function list({ to, bookings: gone, tokens, behind }: Extract<Command, { kind: 'list' }>): void {
    lists += 1
    const number = behind ? Math.max(0, lists - 2) : lists
    const jtis = tokens.flatMap((token) =>
      [...bookings.values()].map(({ id, version }) => `jti-${id}-${version}-${token}`),
    )
    const issuedAtMs = START_MS + timeline.ms
    each(to, ({ requests }) =>
      requests.take({ issuer: 'test', number, issuedAtMs, bookings: gone.map((index) => `b${index}`), jtis }),
    )
  }

  /* ── what happens ── */

  /** Those it is for; of what happens to the machine, all. */
  function gatewaysOf(command: Command): Gateway[] {
    const whom = 'at' in command ? command.at : 'to' in command ? command.to : 2
    return those(whom)
  }

  /** What comes back by itself, unless everything has healed by then. */
  function afterwards(forMs: number, run: () => void): void {
    timeline.later(forMs, () => {
      if (!healed) run()
    })
  }

  function happen(command: Command): void {
    const { ms } = timeline
    if (gatewaysOf(command).some(({ ready }) => ready)) judge.note(`did ${command.kind}`)
    switch (command.kind) {
      case 'pass':
        return pass(command.ms)
      case 'unlock':
        return each(command.at, (gateway) => unlock(gateway, command.booking, command.token))
      case 'resume':
        return each(command.at, ({ requests }) => requests.resume())
      case 'end':
        return each(command.at, ({ requests }) => requests.end(command.by))
      case 'override':
        return each(command.at, ({ requests }) => requests.override())
      case 'inspect':
        return each(command.at, ({ requests }) => requests.inspect(command.by, `b${command.booking}`, command.passed))
      case 'block':
        return each(command.to, ({ requests, wallMs }) => {
          const fromMs = wallMs + command.fromMs
          requests.block(`block-${command.block}`, fromMs, fromMs + command.lastsMs)
        })
      case 'unblock':
        return each(command.to, ({ requests }) => requests.unblock(`block-${command.block}`))
      case 'book': {
        const { pieces, minutes } = command
        const limits = { ...(pieces === undefined ? {} : { pieces }), ...(minutes === undefined ? {} : { minutes }) }
        const startMs = ms + command.fromMs
        const endMs = startMs + command.lastsMs
        if (command.instead) clear(command.to, command.booking, START_MS + startMs, START_MS + endMs)
        return book(command.to, command.booking, { startMs, endMs, limits })
      }
      case 'cancel':
        return each(command.to, ({ requests }) => requests.cancel(`b${command.booking}`))
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
      case 'term':
        return each(command.at, (gateway) => gateway.stop(() => timeline.later(command.downMs, () => gateway.start())))
      case 'pause':
        return each(command.at, (gateway) => {
          if (command.forMs > 5000 && gateway.ready && gateway.state.access.kind === 'Unlocked')
            judge.note('I4 held still for longer than a lease')
          gateway.pause(command.forMs)
        })
      case 'clock':
        return each(command.at, (gateway) => {
          gateway.stepClock(command.byMs)
          judge.clockStepped(gateway)
        })
      case 'wrong':
        return each(command.at, (gateway) => wrong(gateway, command))
      case 'gate':
        return each(command.at, ({ gates }) => {
          const well = command.which !== 'offline'
          Object.assign(gates, { [command.which]: !well })
          afterwards(command.forMs, () => Object.assign(gates, { [command.which]: well }))
        })
      case 'maintenance':
        return each(command.at, ({ requests }) => requests.maintenance(command.on))
      case 'list':
        return list(command)
      case 'image':
        return each(command.at, (gateway) => void gateway.takeImage())
      case 'restore':
        return each(command.at, restore)
      default:
        return toMachine(command)
    }
  }

  function wrong(gateway: Gateway, command: Wrong): void {
    const { byMs, forMs, boot } = command
    if (gateway.alive) for (const kind of kindsOf(command)) judge.note(`clock: ${kind}`)
    if (boot && gateway.alive) {
      gateway.kill(0)
      timeline.later(500, () => gateway.start(true))
    }
    const step = (ms: number) => {
      gateway.stepClock(ms)
      judge.clockStepped(gateway)
    }
    step(byMs)
    afterwards(forMs, () => step(-byMs))
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
        if (plant.lease.owner !== null) judge.note('I10 a stop with a session')
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
}

const windowsOf = (minutes: number): NonNullable<MachineConfig['windows']> => ({
  zone: 'UTC',
  list: [{ days: DAYS, fromMinute: WINDOW_MINUTE, toMinute: WINDOW_MINUTE + minutes }],
})
