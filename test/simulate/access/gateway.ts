/**
 * One gateway of a generated life: the core as it is, with a link, a disk and clocks of its own, all in virtual time.
 * It carries out effects as ../../../gateway/control/ does. What is durable is all that a kill leaves; a commit under
 * way may or may not have landed. It judges nothing; what it does and is shown goes to its `Watcher`. Read next:
 * wire.ts (its link), requests.ts (what is asked of it).
 */

import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import type { Effect, MachineEvent } from '../../../gateway/core/machine/event.ts'
import { type Env, type MachineState, newMachine } from '../../../gateway/core/machine/state.ts'
import type { RevocationList } from '../../../gateway/core/permission/revocation-list.ts'
import { isOpen } from '../../../gateway/core/session/session.ts'
import { step } from '../../../gateway/core/step.ts'
import { stepWhenDue } from '../../support/idle.ts'
import { MACHINE } from '../../support/world.ts'
import { createClocks } from './clocks.ts'
import { copyOf, type Durable, emptyDurable, storeIn } from './durable.ts'
import type { Plant } from './plant.ts'
import { type Asked, createRequests, EARLY_MS } from './requests.ts'
import { createWire, type Harm } from './wire.ts'

export const NO_SHOW_MS = 60_000
const POLL_MS = 500
const TICK_MS = 100
const COMMIT_MS = 250
/** A stop that was asked for: no new unlock for so long, then the links are closed. */
const STOP_MS = 300

export type Watcher = {
  /** What is on its way to the machine; `sent`: the link is up. */
  wrote(gateway: Gateway, words: readonly number[], sent: boolean): void
  /** On its way to the disk. */
  recorded(gateway: Gateway, entry: EntryDraft): void
  stored(gateway: Gateway, changes: readonly Change[]): void
  asked(gateway: Gateway, asked: Asked): void
  answered(gateway: Gateway, asked: Asked, outcome: Outcome): void
  ticked(gateway: Gateway): void
  /** Told by the platform; or with a token, `jti`, and may be taken. */
  booked(gateway: Gateway, booking: Booking, jti: string | undefined): void
  listed(gateway: Gateway, list: RevocationList): void
  /** Refused before the machine was asked. */
  denied(code: string): void
  began(gateway: Gateway, host: boolean): void
  /** By a kill, or `asked` to. */
  stopped(gateway: Gateway, asked: boolean): void
}

/** Virtual time, given by the floor. */
export type Time = {
  readonly ms: number
  later(delayMs: number, run: () => void): void
  /** A number nobody had before. */
  next(): number
}

export type GatewayOptions = {
  readonly name: number
  readonly fencingId: number
  readonly config: MachineConfig
  readonly acceptSigned: boolean
  /** Tenants are refused when the revocation list is older. */
  readonly listMaxAgeMs: number | undefined
}

export type Gateway = ReturnType<typeof createGateway>

export function createGateway(options: GatewayOptions, plant: Plant, time: Time, watcher: Watcher) {
  const { name, fencingId, config, acceptSigned } = options
  let durable = emptyDurable()
  let image: Durable | undefined
  let [life, alive, stopped] = [0, false, false]
  let [pausedFromMs, pausedUntilMs] = [0, 0]
  let held: (() => void)[] = []
  let state: MachineState
  let pending: Change[] = []
  let landing: { changes: Change[]; done: () => void }[] = []
  let polling = false
  let troubledMs = 0
  const stepIfDue = stepWhenDue(() => dispatch({ kind: 'tick' }))
  const spent = new Map<string, string>()
  const asked = new Map<number, Asked>()
  const outcomes = new Map<number, Outcome>()
  const gates = { ledgerProven: true, timeTrusted: true, diskOk: true, stopping: false, offline: false }

  const clocks = createClocks(name, time, () => durable.entries)
  const { now } = clocks
  const isTimeTrusted = () => gates.timeTrusted && clocks.state() !== 'relative'
  const isReady = () => alive && !stopped && time.ms >= pausedUntilMs

  function env(): Env {
    return {
      now: now(),
      stamp: clocks.stamp(),
      ...clocks.believed(),
      fencingId,
      earlyStartMs: EARLY_MS,
      noShowMs: NO_SHOW_MS,
      acceptSigned,
      flapsPerHour: 20,
      ...gates,
      timeTrusted: isTimeTrusted(),
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

  const wire = createWire({
    config,
    plant,
    time,
    later,
    now,
    wrote: (words, sent) => watcher.wrote(gateway, words, sent),
  })

  function dispatch(event: MachineEvent): void {
    for (const effect of step(state, event, env())) carryOut(effect)
  }

  function append(change: Change): void {
    pending.push(change)
    if (change.kind === 'token-used') spent.set(change.jti, change.session)
    else if (change.kind === 'token-released') spent.delete(change.jti)
    else if (change.kind === 'entry') watcher.recorded(gateway, change.entry)
  }

  function flush(done: () => void): void {
    const batch = { changes: pending, done }
    pending = []
    landing.push(batch)
    later(time.ms < wire.harm.disk ? wire.much.diskMs : 2, () => land(batch))
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
    storeIn(durable, changes)
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
          wire.read((readings) => dispatch({ kind: 'readings', ref: effect.ref, readings })),
        )
      case 'write':
        return wire.write(effect.words, (result) => dispatch({ kind: 'written', ref: effect.ref, result }))
    }
  }

  function settle(command: number, outcome: Outcome): void {
    outcomes.set(command, outcome)
    const what = asked.get(command)
    if (what) watcher.answered(gateway, what, outcome)
    if (what?.what === 'unlock') later(0, () => requests.endIfRevoked(what))
  }

  /* ── its rounds ── */

  function rounds(): void {
    const tick = () => {
      if (stopped) return
      const changed = clocks.change()
      if (changed) append({ kind: 'entry', entry: changed })
      stepIfDue(state, env(), changed !== undefined)
      watcher.ticked(gateway)
      later(TICK_MS, tick)
    }
    const poll = () => {
      if (stopped) return
      later(POLL_MS, poll)
      if (polling) return
      polling = true
      wire.read((readings) => {
        polling = false
        dispatch({ kind: 'readings', readings })
      })
    }
    const commit = () => {
      if (stopped) return
      later(COMMIT_MS, commit)
      if (pending.length > 0) flush(() => undefined)
    }
    later(0, poll)
    later(50, tick)
    later(COMMIT_MS, commit)
  }

  function start(): void {
    clocks.start()
    alive = true
    life += 1
    stopped = false
    gates.stopping = false
    wire.open()
    polling = false
    pending = []
    landing = []
    held = []
    pausedUntilMs = 0
    if (!durable.meters.has(`${MACHINE}/plc.parts`)) wire.countsFrom(undefined)
    spent.clear()
    for (const [jti, session] of durable.tokens) spent.set(jti, session)
    requests.lists.clear()
    for (const [issuer, list] of durable.lists) requests.lists.set(issuer, list)
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
    watcher.stopped(gateway, false)
    troubledMs = time.ms
    const made = landing.slice(0, landed)
    alive = false
    life += 1
    for (const { changes } of made) store(changes)
    // While it was held still it recorded nothing.
    wire.forget((time.ms < pausedUntilMs ? pausedFromMs : time.ms) - 2 * COMMIT_MS - wire.much.diskMs)
    landing = []
    pending = []
  }

  /** As by SIGTERM: no new unlock, the links are closed, and all there is to say is made durable. */
  function stop(done: () => void): void {
    if (!isReady() || gates.stopping) return
    gates.stopping = true
    later(STOP_MS, () => {
      stopped = true
      wire.close()
      const at = env().stamp
      append({ kind: 'entry', entry: { kind: 'GatewayStopped', version: 1, at, data: { openSessions: 0 } } })
      flush(() => {
        watcher.stopped(gateway, true)
        troubledMs = time.ms
        alive = false
        life += 1
        done()
      })
    })
  }

  /* ── what is asked of it ── */

  const requests = createRequests({
    name,
    acceptSigned,
    listMaxAgeMs: options.listMaxAgeMs,
    gates,
    ready: isReady,
    state: () => state,
    durable: () => durable,
    spentBy: (jti) => spent.get(jti),
    wallMs: () => now().ms,
    leastMs: () => clocks.believed().leastMs,
    append,
    flush: () => flush(() => undefined),
    dispatch,
    ask(what, event) {
      if (!isReady()) return
      const command = time.next()
      const one: Asked = { ...what, command, atMs: time.ms, wallMs: now().ms, life }
      asked.set(command, one)
      watcher.asked(gateway, one)
      dispatch(event(command))
    },
    booked: (booking, jti) => watcher.booked(gateway, booking, jti),
    listed: (list) => watcher.listed(gateway, list),
    denied: (code) => watcher.denied(code),
  })

  const gateway = {
    name,
    fencingId,
    config,
    options,
    gates,
    wire,
    seen: wire.seen,
    asked,
    outcomes,
    requests,
    get firstParts() {
      return wire.firstParts ?? 0
    },
    get durable() {
      return durable
    },
    get state() {
      return state
    },
    get alive() {
      return alive
    },
    get ready() {
      return isReady()
    },
    /** A commit is on its way to the disk. */
    get isCommitting() {
      return landing.length > 0
    },
    get paused() {
      return time.ms < pausedUntilMs
    },
    get wallMs() {
      return now().ms
    },
    get believedMs() {
      return clocks.believed().believedMs
    },
    /** Nothing speaks against what its clock shows. */
    get isClockBelieved() {
      return clocks.state() === 'synchronised'
    },
    isTimeTrusted,
    timeOf: clocks.timeOf,
    /** When it last was not well: killed, held still, cut, slow. */
    get troubledMs() {
      return Math.max(troubledMs, wire.hurtUntilMs, Math.min(pausedUntilMs, time.ms))
    },
    start(hostToo = false) {
      if (alive) return
      troubledMs = time.ms
      if (hostToo) clocks.bootHost()
      start()
      watcher.began(gateway, hostToo)
    },
    kill,
    stop,
    pause(forMs: number) {
      if (!alive || time.ms < pausedUntilMs) return
      ;[pausedFromMs, pausedUntilMs] = [time.ms, time.ms + forMs]
      time.later(forMs, () => {
        if (time.ms < pausedUntilMs) return
        const mine = life
        for (const run of held.splice(0)) if (mine === life && alive) run()
      })
    },
    isClockWrong: clocks.isWrong,
    stepClock: clocks.step,
    /** As `latchkey clock --accept` does, between two lives. */
    acceptClock: () => void durable.entries.push(clocks.accepted()),
    hurt: (what: Harm, forMs: number, amountMs: number) => wire.hurt(what, forMs, amountMs),
    heal() {
      clocks.setRight()
      wire.heal()
      Object.assign(gates, { ledgerProven: true, timeTrusted: true, diskOk: true, offline: false })
    },
    takeImage: () => (image = copyOf(durable)),
    /** The disk as it once was, as after a snapshot of a virtual machine. */
    restore(from = image) {
      if (from === undefined) return false
      kill(0)
      durable = copyOf(from)
      wire.forget(-1)
      return true
    },
    /** It counts from where another began. */
    countsFrom(other: { readonly firstParts: number }) {
      wire.countsFrom(other.firstParts)
    },
  }
  return gateway
}
