/** When a permission is kept: every gate for a heartbeat, when the next one is sent, and when it has come too late. */
import { describe, expect, it } from 'vitest'
import { beat, gatesHold, isJustRead, isSilent, isWithheld } from '../../../../gateway/core/access/hold/heartbeat.ts'
import type { InterlockConfig } from '../../../../gateway/core/ground/config.ts'
import type { Hold } from '../../../../gateway/core/machine/access-state.ts'
import type { MachineState } from '../../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../../gateway/core/machine/turn.ts'
import { machineConfig, outputConfig } from '../../../support/world.ts'
import {
  cameOf,
  envAt,
  hold,
  lockAt,
  machine,
  metersOf,
  nothing,
  nsAt,
  output,
  outputOn,
  partsAt,
  plc,
  plcHeld,
} from '../../support.ts'

const { interlock: _, ...readOnly } = machineConfig
const lease = machineConfig.interlock!
const watchdog = outputConfig()
const coil = outputConfig({ class: 'coil' })
const stopped = { itemState: 'Executing', mode: 'None', fault: false, emergencyStop: true } as const

type Given = Parameters<typeof machine>[0]
const seen = (lock: ReturnType<typeof lockAt> | undefined, over: Given = {}): Given => ({ ...over, seen: { lock } })

describe('every gate holds', () => {
  it.each<[string, boolean, Given, number, Partial<Hold>]>([
    ['while the PLC shows our permission', true, seen(lockAt(0, plcHeld())), 0, {}],
    ['while its cycle runs', true, seen(lockAt(0, plcHeld({ state: 'running' }))), 0, {}],
    ['not before the interlock was read', false, seen(undefined), 0, {}],
    ['not on a machine without an interlock', false, seen(lockAt(0, plcHeld()), { config: readOnly }), 0, {}],
    ['not while a stop is pressed', false, { seen: { lock: lockAt(0, plcHeld()), condition: stopped } }, 0, {}],
    ['with an interlock read two polls and two seconds ago', true, seen(lockAt(0, plcHeld())), 3000, {}],
    ['not with one read before that', false, seen(lockAt(0, plcHeld()), { meters: metersOf(partsAt(1)) }), 3001, {}],
    ['with a meter read two polls and two seconds ago', true, seen(lockAt(1, plcHeld())), 3000, {}],
    ['not with one read before that', false, seen(lockAt(1, plcHeld())), 3001, {}],
    ['not without its gating meter', false, seen(lockAt(0, plcHeld()), { meters: metersOf() }), 0, {}],
    ['not under another token', false, seen(lockAt(0, plcHeld({ ownerToken: 33 }))), 0, {}],
    ['not under another tag', false, seen(lockAt(0, plcHeld({ ownerTag: 9 }))), 0, {}],
    ['not once the PLC has restarted', false, seen(lockAt(0, plcHeld({ bootId: 2 }))), 0, {}],
    ['not once the lease has lapsed', false, seen(lockAt(0, plcHeld({ leaseLeftMs: 0 }))), 0, {}],
    ['not once it is locked', false, seen(lockAt(0, plc())), 0, {}],
    ['not with an open guard', false, seen(lockAt(0, plcHeld({ safetyOk: false }))), 0, {}],
    ['after a pause of ours as long as the lease', true, seen(lockAt(0, plcHeld())), 0, { beatNs: nsAt(-5000) }],
    [
      'after a longer one, when the machine was read since',
      true,
      seen(lockAt(0, plcHeld())),
      0,
      { beatNs: nsAt(-5001) },
    ],
    [
      'not after a longer one when it was last read with the last heartbeat',
      false,
      seen(lockAt(2500, plcHeld()), {
        meters: metersOf(partsAt(5000)),
        config: { ...machineConfig, interlock: { ...lease, leaseMs: 2000 } },
      }),
      5000,
      { beatNs: nsAt(2500) },
    ],
    ['before the first heartbeat, whenever it was confirmed', true, seen(lockAt(0, plcHeld())), 0, { beatNs: 0n }],
  ])('%s', (_name, holds, given, ms, over) => {
    expect(gatesHold(envAt(ms), machine(given), hold(over))).toBe(holds)
  })
})

describe('an output is refreshed', () => {
  it.each<[string, boolean, MachineState['config'], ReturnType<typeof lockAt>, number, bigint]>([
    ['while it is on', true, watchdog, lockAt(0, outputOn()), 0, nsAt(-1000)],
    ['not once it is off: a refresh would turn it on', false, watchdog, lockAt(0, output()), 0, nsAt(-1000)],
    ['not when its contact is off', false, watchdog, lockAt(0, outputOn({ feedback: false })), 0, nsAt(-1000)],
    ['not when its module would not drop it', false, watchdog, lockAt(0, outputOn({ unsafe: 'off' })), 0, nsAt(-1000)],
    ['not after a restart of its module', false, watchdog, lockAt(0, outputOn({ bootId: 2 })), 0, nsAt(-1000)],
    ['50 ms after it was read', true, watchdog, lockAt(0, outputOn()), 50, nsAt(-1000)],
    ['not 51 ms after it was read', false, watchdog, lockAt(0, outputOn()), 51, nsAt(-1000)],
    ['just before its watchdog is over', true, watchdog, lockAt(0, outputOn()), 0, nsAt(-2999)],
    ['not once it is over: it may have dropped since', false, watchdog, lockAt(0, outputOn()), 0, nsAt(-3000)],
    ['the first time, whenever it was confirmed', true, watchdog, lockAt(0, outputOn()), 0, 0n],
    [
      'and a coil also on an older reading',
      true,
      coil,
      lockAt(0, outputOn({ class: 'coil', watchdogMs: 0 })),
      51,
      nsAt(-4000),
    ],
  ])('%s', (_name, may, config, lock, ms, beatNs) => {
    expect(gatesHold(envAt(ms), machine({ config, seen: { lock } }), hold({ beatNs }))).toBe(may)
  })
})

describe('the next heartbeat', () => {
  const wire = { nextRef: 9, writing: 8, replies: new Map() }
  const held = {
    access: { kind: 'Unlocked', hold: hold() },
    seen: { lock: lockAt(1000, plcHeld()) },
    meters: metersOf(partsAt(1000)),
  } as const
  const on = (config: MachineState['config']): Given => ({ ...held, config, seen: { lock: lockAt(1000, outputOn()) } })
  it.each<[string, Partial<Hold>, readonly string[], Given, number, Partial<Hold>]>([
    ['is written when it is due', { heartbeat: 5, beatNs: nsAt(1000) }, ['enable'], held, 1000, {}],
    [
      'goes on with the command of the hold',
      { heartbeat: 5, beatNs: nsAt(1000) },
      ['finish'],
      held,
      1000,
      { command: 'finish' },
    ],
    [
      'is sent at once when there was none',
      { heartbeat: 5, beatNs: nsAt(1000) },
      ['enable'],
      held,
      1000,
      { beatNs: 0n },
    ],
    ['follows 65535 with 0', { heartbeat: 0, beatNs: nsAt(1000) }, ['enable'], held, 1000, { heartbeat: 0xffff }],
    ['waits until it is due', {}, [], held, 999, {}],
    ['waits while a write is under way', {}, [], { ...held, wire }, 1000, {}],
    ['waits while a gate does not hold', {}, [], { ...held, meters: metersOf() }, 1000, {}],
    ['of a watchdog turns it on once more', { heartbeat: 5, beatNs: nsAt(1000) }, ['on'], on(watchdog), 1000, {}],
    ['of a coil is only remembered', { heartbeat: 5, beatNs: nsAt(1000) }, [], on(coil), 1000, {}],
  ])('%s', (_name, sent, written, given, ms, over) => {
    const turn = newTurn(machine(given), envAt(ms))
    beat(turn, hold(over), (next) => ({ kind: 'Unlocked', hold: next }))
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Unlocked', written })
    expect(turn.m.access).toMatchObject({ hold: { ...hold(), ...(sent.beatNs === undefined ? {} : over), ...sent } })
  })
})

describe('a permission is withheld', () => {
  const output = watchdog.interlock
  it.each<[string, boolean, InterlockConfig | undefined, bigint]>([
    ['by an output that was not renewed for longer than a lease', true, output, nsAt(-5001)],
    ['by a coil likewise', true, coil.interlock, nsAt(-5001)],
    ['not within the lease', false, output, nsAt(-5000)],
    ['not before the first renewal', false, output, 0n],
    ['never of a PLC, which locks itself', false, lease, nsAt(-60_000)],
    ['never without an interlock', false, undefined, nsAt(-60_000)],
  ])('%s', (_name, withheld, config, beatNs) => {
    expect(isWithheld(envAt(), config, hold({ beatNs }))).toBe(withheld)
  })
})

describe('a machine is silent', () => {
  it.each<[string, boolean, Given, number]>([
    ['before it was read', true, seen(undefined), 0],
    ['without an interlock', true, { config: readOnly }, 0],
    ['not two polls and two seconds after it was read', false, {}, 3000],
    ['from then on', true, {}, 3001],
  ])('%s', (_name, silent, given, ms) => {
    expect(isSilent(envAt(ms), machine(given))).toBe(silent)
  })

  it.each([
    ['a reading of this moment', true, 0],
    ['one of 50 ms ago', true, 50],
    ['an older one', false, 51],
  ])('just read: %s', (_name, just, ms) => {
    expect(isJustRead(envAt(ms).now, lockAt(0, plc()))).toBe(just)
  })

  it('nothing was just read before anything was read', () => {
    expect(isJustRead(envAt().now, undefined)).toBe(false)
  })
})
