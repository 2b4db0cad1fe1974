/**
 * The one machine of a generated life: the simulators' own PLC and physics in virtual time, which goes from one thing
 * that happens to the next. It keeps the truth: when the output was on and under which token, and what was made under
 * whose. It shares no code with what it judges.
 */

import { type LeaseEvent, powerUp, step as stepLease } from '../../../simulators/machine/lease.ts'
import { decodeToPlc } from '../../../simulators/machine/lease-block.ts'
import { fromPlc, type Lease, permissionOf } from '../../../simulators/machine/lease-state.ts'
import * as physics from '../../../simulators/machine/physics.ts'

/** The output was on. `token` 0: by the key switch. */
export type Span = { readonly token: number; readonly onMs: number; offMs: number | undefined; cause: string }

type Happening = LeaseEvent extends infer E ? (E extends LeaseEvent ? Omit<E, 'atMs'> : never) : never

export type Plant = ReturnType<typeof createPlant>

const STATE_WORDS = { off: 0, standby: 1, ready: 2, working: 3, error: 4 } as const

const POWERS = { standbyPowerW: 100, readyPowerW: 200, workingPowerW: 4000 }

export function createPlant(cycleMs: number, powers: Omit<physics.Plant, 'cycleMs'> = POWERS) {
  const plant: physics.Plant = { cycleMs, ...powers }
  let atMs = 0
  let lease: Lease = powerUp({ bootId: 0, highestToken: 0 }, 'remote', 0, 7).lease
  let machine = physics.newMachine
  let cycle = { token: 0, sinceMs: 0 }
  let frozenUntilMs = 0
  let buffered: (readonly number[])[] = []
  const spans: Span[] = []
  /** Enables that were accepted: token → tag, and the moment. */
  const enabled = new Map<number, { tag: number; atMs: number }>()
  /** When the units under each token were made. */
  const made = new Map<number, number[]>()
  /** Units made under nobody's token: by the key switch, or to the end of a cycle that began so. */
  const ownerless: { readonly sinceMs: number; readonly atMs: number }[] = []
  let reset = false
  let stoppedSinceMs: number | undefined

  function happen(event: Happening): void {
    const stepped = stepLease(lease, { ...event, atMs } as LeaseEvent)
    lease = stepped.lease
    for (const effect of stepped.effects) {
      if (effect.kind === 'permission') turned(effect.on, effect.token, effect.cause)
      if (effect.kind === 'accepted' && effect.command === 1) enabled.set(effect.token, { tag: effect.tag, atMs })
    }
  }

  function turned(on: boolean, token: number, cause: string): void {
    const last = spans.at(-1)
    if (on) spans.push({ token, onMs: atMs, offMs: undefined, cause })
    else if (last !== undefined && last.offMs === undefined) {
      last.offMs = atMs
      last.cause = cause
    }
  }

  /** Lets the physics see the conditions, and the PLC what became of the cycle. */
  function pass(ms: number): void {
    const before = machine
    machine = physics.step(
      plant,
      machine,
      {
        powered: lease.powered,
        halt: lease.fault || lease.emergencyStop ? 'error' : lease.guardOpen ? 'guard' : 'none',
        startPermission: permissionOf(lease),
      },
      ms,
    )
    atMs += ms
    const units = machine.producedUnits - before.producedUnits
    if (units > 0) made.set(cycle.token, [...(made.get(cycle.token) ?? []), ...Array<number>(units).fill(atMs)])
    if (units > 0 && cycle.token === 0) ownerless.push({ sinceMs: cycle.sinceMs, atMs })
    const running = machine.cycleLeftMs > 0
    if (running === before.cycleLeftMs > 0) return
    if (running) cycle = { token: lease.owner?.token ?? 0, sinceMs: atMs }
    happen({ kind: 'cycle', running })
  }

  function passTo(untilMs: number): void {
    while (atMs < untilMs) {
      pass(0)
      const lapse = lease.owner && !lease.owner.ended ? lease.owner.expiresAtMs : Number.POSITIVE_INFINITY
      const done = machine.cycleLeftMs > 0 ? atMs + machine.cycleLeftMs : Number.POSITIVE_INFINITY
      const thaw = frozenUntilMs > atMs ? frozenUntilMs : Number.POSITIVE_INFINITY
      pass(Math.max(1, Math.min(untilMs, lapse, done, thaw) - atMs))
      happen({ kind: 'tick' })
      if (atMs >= frozenUntilMs) for (const words of buffered.splice(0)) happen({ kind: 'write', words })
    }
    pass(0)
  }

  return {
    passTo,
    get lease() {
      return lease
    },
    get machine() {
      return machine
    },
    /** The cycle that runs, and since when. */
    get cycle() {
      return machine.cycleLeftMs > 0 ? cycle : undefined
    },
    get frozen() {
      return atMs < frozenUntilMs
    },
    get wasReset() {
      return reset
    },
    get stoppedSinceMs() {
      return stoppedSinceMs
    },
    spans,
    enabled,
    made,
    ownerless,
    happen(event: Happening) {
      if (event.kind === 'emergency-stop') stoppedSinceMs = event.pressed ? atMs : undefined
      happen(event)
      pass(0)
    },
    write(words: readonly number[]) {
      if (atMs < frozenUntilMs) buffered.push(words)
      else {
        happen({ kind: 'write', words })
        pass(0)
      }
    },
    freeze(ms: number) {
      frozenUntilMs = Math.max(frozenUntilMs, atMs + ms)
    },
    thaw() {
      frozenUntilMs = Math.min(frozenUntilMs, atMs + 1)
    },
    reboot() {
      turned(false, 0, 'power-up')
      lease = powerUp({ bootId: lease.bootId, highestToken: lease.highestToken }, lease.mode, atMs, atMs + 11).lease
      machine = { ...machine, cycleLeftMs: 0 }
      buffered = []
      frozenUntilMs = 0
      stoppedSinceMs = undefined
      if (permissionOf(lease)) turned(true, 0, 'local')
      pass(0)
    },
    operator(autoStart: boolean) {
      machine = { ...machine, autoStart }
      pass(0)
    },
    resetCounter() {
      reset = true
      machine = physics.presetCounter(machine, 0)
    },
    /** Somebody else's gateway enables it, by the rules of the block, and lets it lapse. */
    stranger(fencingId: number, leaseMs: number) {
      const token = (Math.floor(lease.highestToken / 16) + 1) * 16 + fencingId
      const seq = ((lease.lastSeq ?? 0) + 1) % 0x10000
      const long = (value: number) => [Math.floor(value / 0x10000), value % 0x10000]
      const words = [seq, 1, ...long(token), 1, leaseMs, ...long(77), lease.challenge, 0, 0, 0, 0, 0, 0, seq]
      happen({ kind: 'write', words })
      pass(0)
    },
    /** What a gateway reads now. */
    show: () => ({
      block: fromPlc(lease, atMs, machine.producedUnits),
      state: STATE_WORDS[machine.state],
      parts: machine.partCounter,
    }),
    decode: decodeToPlc,
  }
}
