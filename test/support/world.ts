/**
 * A machine, its PLC and the gateway's core in virtual time: no socket, no clock, no promise. The PLC and the physics
 * are the simulators' own; the ledger is what was durable. Judges: units really made, and when the output was really
 * on.
 */

import type { Tariff } from '../../gateway/core/billing/tariff.ts'
import type { Booking } from '../../gateway/core/booking/booking.ts'
import type { Override } from '../../gateway/core/booking/override.ts'
import type { Outcome } from '../../gateway/core/command/outcome.ts'
import type { MachineConfig, OutputInterlock } from '../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../gateway/core/ground/entry.ts'
import { partsOf } from '../../gateway/core/interlock/interlock.ts'
import type { Change, MachineRow } from '../../gateway/core/machine/change.ts'
import type { Effect, MachineEvent } from '../../gateway/core/machine/event.ts'
import { type Env, type MachineState, newMachine } from '../../gateway/core/machine/state.ts'
import type { MeterState } from '../../gateway/core/meter/meter.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import type { Answers } from '../../gateway/core/session/answers.ts'
import type { Session } from '../../gateway/core/session/session.ts'
import { step } from '../../gateway/core/step.ts'
import {
  contactOf,
  feedbackOf,
  type Module,
  type ModuleEvent,
  newModule,
  step as stepModule,
} from '../../simulators/machine/io-module.ts'
import { type LeaseEvent, powerUp, step as stepLease } from '../../simulators/machine/lease.ts'
import { accessOf, fromPlc, type Lease, permissionOf } from '../../simulators/machine/lease-state.ts'
import * as physics from '../../simulators/machine/physics.ts'
import { clockEntry, clockOver } from './clock.ts'
import { holdDraft } from './described.ts'
import { stepWhenDue } from './idle.ts'

export const MACHINE = 'booth'
const BOOT = 'boot-1'
const GRAIN_MS = 10
const POLL_MS = 500
const START_MS = Date.UTC(2026, 0, 5, 8)

export const machineConfig: MachineConfig = {
  id: MACHINE,
  name: { en: 'Booth' },
  owner: 'huajian',
  simulated: true,
  commissioning: { interlockId: 'as-built', retestMs: 31_536_000_000 },
  devices: {},
  signals: [signal('state'), signal('parts'), signal('stop')],
  meters: [
    {
      kind: 'register',
      id: `${MACHINE}/plc.parts`,
      machine: MACHINE,
      signal: `${MACHINE}/plc.parts`,
      unit: 'pcs',
      perCount: 1n,
      wrapAt: 4294967296n,
      maxRate: 10n,
      resets: 'to-zero',
      gating: true,
    },
    { kind: 'duration', id: `${MACHINE}/plc.running`, machine: MACHINE, unit: 'ms', while: 'Executing', gating: false },
  ],
  state: {
    kind: 'map',
    signal: `${MACHINE}/plc.state`,
    states: { 0: 'NotAvailable', 1: 'NotExecuting', 2: 'NotExecuting', 3: 'Executing', 4: 'OutOfService' },
  },
  emergencyStop: `${MACHINE}/plc.stop`,
  interlock: {
    class: 'lease',
    alias: 'plc',
    link: 'plc',
    device: {},
    toPlc: {},
    fromPlc: {},
    pollMs: POLL_MS,
    leaseMs: 5000,
    heartbeatMs: 1000,
    confirmMs: 8000,
    requestTimeoutMs: 1000,
  },
  offline: { policy: 'accept-signed', caps: {} },
  endOfBooking: { warnMs: 600_000, graceMs: 60_000, policy: 'finish-cycle', lastMs: 43_200_000 },
  afterUse: { cleanDownMs: 0, inspection: 'none' },
}

function signal(name: string): MachineConfig['signals'][number] {
  return {
    id: `${MACHINE}/plc.${name}`,
    machine: MACHINE,
    alias: 'plc',
    name,
    link: 'plc',
    address: {},
    device: {},
    intervalMs: POLL_MS,
    scale: 1,
    offset: 0,
    required: false,
  }
}

type Timer = { readonly atMs: number; readonly life: number; run(): void }

/** The same machine behind an I/O module: one output, a feedback contact, a watchdog that is read. */
export function outputConfig(over: Partial<OutputInterlock> = {}): MachineConfig {
  const times = { pollMs: POLL_MS, leaseMs: 5000, heartbeatMs: 1000, confirmMs: 3000, requestTimeoutMs: 1000 }
  const isCoil = over.class === 'coil'
  return {
    ...machineConfig,
    interlock: {
      class: 'watchdog',
      alias: 'io',
      link: 'io',
      device: {},
      output: {},
      readBack: {},
      feedback: {},
      ...(isCoil ? {} : { watchdog: { time: {}, unitMs: 100, settings: [] } }),
      ...times,
      ...over,
    },
  }
}

export type World = ReturnType<typeof createWorld>

/** What other devices of the machine show, by point; they are read with it, and are silent with it. */
export type Devices = (physics: physics.Physics) => Readonly<Record<string, string | number>>

type Unlocking = {
  booking?: Booking
  jti?: string
  newBooking?: boolean
  override?: Override
  answers?: Answers
}

export function createWorld(
  config: MachineConfig = machineConfig,
  cycleMs = 3000,
  highestToken = 0,
  devices: Devices = () => ({}),
  tariffs: ReadonlyMap<string, Tariff> = new Map(),
) {
  const plant: physics.Plant = { cycleMs, standbyPowerW: 100, readyPowerW: 200, workingPowerW: 4000 }
  let ms = 0
  let wallStepMs = 0
  let boot = { id: BOOT, sinceMs: 0 }
  let lease: Lease = powerUp({ bootId: 0, highestToken }, 'remote', 0, 7).lease
  let machine: physics.Physics = physics.newMachine
  const isOutput = config.interlock !== undefined && config.interlock.class !== 'lease'
  let io: Module = config.interlock?.class === 'coil' ? { ...newModule, watchdogMs: 0 } : newModule
  let timers: Timer[] = []
  let life = 0
  let alive = true
  let state: MachineState
  let nextCommand = 1
  const link = {
    up: true,
    readUp: true,
    interlockUp: true,
    meterUp: true,
    delayMs: 5,
    urgentDelayMs: 0,
    writeDelayMs: 0,
    /** A write gets no answer, and is executed this much later. */
    lateWriteMs: 0,
  }
  /** A stop the machine reports while its lease block does not. */
  const signals = { stop: false }
  let tamper = (words: number[]) => words
  /** Bytes on the wire arrive whether or not their sender lives. */
  let wire: { atMs: number; words: readonly number[] }[] = []
  const plc = { frozenUntilMs: 0, buffered: [] as (readonly number[])[] }
  const disk = { delayMs: 3 }
  const gates = { ledgerProven: true, timeTrusted: true, diskOk: true, stopping: false, offline: false }
  const durable = {
    meters: new Map<string, MeterState>(),
    sessions: new Map<string, Session>(),
    bookings: new Map<string, Booking>(),
    tokens: new Set<string>(),
    entries: [] as EntryDraft[],
    row: undefined as MachineRow | undefined,
  }
  const edges: { atMs: number; on: boolean; cause: string; token: number }[] = []
  const enables: { atMs: number; token: number }[] = []
  const writes: { atMs: number; words: readonly number[] }[] = []
  const outcomes = new Map<number, Outcome>()
  let pending: Change[] = []
  const stepIfDue = stepWhenDue(() => dispatch({ kind: 'tick' }))

  let clock = newClock()
  state = fresh()

  function newClock() {
    const look = () => ({ ms: START_MS + ms + wallStepMs, ns: BigInt(ms - boot.sinceMs) * 1_000_000n + 1n })
    return clockOver(durable.entries, boot.id, look)
  }

  function fresh(): MachineState {
    const session = [...durable.sessions.values()].find((item) => !['ended', 'refused', 'lapsed'].includes(item.status))
    return newMachine(config, {
      meters: [...durable.meters.values()],
      bookings: [...durable.bookings.values()],
      ...(session ? { session } : {}),
      ...(durable.row ? { row: durable.row } : {}),
    })
  }

  function env(): Env {
    const now = clock.now()
    return {
      now,
      stamp: clock.stamp(now),
      ...clock.believed(now),
      fencingId: 3,
      earlyStartMs: 300_000,
      noShowMs: 900_000,
      tariffs,
      acceptSigned: true,
      flapsPerHour: 20,
      ...gates,
      timeTrusted: gates.timeTrusted && clock.state(now) !== 'relative',
    }
  }

  function dispatch(event: MachineEvent): void {
    if (!alive) return
    for (const effect of step(state, event, env())) carryOut(effect)
  }

  function tick(): void {
    const entry = clockEntry(clock, clock.now())
    if (entry !== undefined) pending.push({ kind: 'entry', entry })
    if (!alive) return
    stepIfDue(state, env(), entry !== undefined)
  }

  function later(delayMs: number, run: () => void): void {
    timers.push({ atMs: ms + delayMs, life, run })
  }

  function carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'change':
        pending.push(effect.change)
        return
      case 'commit': {
        const changes = pending
        pending = []
        later(disk.delayMs, () => {
          changes.forEach(store)
          dispatch({ kind: 'committed', ref: effect.ref })
        })
        return
      }
      case 'reply':
        outcomes.set(effect.command, effect.outcome)
        return
      case 'read':
        later((effect.afterMs ?? 0) + link.delayMs + link.urgentDelayMs, () => {
          if (!link.up || !link.readUp || ms < plc.frozenUntilMs)
            later(1000, () => dispatch({ kind: 'readings', ref: effect.ref, readings: bad() }))
          else dispatch({ kind: 'readings', ref: effect.ref, readings: readAll() })
        })
        return
      case 'write':
        if (!link.up) return later(0, () => dispatch({ kind: 'written', ref: effect.ref, result: 'unsent' }))
        writes.push({ atMs: ms, words: effect.words })
        if (ms < plc.frozenUntilMs) {
          plc.buffered.push(effect.words)
          return later(1000, () => dispatch({ kind: 'written', ref: effect.ref, result: 'unknown' }))
        }
        if (link.lateWriteMs > 0) {
          wire.push({ atMs: ms + link.lateWriteMs, words: effect.words })
          return later(1000, () => dispatch({ kind: 'written', ref: effect.ref, result: 'unknown' }))
        }
        wire.push({ atMs: ms + link.delayMs + link.writeDelayMs, words: effect.words })
        return later(link.delayMs + link.writeDelayMs, () =>
          dispatch({ kind: 'written', ref: effect.ref, result: 'accepted' }),
        )
    }
  }

  function store(change: Change): void {
    switch (change.kind) {
      case 'entry':
        holdDraft(change.entry)
        durable.entries.push(change.entry)
        return
      case 'meter':
        durable.meters.set(change.state.meter, change.state)
        return
      case 'session':
        durable.sessions.set(change.session.id, change.session)
        return
      case 'booking':
        durable.bookings.set(change.booking.id, change.booking)
        return
      case 'token-used':
        if (durable.tokens.has(change.jti)) throw new Error(`token ${change.jti} spent twice`)
        durable.tokens.add(change.jti)
        return
      case 'token-released':
        durable.tokens.delete(change.jti)
        return
      case 'machine':
        durable.row = change.row
        return
      default:
        return
    }
  }

  /* ── the machine ── */

  function happen(event: LeaseEvent extends infer E ? (E extends LeaseEvent ? Omit<E, 'atMs'> : never) : never): void {
    const stepped = stepLease(lease, { ...event, atMs: ms } as LeaseEvent)
    lease = stepped.lease
    for (const effect of stepped.effects) {
      if (effect.kind === 'permission')
        edges.push({ atMs: ms, on: effect.on, cause: effect.cause, token: effect.token })
      if (effect.kind === 'accepted' && effect.command === 1) enables.push({ atMs: ms, token: effect.token })
    }
  }

  /** What happens to the I/O module. */
  function happenIo(
    event: ModuleEvent extends infer E ? (E extends ModuleEvent ? Omit<E, 'atMs'> : never) : never,
  ): void {
    const before = contactOf(io)
    io = stepModule(io, { ...event, atMs: ms } as ModuleEvent)
    const on = contactOf(io)
    if (on !== before) edges.push({ atMs: ms, on, cause: event.kind === 'tick' ? 'watchdog' : event.kind, token: 0 })
  }

  const permission = () => (isOutput ? contactOf(io) : permissionOf(lease))

  /** A frozen PLC has the bytes in its buffer and looks at them when it thaws. */
  function takeWrite(words: readonly number[]): void {
    if (ms < plc.frozenUntilMs) plc.buffered.push(words)
    else if (isOutput) happenIo({ kind: 'write', on: words[0] === 1 })
    else happen({ kind: 'write', words })
  }

  function passPlant(): void {
    const before = machine.cycleLeftMs > 0
    machine = physics.step(
      plant,
      machine,
      {
        powered: lease.powered,
        halt: lease.fault || lease.emergencyStop ? 'error' : lease.guardOpen ? 'guard' : 'none',
        startPermission: permission(),
      },
      GRAIN_MS,
    )
    const running = machine.cycleLeftMs > 0
    if (running !== before && !isOutput) happen({ kind: 'cycle', running })
  }

  const interlockPoints = config.interlock === undefined ? [] : partsOf(config.interlock).map(({ point }) => point)

  const stateWord = { off: 0, standby: 1, ready: 2, working: 3, error: 4 } as const

  function readAll(): Reading[] {
    const { now } = env()
    const good = (point: string, value: Reading['value'], raw?: bigint): Reading => ({
      point,
      quality: 'good',
      ...(value === undefined ? {} : { value }),
      ...(raw === undefined ? {} : { raw }),
      readAtMs: now.ms,
      readAtNs: now.ns,
    })
    const state = stateWord[machine.state]
    return [
      ...interlockReadings(good),
      good(`${MACHINE}/plc.state`, state, BigInt(state)),
      link.meterUp
        ? good(`${MACHINE}/plc.parts`, machine.partCounter, BigInt(machine.partCounter))
        : badOne(`${MACHINE}/plc.parts`),
      good(`${MACHINE}/plc.stop`, signals.stop),
      ...Object.entries(devices(machine)).map(([point, value]) =>
        good(point, value, typeof value === 'number' ? BigInt(value) : undefined),
      ),
    ]
  }

  function interlockReadings(good: (point: string, value: Reading['value']) => Reading): Reading[] {
    if (!isOutput)
      return [
        link.interlockUp ? good('#interlock', tamper(fromPlc(lease, ms, machine.producedUnits))) : badOne('#interlock'),
      ]
    if (!link.interlockUp || !io.powered) return interlockPoints.map(badOne)
    happenIo({ kind: 'request' })
    const values: Record<string, Reading['value']> = {
      '#interlock': io.output,
      '#interlock.feedback': feedbackOf(io),
      '#interlock.watchdog': io.watchdogMs / 100,
      '#interlock.boot': io.bootId,
    }
    return interlockPoints.map((point) => good(point, values[point]))
  }

  function badOne(point: string): Reading {
    const { now } = env()
    return { point, quality: 'bad', cause: 'link-down', readAtMs: now.ms, readAtNs: now.ns }
  }

  const bad = () => [...interlockPoints, ...config.signals.map(({ id }) => id)].map(badOne)

  /* ── time ── */

  function run(forMs: number): void {
    const until = ms + forMs
    while (ms < until) {
      ms += GRAIN_MS
      happen({ kind: 'tick' })
      if (isOutput) happenIo({ kind: 'tick' })
      if (ms >= plc.frozenUntilMs && plc.buffered.length > 0)
        for (const words of plc.buffered.splice(0)) takeWrite(words)
      for (const { words } of wire.filter(({ atMs }) => atMs <= ms)) takeWrite(words)
      wire = wire.filter(({ atMs }) => atMs > ms)
      passPlant()
      const due = timers.filter((timer) => timer.atMs <= ms)
      timers = timers.filter((timer) => timer.atMs > ms)
      for (const timer of due) if (timer.life === life && alive) timer.run()
      if (!alive) continue
      if (ms % POLL_MS === 0)
        dispatch({ kind: 'readings', readings: link.up && link.readUp && ms >= plc.frozenUntilMs ? readAll() : bad() })
      if (ms % 100 === 0) tick()
      if (ms % 250 === 0) {
        const changes = pending
        pending = []
        if (changes.length > 0) later(disk.delayMs, () => changes.forEach(store))
      }
    }
  }

  function until(what: () => boolean, withinMs: number): boolean {
    for (let waited = 0; waited < withinMs && !what(); waited += GRAIN_MS) run(GRAIN_MS)
    return what()
  }

  const booking = (id = 'b1', over: Partial<Booking> = {}): Booking => ({
    id,
    version: 1,
    machine: MACHINE,
    tenant: 'acme',
    startMs: START_MS - 60_000,
    endMs: START_MS + 3_600_000,
    limits: {},
    status: 'held',
    source: 'push',
    ...over,
  })

  function command(event: (command: number) => MachineEvent): number {
    const id = nextCommand++
    dispatch(event(id))
    return id
  }

  return {
    get ms() {
      return ms
    },
    get state() {
      return state
    },
    get lease() {
      return lease
    },
    get io() {
      return io
    },
    happenIo,
    get machine() {
      return machine
    },
    get enabledNow() {
      return permission()
    },
    get plcState() {
      return accessOf(lease)
    },
    link,
    signals,
    disk,
    gates,
    durable,
    edges,
    enables,
    writes,
    outcomes,
    run,
    until,
    happen,
    booking,
    unlock(over: Unlocking = {}) {
      const used = over.booking ?? state.bookings.find((item) => item.id === 'b1') ?? booking()
      return command((id) => ({
        kind: 'unlock',
        request: {
          command: id,
          principal: { role: 'platform', id: 'platform', issuer: 'test' },
          booking: used,
          newBooking: over.newBooking ?? false,
          ...(over.jti === undefined ? {} : { jti: over.jti, jtiExpMs: used.endMs }),
          sessionId: `session-${id}`,
          tag: 1000 + id,
          tenantRef: `t-${used.tenant}`,
          ...(over.override ? { override: over.override } : {}),
          ...(over.answers ? { given: { by: { role: 'platform' }, answers: over.answers } } : {}),
        },
      }))
    },
    send: command,
    resume: () => command((id) => ({ kind: 'resume', command: id, by: 'tenant' })),
    end: (by: 'tenant' | 'platform' | 'owner' | 'technician' = 'tenant', release = false) =>
      command((id) => ({ kind: 'end', command: id, by, ...(release ? { release } : {}) })),
    maintenance: (on: boolean) =>
      command((id) => ({ kind: 'maintenance', command: id, on, by: 'wang', reason: 'belt' })),
    inspect: (passed: boolean, role: 'technician' | 'owner' | 'tenant' = 'technician', id = 'wang') =>
      command((command) => ({
        kind: 'inspection',
        inspection: { command, inspector: { role, id, by: { role } }, passed, note: 'belt is fine' },
      })),
    putBookings: (bookings: Booking[]) => {
      dispatch({ kind: 'bookings', bookings })
      for (const item of bookings) pending.push({ kind: 'booking', booking: item })
    },
    operator(autoStart: boolean) {
      machine = { ...machine, autoStart }
    },
    resetCounter(to = 0) {
      machine = physics.presetCounter(machine, to)
    },
    produce(units: number) {
      machine = physics.produce(machine, units)
    },
    /** What the PLC says, changed on its way. */
    tamper(change: (words: number[]) => number[]) {
      tamper = change
    },
    dispatch,
    freezePlc(forMs: number) {
      plc.frozenUntilMs = ms + forMs
    },
    rebootPlc() {
      lease = powerUp({ bootId: lease.bootId, highestToken: lease.highestToken }, lease.mode, ms, ms + 11).lease
      edges.push({ atMs: ms, on: false, cause: 'power-up', token: 0 })
      machine = { ...machine, cycleLeftMs: 0 }
    },
    stepClock(byMs: number) {
      wallStepMs += byMs
    },
    /** As by SIGKILL: what was not durable is gone, what was under way never answers. */
    kill() {
      alive = false
      life += 1
      pending = []
      timers = []
    },
    /** The host of the gateway, which was killed: its monotonic clock begins anew. */
    rebootHost() {
      boot = { id: `${BOOT}-${ms}`, sinceMs: ms }
    },
    start() {
      alive = true
      life += 1
      clock = newClock()
      state = fresh()
    },
    /** Units by account over all epochs, from what is durable. */
    kinds: () => durable.entries.map((entry) => entry.kind),
    entriesOf: (kind: EntryDraft['kind']) => durable.entries.filter((entry) => entry.kind === kind),
    outcome: (command: number) => outcomes.get(command),
  }
}
