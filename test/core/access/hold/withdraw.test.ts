/** An output whose permission is over: when it is read, when it is turned off, when that is an alarm. */
import { describe, expect, it } from 'vitest'
import { rememberStranger, suspend } from '../../../../gateway/core/access/hold/suspension.ts'
import * as withdraw from '../../../../gateway/core/access/hold/withdraw.ts'
import type { Withdrawal } from '../../../../gateway/core/machine/access-state.ts'
import { newTurn } from '../../../../gateway/core/machine/turn.ts'
import type { SuspendedReason } from '../../../../gateway/core/session/session.ts'
import { machineConfig, outputConfig } from '../../../support/world.ts'
import {
  cameOf,
  entriesOf,
  envAt,
  hold,
  lockAt,
  machine,
  nothing,
  nsAt,
  output,
  outputOn,
  plc,
  plcHeld,
  session,
} from '../../support.ts'

const watchdog = outputConfig()
const coil = outputConfig({ class: 'coil' })
type Given = Parameters<typeof machine>[0]

/** Begun at `NOW`, nothing written yet. */
const begun: Withdrawal = { token: 17, sinceNs: nsAt(0), wroteNs: 0n, tries: 0, alarmed: false }
const suspended = { config: watchdog, access: { kind: 'Suspended' }, session: session() } as const
const shown = (lock: ReturnType<typeof lockAt> | undefined, over: Given = {}): Given => ({
  ...suspended,
  ...over,
  seen: { ...over?.seen, lock },
})

describe('a withdrawal begins', () => {
  const asked = { withdrawal: begun, reads: 1, lease: true }
  const none = { withdrawal: undefined, reads: 0, lease: true }
  it.each<[string, typeof none | typeof asked, Given]>([
    ['with a read, when the output was on just now', asked, shown(lockAt(0, outputOn()))],
    ['with a read, when only its contact is on', asked, shown(lockAt(0, output({ feedback: true })))],
    [
      'with the next poll, when it was not read for two polls',
      { ...asked, reads: 0 },
      shown(lockAt(-1001, outputOn())),
    ],
    ['with the next poll, when it was off that long ago', { ...asked, reads: 0 }, shown(lockAt(-1001, output()))],
    ['with the next poll, when it was never read', { ...asked, reads: 0 }, shown(undefined)],
    ['not when it was read off: nothing of ours is on', { ...none, lease: false }, shown(lockAt(-1000, output()))],
    ['not of a PLC, which locks itself', none, shown(lockAt(0, plcHeld()), { config: machineConfig })],
    [
      'not a second time',
      { ...asked, withdrawal: { ...begun, tries: 2 }, reads: 0 },
      shown(lockAt(0, outputOn()), { withdrawal: { ...begun, tries: 2 } }),
    ],
  ])('%s', (_name, { withdrawal, reads, lease }, given) => {
    const turn = newTurn(machine(given), envAt())
    withdraw.begin(turn, 17)
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Suspended', reads })
    expect(turn.m.withdrawal).toEqual(withdrawal)
    expect(turn.m.session?.lease !== undefined).toBe(lease)
  })
})

describe('a new reading of an output that must be off', () => {
  const wrote = (tries: number) => ({ ...begun, wroteNs: nsAt(1000), tries })
  const on = lockAt(2000, outputOn())
  const off = lockAt(2000, output())
  const stopped = { itemState: 'NotExecuting', mode: 'None', fault: false, emergencyStop: true } as const
  const wire = { nextRef: 9, writing: 8, replies: new Map() }
  const revoking = {
    kind: 'Finishing',
    phase: 'revoking',
    reason: 'Local',
    sinceNs: 0n,
    waiting: [],
    hold: hold(),
    tries: 1,
    alarmed: false,
  } as const
  const turnedOff = { written: ['off'], reads: 1 }

  it.each<[string, Partial<ReturnType<typeof cameOf>>, Withdrawal | undefined, Given]>([
    [
      'turns it off by one write and reads it back',
      turnedOff,
      { ...begun, wroteNs: nsAt(2000), tries: 1 },
      shown(on, { withdrawal: begun }),
    ],
    [
      'turns it off again a second later',
      turnedOff,
      { ...begun, wroteNs: nsAt(2000), tries: 3 },
      shown(on, { withdrawal: wrote(2) }),
    ],
    [
      'does not before that second is over',
      {},
      { ...wrote(2), wroteNs: nsAt(1001) },
      shown(on, { withdrawal: { ...wrote(2), wroteNs: nsAt(1001) } }),
    ],
    [
      'asks less often after three tries',
      {},
      { ...wrote(3), wroteNs: nsAt(-7999) },
      shown(on, { withdrawal: { ...wrote(3), wroteNs: nsAt(-7999) } }),
    ],
    [
      'asks again ten seconds later then',
      turnedOff,
      { ...begun, wroteNs: nsAt(2000), tries: 4 },
      shown(on, { withdrawal: { ...wrote(3), wroteNs: nsAt(-8000) } }),
    ],
    ['writes nothing beside another write', {}, begun, shown(on, { withdrawal: begun, wire })],
    [
      'writes nothing while a stop is pressed',
      {},
      begun,
      shown(on, { withdrawal: begun, seen: { condition: stopped } }),
    ],
    ['decides nothing on a remembered reading', {}, begun, shown(lockAt(1949, outputOn()), { withdrawal: begun })],
    [
      'records that it is off, and that is the end of it',
      { entries: ['LockConfirmed'] },
      undefined,
      shown(off, { withdrawal: begun }),
    ],
    [
      'leaves that record to the end of the session, while it ends',
      { access: 'Finishing:revoking' },
      undefined,
      shown(off, { withdrawal: begun, access: revoking }),
    ],
    ['means nothing where nothing is withdrawn', {}, undefined, shown(on)],
  ])('%s', (_name, came, withdrawal, given) => {
    const turn = newTurn(machine(given), envAt(2000))
    withdraw.observe(turn)
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Suspended', ...came })
    expect(turn.m.withdrawal).toEqual(withdrawal)
  })

  it('that shows it off takes the lease from its session: what is on after a restart is somebody else’s', () => {
    const turn = newTurn(machine(shown(off, { withdrawal: begun })), envAt(2000))
    withdraw.observe(turn)
    expect(turn.m.session).toEqual(session({ lease: undefined } as object))
    expect(entriesOf(turn)[0]?.data).toEqual({ token: '17', plcState: 'locked', after: 'withdrawn' })
  })
})

describe('an output that must be off and is not known to be', () => {
  const given = (lock: ReturnType<typeof lockAt> | undefined, over: Given = {}): Given =>
    shown(lock, { withdrawal: begun, ...over })
  it.each<[string, string | undefined, Given, number]>([
    ['is an alarm after seven seconds', 'enabled', given(lockAt(7000, outputOn())), 7000],
    ['is none before', undefined, given(lockAt(6999, outputOn())), 6999],
    ['is an alarm when only its contact is on', 'fault', given(lockAt(7000, output({ feedback: true }))), 7000],
    ['is none that nobody can see, when its module drops it', undefined, given(lockAt(3999, outputOn())), 7000],
    [
      'is one that nobody can see, when it is a coil',
      'unreachable',
      given(lockAt(3999, outputOn()), { config: coil }),
      7000,
    ],
    ['is one that was never seen, when it is a coil', 'unreachable', given(undefined, { config: coil }), 7000],
    ['is said once', undefined, given(lockAt(7000, outputOn()), { withdrawal: { ...begun, alarmed: true } }), 7000],
    ['is none where nothing is withdrawn', undefined, shown(lockAt(7000, outputOn())), 7000],
    [
      'is said by the session that ends, while it ends',
      undefined,
      given(lockAt(7000, outputOn()), {
        access: { kind: 'Finishing', phase: 'reading', ref: 1, reason: 'Local', sinceNs: 0n, waiting: [] },
      }),
      7000,
    ],
  ])('%s', (_name, plcState, at, ms) => {
    const turn = newTurn(machine(at), envAt(ms))
    const before = turn.m.withdrawal
    withdraw.onTick(turn)
    expect(entriesOf(turn).map(({ kind, data }) => [kind, data.plcState])).toEqual(
      plcState === undefined ? [] : [['LockUnconfirmed', plcState]],
    )
    expect(turn.m.withdrawal).toEqual(plcState === undefined ? before : { ...begun, alarmed: true })
  })
})

describe('a session whose permission is lost', () => {
  const unlocked = { access: { kind: 'Unlocked', hold: hold() }, session: session() } as const
  it.each<[string, SuspendedReason, 'Suspended' | 'Foreign', Given, string]>([
    ['is suspended by a lapse', 'lapse', 'Suspended', unlocked, 'locked'],
    [
      'is suspended by a stop',
      'emergency-stop',
      'Suspended',
      { ...unlocked, seen: { lock: lockAt(0, plc({ state: 'emergency-stop' })) } },
      'emergency-stop',
    ],
    [
      'is suspended by a cut, whatever was seen last',
      'cut',
      'Suspended',
      { ...unlocked, seen: { lock: undefined } },
      'unknown',
    ],
    ['leaves the machine to a stranger', 'foreign', 'Foreign', unlocked, 'locked'],
    [
      'leaves the machine to its key',
      'local',
      'Foreign',
      { ...unlocked, seen: { lock: lockAt(0, plc({ state: 'local' })) } },
      'local',
    ],
  ])('%s', (_name, reason, access, given, plcState) => {
    const turn = newTurn(machine(given), envAt())
    suspend(turn, session(), reason)
    expect(cameOf(turn)).toEqual({ ...nothing, access, entries: ['SessionSuspended'] })
    expect(entriesOf(turn)[0]?.data).toEqual({ reason, plcState })
    expect(turn.m.session).toEqual(session({ status: 'suspended', suspendedReason: reason }))
    expect(turn.effects.some(({ kind }) => kind === 'commit')).toBe(true)
  })

  it('turns its output off', () => {
    const turn = newTurn(machine({ ...unlocked, config: watchdog, seen: { lock: lockAt(0, outputOn()) } }), envAt())
    suspend(turn, session(), 'gates')
    expect(turn.m.withdrawal).toEqual(begun)
  })

  it('remembers a stranger over a restart, where there is a session to remember it', () => {
    const turn = newTurn(machine({ session: session() }), envAt())
    rememberStranger(turn)
    expect(turn.m.session?.suspendedReason).toBe('foreign')
    const without = newTurn(machine(), envAt())
    rememberStranger(without)
    expect(without.effects).toEqual([])
  })
})
