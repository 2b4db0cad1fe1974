/**
 * One gateway of a generated life: the core as it is, with a link, a disk and clocks of its own, all in virtual time. It
 * carries out effects as ../../../gateway/runtime does, and decides on bookings as its command loop does. What is durable
 * is all that a kill leaves; a commit under way may or may not have landed.
 * It judges nothing; what it does and is shown goes to its `Watcher`.
 */
import type { MachineConfig } from '../../../config/site.ts'
import { type Booking, type BookingInput, decidePut } from '../../../gateway/core/booking.ts'
import type { Change, MachineRow } from '../../../gateway/core/change.ts'
import type { BookingClaims, Outcome, Principal } from '../../../gateway/core/command.ts'
import type { EntryDraft } from '../../../gateway/core/entry.ts'
import { newMachine, step } from '../../../gateway/core/machine.ts'
import type { MeterState } from '../../../gateway/core/meter.ts'
import { authoriseUnlock } from '../../../gateway/core/permission.ts'
import type { Reading } from '../../../gateway/core/reading.ts'
import { isOpen, type Session } from '../../../gateway/core/session.ts'
import type { Effect, Env, MachineEvent, MachineState } from '../../../gateway/core/turn.ts'
import { MACHINE } from '../../support/world.ts'
import type { Plant } from './plant.ts'

export const START_MS = Date.UTC(2026, 0, 5, 8)
export const EARLY_MS = 10_000
export const NO_SHOW_MS = 60_000
const POLL_MS = 500
const TICK_MS = 100
const COMMIT_MS = 250
const TIMEOUT_MS = 1000
const LINK_MS = 4

/** What a crash leaves. */
export type Durable = {
  readonly meters: Map<string, MeterState>
  readonly sessions: Map<string, Session>
  readonly bookings: Map<string, Booking>
  readonly tokens: Map<string, string>
  readonly entries: EntryDraft[]
  row: MachineRow | undefined
}

export type Shown = ReturnType<Plant['show']>
export type Seen = {
  readonly shown: Shown
  readonly interlock: boolean
  readonly meter: boolean
  readonly atMs: number
}
export type Asked = {
  readonly command: number
  readonly what: 'unlock' | 'resume' | 'end' | 'maintenance'
  readonly booking?: string
  readonly jti?: string
  readonly atMs: number
  readonly life: number
}

export type Watcher = {
  wrote(gateway: Gateway, words: readonly number[]): void
  intended(gateway: Gateway, entry: EntryDraft): void
  stored(gateway: Gateway, changes: readonly Change[]): void
  answered(gateway: Gateway, asked: Asked, outcome: Outcome): void
  ticked(gateway: Gateway): void
  /** Told by the platform; or with a token, `jti`, and may be taken. */
  booked(gateway: Gateway, booking: Booking, jti: string | undefined): void
  began(gateway: Gateway, host: boolean): void
}

/** Virtual time, given by the floor. */
export type Time = {
  readonly ms: number
  later(delayMs: number, run: () => void): void
  /** A number nobody had before. */
  next(): number
}

export type Gateway = ReturnType<typeof createGateway>

export const emptyDurable = (): Durable => ({
  meters: new Map(),
  sessions: new Map(),
  bookings: new Map(),
  tokens: new Map(),
  entries: [],
  row: undefined,
})

export const copyOf = (durable: Durable): Durable => ({
  meters: new Map(durable.meters),
  sessions: new Map(durable.sessions),
  bookings: new Map(durable.bookings),
  tokens: new Map(durable.tokens),
  entries: [...durable.entries],
  row: durable.row,
})

export function createGateway(
  name: number,
  fencingId: number,
  config: MachineConfig,
  acceptSigned: boolean,
  plant: Plant,
  time: Time,
  watcher: Watcher,
) {
  let durable = emptyDurable()
  let image: Durable | undefined
  let life = 0
  let alive = false
  let pausedUntilMs = 0
  let held: (() => void)[] = []
  let state: MachineState
  let pending: Change[] = []
  let landing: { changes: Change[]; done: () => void }[] = []
  let polling = false
  let wallStepMs = 0
  let host = 1
  let hostFromMs = 0
  let wireFreeMs = 0
  const spent = new Map<string, string>()
  const asked = new Map<number, Asked>()
  const outcomes = new Map<number, Outcome>()
  /** Faults by the moment they end. */
  const harm = { cut: 0, silent: 0, interlock: 0, meter: 0, slow: 0, lateWrite: 0, disk: 0 }
  const much = { slowMs: 0, lateWriteMs: 0, diskMs: 0 }
  const gates = { ledgerProven: true, timeTrusted: true, diskOk: true, stopping: false, offline: false }
  /** What was last delivered and good, by the moment it was shown and delivered; `block`: what it said. */
  const seen = { interlockMs: -1, meterMs: -1, block: undefined as readonly number[] | undefined }
  /** When it was shown that the machine runs under nobody's token. */
  const ownerlessMs: number[] = []
  let firstParts: number | undefined
  let troubledMs = 0

  const now = () => ({ ms: START_MS + time.ms + wallStepMs, ns: BigInt(time.ms - hostFromMs) * 1_000_000n + 1n })

  function env(): Env {
    const moment = now()
    return {
      now: moment,
      stamp: { wallMs: moment.ms, monoNs: moment.ns.toString(), bootId: `boot-${name}-${host}`, clock: 'synchronised' },
      fencingId,
      earlyStartMs: EARLY_MS,
      noShowMs: NO_SHOW_MS,
      acceptSigned,
      sampleEveryMs: 60_000,
      ...gates,
    }
  }

  /** Runs unless it has died meanwhile; while it is held still, when it goes on. */
  function later(delayMs: number, run: () => void): void {
    const mine = life
    time.later(delayMs, () => {
      if (mine !== life || !alive) return
      if (time.ms < pausedUntilMs) held.push(run)
      else run()
    })
  }

  function dispatch(event: MachineEvent): void {
    for (const effect of step(state, event, env())) carryOut(effect)
  }

  function append(change: Change): void {
    if (change.kind === 'sample') return
    pending.push(change)
    if (change.kind === 'token-used') spent.set(change.jti, change.session)
    else if (change.kind === 'token-released') spent.delete(change.jti)
    else if (change.kind === 'entry' && change.entry.kind === 'UnlockIntended') watcher.intended(gateway, change.entry)
  }

  function flush(done: () => void): void {
    const batch = { changes: pending, done }
    pending = []
    landing.push(batch)
    later(time.ms < harm.disk ? much.diskMs : 2, () => land(batch))
  }

  /** In order: what comes later lands later. */
  function land(batch: (typeof landing)[number]): void {
    while (landing.includes(batch)) {
      const first = landing.shift()!
      store(first.changes)
      first.done()
    }
  }

  function store(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === 'entry') durable.entries.push(change.entry)
      else if (change.kind === 'meter') durable.meters.set(change.state.meter, change.state)
      else if (change.kind === 'session') durable.sessions.set(change.session.id, change.session)
      else if (change.kind === 'booking') durable.bookings.set(change.booking.id, change.booking)
      else if (change.kind === 'token-used') durable.tokens.set(change.jti, change.session)
      else if (change.kind === 'token-released') durable.tokens.delete(change.jti)
      else if (change.kind === 'machine') durable.row = change.row
    }
    watcher.stored(gateway, changes)
  }

  function carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'change':
        return append(effect.change)
      case 'commit':
        return flush(() => dispatch({ kind: 'committed', ref: effect.ref }))
      case 'reply':
        return settle(effect.command, effect.outcome)
      case 'read':
        return later(effect.afterMs ?? 0, () =>
          read((readings) => dispatch({ kind: 'readings', ref: effect.ref, readings })),
        )
      case 'write':
        return write(effect.ref, effect.words)
    }
  }

  function settle(command: number, outcome: Outcome): void {
    outcomes.set(command, outcome)
    const what = asked.get(command)
    if (what) watcher.answered(gateway, what, outcome)
  }

  /* ── the link ── */

  /** One answer a point, or none within the timeout. */
  function read(deliver: (readings: Reading[]) => void): void {
    if (time.ms < harm.cut) return later(1, () => deliver(bad()))
    if (time.ms < harm.silent || plant.frozen) return later(TIMEOUT_MS, () => deliver(bad()))
    const delayMs = time.ms < harm.slow ? Math.max(LINK_MS, much.slowMs) : LINK_MS
    if (delayMs > TIMEOUT_MS) return later(TIMEOUT_MS, () => deliver(bad()))
    const askedMs = time.ms
    time.later(delayMs / 2, () => {
      if (plant.frozen) return later(TIMEOUT_MS - delayMs / 2, () => deliver(bad()))
      const taken: Seen = {
        shown: plant.show(),
        interlock: time.ms >= harm.interlock,
        meter: time.ms >= harm.meter,
        atMs: time.ms,
      }
      later(delayMs / 2, () =>
        deliver(time.ms - askedMs > TIMEOUT_MS || time.ms < harm.cut ? bad() : readingsOf(taken)),
      )
    })
  }

  function readingsOf({ shown, interlock, meter, atMs }: Seen): Reading[] {
    const { ms, ns } = now()
    const good = (point: string, value: Reading['value'], raw?: bigint): Reading => ({
      point,
      quality: 'good',
      ...(value === undefined ? {} : { value }),
      ...(raw === undefined ? {} : { raw }),
      readAtMs: ms,
      readAtNs: ns,
    })
    if (interlock) {
      Object.assign(seen, { interlockMs: atMs, block: shown.block })
      const [state, owner] = [shown.block[3]!, shown.block[6]! + shown.block[7]!]
      if (state === 5 || (state >= 1 && state <= 3 && owner === 0)) ownerlessMs.push(atMs)
    }
    if (meter) seen.meterMs = atMs
    if (meter) firstParts ??= shown.parts
    return [
      interlock ? good('#interlock', shown.block) : badOne('#interlock'),
      good(`${MACHINE}/plc.state`, shown.state, BigInt(shown.state)),
      meter ? good(`${MACHINE}/plc.parts`, shown.parts, BigInt(shown.parts)) : badOne(`${MACHINE}/plc.parts`),
      good(`${MACHINE}/plc.stop`, false),
    ]
  }

  function badOne(point: string): Reading {
    const { ms, ns } = now()
    return { point, quality: 'bad', cause: 'link-down', readAtMs: ms, readAtNs: ns }
  }

  const bad = () => ['#interlock', ...config.signals.map(({ id }) => id)].map(badOne)

  function write(ref: number, words: readonly number[]): void {
    watcher.wrote(gateway, words)
    const answer = (delayMs: number, result: 'accepted' | 'unsent' | 'unknown') =>
      later(delayMs, () => dispatch({ kind: 'written', ref, result }))
    if (time.ms < harm.cut) return answer(0, 'unsent')
    const delayMs = time.ms < harm.lateWrite ? Math.max(LINK_MS, much.lateWriteMs) : LINK_MS
    // Bytes on the wire arrive in their order, whether or not their sender lives.
    wireFreeMs = Math.max(wireFreeMs, time.ms + delayMs)
    const arrivesMs = wireFreeMs - time.ms
    time.later(arrivesMs, () => plant.write(words))
    const silent = plant.frozen || time.ms < harm.silent || arrivesMs > TIMEOUT_MS
    if (silent) answer(TIMEOUT_MS, 'unknown')
    else answer(arrivesMs, 'accepted')
  }

  /* ── its rounds ── */

  function rounds(): void {
    const tick = () => {
      dispatch({ kind: 'tick' })
      watcher.ticked(gateway)
      later(TICK_MS, tick)
    }
    const poll = () => {
      later(POLL_MS, poll)
      if (polling) return
      polling = true
      read((readings) => {
        polling = false
        dispatch({ kind: 'readings', readings })
      })
    }
    const commit = () => {
      later(COMMIT_MS, commit)
      if (pending.length > 0) flush(() => undefined)
    }
    later(0, poll)
    later(50, tick)
    later(COMMIT_MS, commit)
  }

  function start(): void {
    if (alive) return
    alive = true
    life += 1
    polling = false
    pending = []
    landing = []
    held = []
    pausedUntilMs = 0
    if (!durable.meters.has(`${MACHINE}/plc.parts`)) firstParts = undefined
    spent.clear()
    for (const [jti, session] of durable.tokens) spent.set(jti, session)
    const session = [...durable.sessions.values()].find(isOpen)
    state = newMachine(config, {
      meters: [...durable.meters.values()],
      bookings: [...durable.bookings.values()],
      ...(session ? { session } : {}),
      ...(durable.row ? { row: durable.row } : {}),
    })
    rounds()
  }

  /** As by SIGKILL; of the commits under way the first `landed` made it. */
  function kill(landed: number): void {
    if (!alive) return
    troubledMs = time.ms
    const made = landing.slice(0, landed)
    alive = false
    life += 1
    for (const { changes } of made) store(changes)
    // What was seen and not recorded is lost with it.
    while (ownerlessMs.length > 0 && ownerlessMs.at(-1)! > time.ms - 2 * COMMIT_MS - much.diskMs) ownerlessMs.pop()
    landing = []
    pending = []
  }

  /* ── what is asked of it ── */

  function ask(what: Omit<Asked, 'command' | 'atMs' | 'life'>, event: (command: number) => MachineEvent): void {
    if (!alive || time.ms < pausedUntilMs) return
    const command = time.next()
    asked.set(command, { ...what, command, atMs: time.ms, life })
    dispatch(event(command))
  }

  const platform: Principal = { role: 'platform', id: 'platform', issuer: 'test' }

  function unlock(booking: string, claims: BookingClaims | undefined): void {
    if (!alive || time.ms < pausedUntilMs) return
    const principal: Principal =
      claims === undefined ? platform : { role: 'tenant', id: claims.tenant, issuer: 'test', claims }
    const authority = authoriseUnlock(principal, MACHINE, booking, {
      bookings: state.bookings,
      spentBy: (jti) => spent.get(jti),
      acceptSigned: gates.offline ? config.offline.policy === 'accept-signed' : acceptSigned,
      room: true,
    })
    if ('code' in authority) return
    if (authority.newBooking) watcher.booked(gateway, authority.booking, authority.jti)
    const { jti, jtiExpMs } = authority
    const token = jti === undefined ? {} : { jti, jtiExpMs: jtiExpMs! }
    ask({ what: 'unlock', booking, ...(jti === undefined ? {} : { jti }) }, (command) => ({
      kind: 'unlock',
      request: {
        command,
        principal,
        booking: authority.booking,
        newBooking: authority.newBooking,
        ...token,
        sessionId: `s${name}-${command}`,
        tag: 1000 + command,
        tenantRef: `t-${authority.booking.tenant}`,
      },
    }))
  }

  function apply(booking: Booking): void {
    append({ kind: 'booking', booking })
    dispatch({ kind: 'bookings', bookings: [...state.bookings.filter(({ id }) => id !== booking.id), booking] })
    watcher.booked(gateway, booking, undefined)
    flush(() => undefined)
  }

  const find = (id: string) => state.bookings.find((item) => item.id === id) ?? durable.bookings.get(id)

  function put(input: BookingInput): void {
    if (!alive || time.ms < pausedUntilMs) return
    const known = find(input.id)
    const others = state.bookings.filter(({ id }) => id !== input.id)
    const decision = decidePut(known === undefined ? others : [...others, known], input, 'push', true)
    if (decision.kind === 'put') apply(decision.booking)
  }

  function cancel(id: string): void {
    if (!alive || time.ms < pausedUntilMs) return
    const booking = state.bookings.find((item) => item.id === id)
    if (booking === undefined || booking.status === 'cancelled' || booking.status === 'ended') return
    apply({ ...booking, status: 'cancelled', cancelledAtMs: now().ms })
  }

  const gateway = {
    name,
    fencingId,
    config,
    gates,
    seen,
    ownerlessMs,
    get firstParts() {
      return firstParts ?? 0
    },
    asked,
    outcomes,
    harm,
    get durable() {
      return durable
    },
    get state() {
      return state
    },
    get alive() {
      return alive
    },
    get paused() {
      return time.ms < pausedUntilMs
    },
    get wallMs() {
      return now().ms
    },
    /** When it last was not well: killed, held still, cut, slow. */
    get troubledMs() {
      const ended = Object.values(harm).reduce((latest, until) => Math.max(latest, until), 0)
      return Math.max(troubledMs, Math.min(ended, time.ms), Math.min(pausedUntilMs, time.ms))
    },
    get lateMs() {
      return Math.max(0, wireFreeMs - time.ms, much.lateWriteMs)
    },
    start(hostToo = false) {
      if (alive) return
      troubledMs = time.ms
      if (hostToo) {
        host += 1
        hostFromMs = time.ms
      }
      start()
      watcher.began(gateway, hostToo)
    },
    kill,
    pause(forMs: number) {
      if (!alive || time.ms < pausedUntilMs) return
      pausedUntilMs = time.ms + forMs
      time.later(forMs, () => {
        if (time.ms < pausedUntilMs) return
        const mine = life
        for (const run of held.splice(0)) if (mine === life && alive) run()
      })
    },
    stepClock(byMs: number) {
      wallStepMs += byMs
    },
    hurt(what: keyof typeof harm, forMs: number, amountMs = 0) {
      harm[what] = Math.max(harm[what], time.ms + forMs)
      if (what === 'slow') much.slowMs = amountMs
      if (what === 'lateWrite') much.lateWriteMs = amountMs
      if (what === 'disk') much.diskMs = amountMs
    },
    heal() {
      for (const what of Object.keys(harm) as (keyof typeof harm)[]) harm[what] = Math.min(harm[what], time.ms)
      much.lateWriteMs = 0
      wireFreeMs = time.ms
      Object.assign(gates, { ledgerProven: true, timeTrusted: true, diskOk: true, stopping: false, offline: false })
    },
    takeImage() {
      image = copyOf(durable)
      return image
    },
    /** The disk as it once was, as after a snapshot of a virtual machine. */
    restore(from = image) {
      if (from === undefined) return false
      kill(0)
      durable = copyOf(from)
      ownerlessMs.length = 0
      return true
    },
    /** It counts from where another began. */
    countsFrom(other: { readonly firstParts: number }) {
      firstParts = other.firstParts
    },
    unlock,
    put,
    cancel,
    resume: () => ask({ what: 'resume' }, (command) => ({ kind: 'resume', command, by: 'tenant' })),
    end: (by: 'tenant' | 'platform') => ask({ what: 'end' }, (command) => ({ kind: 'end', command, by })),
    maintenance: (on: boolean) =>
      ask({ what: 'maintenance' }, (command) => ({ kind: 'maintenance', command, on, by: 'wang', reason: 'belt' })),
    revoke(jti: string) {
      if (alive && time.ms >= pausedUntilMs) dispatch({ kind: 'revoked', jtis: [jti], issuedAtMs: now().ms })
    },
  }
  return gateway
}
