/** What must hold for an unlock or for a session to go on: each refusal, and which of several comes first. */
import { describe, expect, it } from 'vitest'
import { gate, inUse, notLocked } from '../../../gateway/core/access/gates.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { Refusal } from '../../../gateway/core/ground/refusal.ts'
import type { Access } from '../../../gateway/core/machine/access-state.ts'
import type { Env, MachineState } from '../../../gateway/core/machine/state.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { outputConfig } from '../../support/world.ts'
import * as given from '../support.ts'
import { envAt, expectRefusal, HOUR_MS, lockAt, machine, NOW, output, plc, request, session } from '../support.ts'

type Asked = { readonly env: Env; readonly m: MachineState }
/** One thing that is wrong, put on top of whatever is wrong already. */
type Fault = readonly [name: string, refusal: Partial<Refusal>, put: (asked: Asked) => Asked]

const ok = (): Asked => ({ env: envAt(), m: machine() })
const inEnv = (over: Partial<Env>) => (asked: Asked) => ({ ...asked, env: { ...asked.env, ...over } })
const inMachine = (over: (m: MachineState) => Partial<MachineState>) => (asked: Asked) => ({
  ...asked,
  m: { ...asked.m, ...over(asked.m) },
})
const inConfig = (over: Partial<MachineConfig>) => inMachine(({ config }) => ({ config: { ...config, ...over } }))
const inRow = (over: Partial<MachineState['row']>) => inMachine(({ row }) => ({ row: { ...row, ...over } }))
const inSeen = (over: (seen: MachineState['seen']) => Partial<MachineState['seen']>) =>
  inMachine(({ seen }) => ({ seen: { ...seen, ...over(seen) } }))
const inCondition = (over: Partial<MachineState['seen']['condition']>) =>
  inSeen(({ condition }) => ({ condition: { ...condition, ...over } }))
const inLock = (block: ReturnType<typeof plc>) => inSeen(() => ({ lock: lockAt(0, block) }))

const coil = (untilMs: number) =>
  outputConfig({ class: 'coil', risk: { acceptedBy: 'li', reason: 'old saw', untilMs } }).interlock!
const drilled = { atMs: NOW.ms - 1, passed: true, failSafe: true, interlockId: 'as-built', by: 'wang' }
const span = { fromMs: NOW.ms - 1, untilMs: NOW.ms + HOUR_MS }
const withdrawal = { token: 17, sinceNs: NOW.ns, wroteNs: 0n, tries: 0, alarmed: false }

/* Each of these alone is refused, and one above is named before all below it. */
const gateway: readonly Fault[] = [
  [
    'a machine without an interlock',
    { code: 'no-interlock' },
    inMachine(({ config: { interlock: _, ...config } }) => ({ config })),
  ],
  ['a gateway that stops', { code: 'stopping' }, inEnv({ stopping: true })],
  ['a ledger that is not proven', { code: 'ledger-unproven' }, inEnv({ ledgerProven: false })],
  ['a disk without room', { code: 'ledger-full' }, inEnv({ diskOk: false })],
  ['a clock that is not trusted', { code: 'time-untrusted' }, inEnv({ timeTrusted: false })],
  ['a coil whose risk nobody accepts any more', { code: 'machine-blocked' }, inConfig({ interlock: coil(NOW.ms) })],
]
const arranged: readonly Fault[] = [
  ['a machine that never passed a drill', { code: 'not-commissioned' }, inConfig({ simulated: false })],
  [
    'maintenance',
    { code: 'machine-blocked', detail: 'the machine is in maintenance' },
    inRow({ maintenance: { by: 'wang', reason: 'belt', sinceMs: 0 } }),
  ],
  [
    'a block of the owner',
    { code: 'machine-blocked', extra: { reason: 'owner-block', freeAt: new Date(NOW.ms + 2 * HOUR_MS).toISOString() } },
    inRow({ blocks: [{ id: 'k1', ...span, untilMs: NOW.ms + 2 * HOUR_MS, reason: 'own order', by: 'huajian' }] }),
  ],
  [
    'a maintenance window',
    { code: 'machine-blocked', detail: 'maintenance window' },
    inMachine(({ pace }) => ({ pace: { ...pace, windows: { atMs: NOW.ms, spans: [span] } } })),
  ],
]
const atMachine: readonly Fault[] = [
  [
    'an unlock that was never confirmed',
    { code: 'unconfirmed' },
    inMachine(() => ({ access: { kind: 'Unconfirmed', attempt: undefined } })),
  ],
  ['an output that is being turned off', { code: 'unconfirmed' }, inMachine(() => ({ withdrawal }))],
  [
    'a required reading that was never taken',
    { code: 'not-fresh', detail: 'plc.stop: never-read' },
    inSeen(({ readings }) => ({ readings: new Map([...readings].filter(([id]) => id !== given.point('stop'))) })),
  ],
  [
    'a pressed emergency stop',
    { code: 'machine-not-ready', detail: 'the emergency stop is pressed' },
    inCondition({ emergencyStop: true }),
  ],
  [
    'a module that would not drop its output',
    { code: 'machine-not-ready', detail: 'the watchdog of the module is off' },
    inLock(output({ unsafe: 'the watchdog of the module is off' })),
  ],
  ['a fault', { code: 'machine-not-ready', detail: 'the machine has a fault' }, inCondition({ fault: true })],
  [
    'a machine that is off',
    { code: 'machine-not-ready', detail: 'the machine is off' },
    inCondition({ itemState: 'NotAvailable' }),
  ],
  [
    'a machine of which nobody knows what it does',
    { code: 'not-fresh', detail: 'what the machine does is not known' },
    inCondition({ itemState: 'Unknown' }),
  ],
]
const faults = [...gateway, ...arranged, ...atMachine]

describe('before any unlock', () => {
  it('nothing is refused on a machine that is locked, idle, fresh and free', () => {
    const { env, m } = ok()
    expect(gate(env, m, false)).toBeUndefined()
  })

  it.each(faults)('%s is refused', (_name, refusal, put) => {
    const { env, m } = put(ok())
    expect(gate(env, m, false)).toMatchObject(refusal)
  })

  it.each(faults.map(([name, refusal], at) => [name, refusal, at] as const))(
    '%s is named before all that follows here',
    (_name, refusal, at) => {
      const { env, m } = faults.slice(at).reduceRight((asked, [, , put]) => put(asked), ok())
      expect(gate(env, m, false)).toMatchObject(refusal)
    },
  )

  it.each(arranged)('%s holds back no override', (_name, _refusal, put) => {
    const { env, m } = put(ok())
    expect(gate(env, m, true)).toBeUndefined()
  })

  it.each([...gateway, ...atMachine])('%s holds back an override too', (_name, refusal, put) => {
    const { env, m } = put(ok())
    expect(gate(env, m, true)).toMatchObject(refusal)
  })

  it.each<[string, Partial<Refusal> | undefined, Fault[2]]>([
    ['a coil whose risk is still accepted is let through', undefined, inConfig({ interlock: coil(NOW.ms + 1) })],
    [
      'a passed drill is enough',
      undefined,
      (asked) => inConfig({ simulated: false })(inRow({ drill: drilled })(asked)),
    ],
    [
      'a drill of another interlock is not',
      { code: 'not-commissioned' },
      (asked) => inConfig({ simulated: false })(inRow({ drill: { ...drilled, interlockId: 'other' } })(asked)),
    ],
    [
      'a block that is over is not in the way',
      undefined,
      inRow({ blocks: [{ id: 'k1', fromMs: 0, untilMs: NOW.ms, reason: 'own', by: 'huajian' }] }),
    ],
    [
      'a reading that has grown too old is refused',
      { code: 'not-fresh', detail: 'plc.state: stale' },
      ({ m }) => ({ m, env: envAt(3001) }),
    ],
    ['one that has not is good', undefined, ({ m }) => ({ m, env: envAt(3000) })],
    [
      'a bad reading says why',
      { code: 'not-fresh', detail: 'plc.parts: timeout' },
      inSeen(({ readings }) => ({
        readings: new Map(readings).set(given.point('parts'), {
          ...given.reading(given.point('parts'), 40),
          quality: 'bad',
          cause: 'timeout',
        }),
      })),
    ],
    ['a stop that only the PLC shows counts', { code: 'machine-not-ready' }, inLock(plc({ state: 'emergency-stop' }))],
    ['a fault that only the PLC shows counts', { code: 'machine-not-ready' }, inLock(plc({ state: 'fault' }))],
    ['a machine out of service has a fault', { code: 'machine-not-ready' }, inCondition({ itemState: 'OutOfService' })],
    ['a machine that runs is not refused here', undefined, inCondition({ itemState: 'Executing' })],
  ])('%s', (_name, refusal, put) => {
    const { env, m } = put(ok())
    expectRefusal(gate(env, m, false), refusal)
  })
})

describe('a machine in use', () => {
  const finishing: Access = {
    kind: 'Finishing',
    phase: 'reading',
    ref: 1,
    reason: 'Local',
    sinceNs: NOW.ns,
    waiting: [],
  }
  const iso = (ms: number) => new Date(NOW.ms + ms).toISOString()
  const other = { tenant: 'other' }
  it.each<[string, Partial<Refusal> | undefined, Partial<Session> | undefined, Partial<MachineState>]>([
    ['is not one without a session', undefined, undefined, {}],
    ['is not one whose session is over', undefined, { status: 'ended' }, {}],
    [
      'says when it should be free, and names its session to its tenant',
      { extra: { freeAt: iso(HOUR_MS), session: 's1' } },
      {},
      {},
    ],
    ['names no session to another tenant', { extra: { freeAt: iso(HOUR_MS) } }, other, {}],
    ['names no session to another booking of its tenant', { extra: { freeAt: iso(HOUR_MS) } }, { booking: 'b2' }, {}],
    ['says nothing of a time that has passed', { extra: {} }, { ...other, bookedUntilMs: NOW.ms }, {}],
    [
      'says that its cycle is not done, and when its grace is over',
      { detail: expect.stringContaining('cycle'), extra: { freeAt: iso(60_000) } },
      other,
      { access: finishing, bookings: [] },
    ],
  ])('%s', (_name, refusal, open, over) => {
    const m = machine({ session: open && session(open), ...over })
    expect(inUse(envAt(), m, request())).toEqual(refusal && { code: 'machine-in-use', ...refusal })
  })
})

describe('only a locked machine is unlocked', () => {
  const asked = { command: 1, request: undefined, checkFromNs: 0n, checkUntilNs: 0n }
  it.each<[string, Partial<Refusal> | undefined, Parameters<typeof machine>[0]]>([
    ['locked', undefined, {}],
    ['not yet read', { code: 'not-fresh' }, { access: { kind: 'Unknown' } }],
    ['with a stranger', { code: 'foreign-use' }, { access: { kind: 'Foreign' } }],
    [
      'with its key on local',
      { code: 'foreign-use', detail: 'the key switch is on local' },
      { access: { kind: 'Foreign' }, seen: { lock: lockAt(0, plc({ state: 'local' })) } },
    ],
    ['being unlocked', { code: 'machine-in-use' }, { access: { kind: 'Unlocking', phase: 'checking', ref: 1, asked } }],
    ['unlocked', { code: 'machine-in-use' }, { access: { kind: 'Unlocked', hold: given.hold() } }],
    ['suspended', { code: 'machine-in-use' }, { access: { kind: 'Suspended' } }],
    [
      'in a drill',
      { code: 'machine-in-use', detail: 'a drill is under way' },
      { drill: { by: 'wang', reason: 'new', reserve: { first: 1, fencingId: 3 } } },
    ],
  ])('%s', (_name, refusal, over) => {
    const found = notLocked(machine(over))
    expectRefusal(found, refusal)
  })
})
