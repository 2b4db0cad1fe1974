/** The way from the end of a session to a locked machine: phase by phase, under each policy of the owner. */
import { describe, expect, it } from 'vitest'
import { observe, onReadings, onTick } from '../../../../gateway/core/access/ending/finishing.ts'
import type { MachineConfig } from '../../../../gateway/core/ground/config.ts'
import type { Shown } from '../../../../gateway/core/interlock/interlock.ts'
import type { Finishing, Held, ReadingEnd } from '../../../../gateway/core/machine/access-state.ts'
import { newTurn, type Turn } from '../../../../gateway/core/machine/turn.ts'
import type { Session } from '../../../../gateway/core/session/session.ts'
import { machineConfig, outputConfig } from '../../../support/world.ts'
import {
  booking,
  cameOf,
  entriesOf,
  envAt,
  executing,
  hold,
  lockAt,
  machine,
  metersOf,
  NOW,
  nothing,
  nsAt,
  output,
  outputOn,
  partsAt,
  plc,
  plcHeld,
  session,
} from '../../support.ts'

type Given = Parameters<typeof machine>[0]
type Came = Partial<ReturnType<typeof cameOf>>
type Policy = MachineConfig['endOfBooking']['policy']

/** It has been ending since `NOW`; `finish` was written then, and is acknowledged when a row does not say otherwise. */
const ended: Session = session({
  status: 'finishing',
  stoppedReason: 'Local',
  finishingSince: { ms: NOW.ms, ns: nsAt(0).toString() },
})
const ending = { kind: 'Finishing', reason: 'Local', sinceNs: nsAt(0), waiting: [] } as const
const cycle: Held = { ...ending, phase: 'cycle', hold: hold({ command: 'finish', seq: 8 }), tries: 0, alarmed: false }
const revoking: Held = { ...cycle, phase: 'revoking', tries: 1 }
const reading: ReadingEnd = { ...ending, phase: 'reading', ref: 1 }
const { lastMs: LAST_MS } = machineConfig.endOfBooking
const finishing = plcHeld({ state: 'finishing', acknowledgedSeq: 8 })
const idle = { ...executing, itemState: 'NotExecuting' } as const
const unseen = { ...executing, itemState: 'Unknown' } as const
const overrun = { sinceMs: NOW.ms + 60_000, use: [] }
const writing = { nextRef: 9, writing: 8, replies: new Map() }
const under = (policy: Policy): MachineConfig => ({
  ...machineConfig,
  endOfBooking: { ...machineConfig.endOfBooking, policy },
})
const on = { config: outputConfig() }

/** All that is not said is fresh: it was read in this moment. */
function turnAt(ms: number, access: Finishing, { seen, ...over }: NonNullable<Given> = {}): Turn {
  const bookings = [booking({ status: 'used' })]
  const fresh = { condition: idle, lock: lockAt(ms, finishing), ...seen }
  return newTurn(
    machine({ session: ended, access, meters: metersOf(partsAt(ms)), bookings, seen: fresh, ...over }),
    envAt(ms),
  )
}
const running = (over: NonNullable<Given> = {}): NonNullable<Given> => ({
  ...over,
  seen: { condition: executing, ...over.seen },
})
const kept: Came = { access: 'Finishing:cycle', written: ['finish'] }
const revoked: Came = { access: 'Finishing:revoking', written: ['revoke'], reads: 1 }

describe('while the cycle may go on', () => {
  it.each<[string, number, Came, NonNullable<Given>]>([
    ['a machine that is idle and has understood is revoked', 1000, revoked, {}],
    ['one that has not understood yet is asked on', 1000, kept, { seen: { lock: lockAt(1000, plcHeld()) } }],
    ['one that has not understood within 2 s is revoked', 2000, revoked, { seen: { lock: lockAt(2000, plcHeld()) } }],
    ['a cycle that runs is kept', 1000, kept, running()],
    ['a cycle that runs waits for its next heartbeat', 999, { access: 'Finishing:cycle' }, running()],
    ['a revoke waits for the write under way', 1000, { access: 'Finishing:cycle' }, { wire: writing }],
    ['a machine whose state nobody can see is kept', 59_000, kept, { seen: { condition: unseen } }],
    ['and no longer than the grace', 60_000, revoked, { seen: { condition: unseen } }],
    [
      'an output that could not be refreshed is turned off',
      5001,
      { access: 'Finishing:revoking', reads: 1 },
      running({ ...on, seen: { lock: lockAt(5001, outputOn()) } }),
    ],
    [
      'an output that can be refreshed is',
      1000,
      { access: 'Finishing:cycle', written: ['on'] },
      running({ ...on, seen: { lock: lockAt(1000, outputOn()) } }),
    ],
    [
      'a coil is left on',
      5001,
      { access: 'Finishing:cycle' },
      running({ config: outputConfig({ class: 'coil' }), seen: { lock: lockAt(5001, outputOn({ class: 'coil' })) } }),
    ],
  ])('%s', (_name, ms, came, given) => {
    const turn = turnAt(ms, cycle, given)
    onTick(turn, cycle)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  const over = { ...kept, entries: ['SessionFinishing'] } as const
  it.each<[Policy, string, number, Came, Partial<Session>]>([
    ['finish-cycle', 'keeps a cycle within the grace', 59_999, kept, {}],
    ['finish-cycle', 'keeps it after the grace, and says so', 60_000, over, {}],
    ['finish-cycle', 'says so once', 61_000, kept, { overrun }],
    ['finish-cycle', 'cuts a cycle at its last instant', LAST_MS, revoked, { overrun }],
    ['finish-cycle', 'cuts a cycle at once that a person of the site withdrew', 2000, revoked, { withdrawn: true }],
    ['at-end', 'keeps a cycle within the grace', 59_999, kept, {}],
    ['at-end', 'cuts it after the grace', 60_000, revoked, {}],
    ['owner-release', 'keeps a cycle after the grace, and says so', 60_000, over, {}],
    ['owner-release', 'cuts a cycle at its last instant', LAST_MS, revoked, { overrun }],
  ])('%s %s', (policy, _name, ms, came, more) => {
    const turn = turnAt(ms, cycle, running({ config: under(policy), session: { ...ended, ...more } }))
    onTick(turn, cycle)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(turn.m.session?.overrun).toEqual(came === over ? { sinceMs: NOW.ms + ms, use: [] } : more.overrun)
  })

  it.each<[Policy, string, Came, Partial<Session>]>([
    ['finish-cycle', 'locks an idle machine after an overrun', revoked, { overrun }],
    ['owner-release', 'keeps an idle machine after an overrun', kept, { overrun }],
    ['owner-release', 'locks it once a person has said so', revoked, { overrun, released: true }],
    ['owner-release', 'locks an idle machine without an overrun', revoked, {}],
  ])('%s %s', (policy, _name, came, more) => {
    const turn = turnAt(61_000, cycle, {
      config: under(policy),
      session: { ...ended, ...more },
      ...(more.overrun ? {} : { bookings: [] }),
    })
    onTick(turn, cycle)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  it.each<[string, number, number, number]>([
    ['is said anew under the next sequence when it was seen not to have arrived', 9, 500, 7],
    ['is said anew above a rival that took its sequence', 10, 500, 9],
    ['stays as it is when nothing was read since', 8, 0, 7],
  ])('a finish %s', (_name, seq, readMs, acknowledgedSeq) => {
    const lock = lockAt(readMs, plcHeld({ state: 'running', acknowledgedSeq }))
    const turn = turnAt(1000, cycle, running({ seen: { lock } }))
    onTick(turn, cycle)
    expect(turn.m.access).toMatchObject({ hold: { seq, heartbeat: 5 } })
  })
})

describe('a revoke', () => {
  const stopped = { ...idle, emergencyStop: true }
  it.each<[string, number, NonNullable<Given>]>([
    ['is not written after a stop was pressed', 1000, { seen: { condition: stopped } }],
    [
      'is not written after a stop that the PLC shows',
      1000,
      { seen: { lock: lockAt(1000, plcHeld({ state: 'emergency-stop' })) } },
    ],
    [
      'is not written with an open guard',
      1000,
      { seen: { lock: lockAt(1000, plcHeld({ state: 'finishing', safetyOk: false })) } },
    ],
    ['is not written to a machine that nobody can see', 4001, { seen: { lock: lockAt(1000, finishing) } }],
  ])('%s, and the permission is over all the same', (_name, ms, given) => {
    const turn = turnAt(ms, cycle, given)
    onTick(turn, cycle)
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Finishing:revoking' })
    expect(turn.m.access).toMatchObject({ tries: 1, sinceNs: nsAt(ms), hold: { beatNs: nsAt(ms) } })
  })

  const again = { ...revoked, access: 'Finishing:revoking' } as const
  const waits = { access: 'Finishing:revoking' } as const
  const alarm = { ...waits, entries: ['LockUnconfirmed'] } as const
  it.each<[string, number, Came, Partial<Held>]>([
    ['is repeated after a second', 1000, again, {}],
    ['is not repeated before', 999, waits, {}],
    ['is written three times at most', 1000, waits, { tries: 3 }],
    ['that locks nothing within seven seconds is an alarm', 7000, alarm, { tries: 3 }],
    ['is no alarm before', 6999, waits, { tries: 3 }],
    ['is an alarm once', 7000, waits, { tries: 3, alarmed: true }],
  ])('%s', (_name, ms, came, over) => {
    const access = { ...revoking, ...over }
    const turn = turnAt(ms, access)
    onTick(turn, access)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect((turn.m.access as Held).alarmed).toBe(came === alarm || over.alarmed === true)
  })
})

describe('a machine that cannot be reached', () => {
  const lapsed = { access: 'Finishing:reading', entries: ['LockUnconfirmed'], reads: 1 } as const
  it.each<[string, number, Came, Held, NonNullable<Given>]>([
    ['for longer than its lease and 2 s has locked itself', 7001, lapsed, cycle, {}],
    ['for that long while it is revoked, too', 7001, lapsed, { ...revoking, tries: 3 }, {}],
    ['for that long behind an output has dropped it, which is then read', 7001, lapsed, cycle, on],
    ['for just that long has not', 7000, { access: 'Finishing:cycle' }, cycle, running()],
    [
      'is still on when it is a coil',
      60_000,
      { access: 'Finishing:cycle', entries: ['SessionFinishing'] },
      cycle,
      running({ config: outputConfig({ class: 'coil' }) }),
    ],
  ])('%s', (_name, ms, came, access, { seen, ...given }) => {
    const block = 'config' in given ? outputOn() : finishing
    const turn = turnAt(ms, access, { ...given, seen: { ...seen, lock: lockAt(0, block) } })
    onTick(turn, access)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(turn.m.withdrawal !== undefined).toBe(came === lapsed && 'config' in given)
  })
})

describe('the lock is seen', () => {
  const read = { access: 'Finishing:reading', entries: ['LockConfirmed'], reads: 1 } as const
  it.each<[string, number, Came, Finishing, Shown]>([
    ['to have locked by itself', 500, read, cycle, plc()],
    ['to have locked after a revoke', 500, read, revoking, plc()],
    ['with somebody else: our permission is over', 500, read, cycle, plcHeld({ ownerToken: 33 })],
    ['to be held still', 500, { access: 'Finishing:cycle' }, cycle, finishing],
    [
      'to complete our cycle without a lease: its units are the session’s',
      500,
      { access: 'Finishing:revoking' },
      revoking,
      { ...finishing, leaseLeftMs: 0 } as Shown,
    ],
    ['once the end reading is all that is missing', 500, { access: 'Finishing:reading' }, reading, plc()],
    ['as an output that is off', 500, read, cycle, output()],
    [
      'as an output that is on: it is turned off before it is refreshed',
      2000,
      { access: 'Finishing:revoking', reads: 1 },
      cycle,
      outputOn(),
    ],
  ])('%s', (_name, ms, came, access, block) => {
    const turn = turnAt(ms, access, { ...(block.class === 'lease' ? {} : on), seen: { lock: lockAt(ms, block) } })
    observe(turn, access)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  it.each<[string, string | undefined, Session]>([
    ['is remembered over a restart', 'local', ended],
    ['does not take the place of what was remembered', 'cut', { ...ended, suspendedReason: 'cut' }],
  ])('a key that is turned while it ends %s', (_name, reason, open) => {
    const turn = turnAt(500, revoking, { session: open, seen: { lock: lockAt(500, plc({ state: 'local' })) } })
    observe(turn, revoking)
    expect(turn.m.session?.suspendedReason).toBe(reason)
  })
})

describe('the end reading', () => {
  const done = { access: 'Locked', entries: ['SessionEnded'] } as const
  const asked = { access: 'Finishing:reading', reads: 1 } as const
  it.each<[string, Came, NonNullable<Given>]>([
    ['ends the session when interlock and meters were read since', done, {}],
    [
      'leaves the machine to a stranger who is on',
      { ...done, access: 'Foreign' },
      { seen: { lock: lockAt(500, plcHeld({ ownerToken: 33 })) } },
    ],
    [
      'takes no output for a stranger’s that is being turned off',
      done,
      {
        ...on,
        seen: { lock: lockAt(500, outputOn()) },
        withdrawal: { token: 17, sinceNs: 0n, wroteNs: 0n, tries: 1, alarmed: false },
      },
    ],
    ['is asked for again while a meter is older', asked, { meters: metersOf(partsAt(-1)) }],
    [
      'is asked for again while a value waits to be believed',
      asked,
      { meters: metersOf(partsAt(500, { held: { seen: 1, name: 'regress', atMs: 0, atNs: 0n, bootId: 'boot' } })) },
    ],
    ['is asked for again while the interlock is older', asked, { seen: { lock: lockAt(-1, plc()) } }],
    ['is asked for again while the interlock was not read', asked, { seen: { lock: undefined } }],
  ])('%s', (_name, came, given) => {
    const turn = turnAt(500, reading, { ...given, seen: { lock: lockAt(500, plc()), ...given.seen } })
    onReadings(turn, reading)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  it.each<[string, number, boolean]>([
    ['is awaited for a minute', 59_999, false],
    ['ends the session without it then, and disputes later units', 60_000, true],
  ])('%s', (_name, ms, over) => {
    const turn = turnAt(ms, reading, { seen: { lock: lockAt(-1, plc()) } })
    onTick(turn, reading)
    expect(turn.m.access.kind).toBe(over ? 'Locked' : 'Finishing')
    expect(entriesOf(turn)[0]?.data.incomplete).toBe(over ? true : undefined)
    expect(turn.m.meters.get('booth/plc.parts')?.next).toBe(over ? 'disputed' : undefined)
  })

  it('is answered to everybody who waits for it, when it is durable', () => {
    const waiting = [4, 5].map((command) => ({ command, replyByNs: nsAt(9000) }))
    const turn = turnAt(500, { ...reading, waiting }, { seen: { lock: lockAt(500, plc()) } })
    onReadings(turn, { ...reading, waiting })
    expect(cameOf(turn)).toEqual({ ...nothing, ...done, whenDurable: ['session', 'session'] })
  })
})

it('a call to end that has waited for 8 s is answered with the session as it is, and the others wait on', () => {
  const waiting = [4, 5].map((command) => ({ command, replyByNs: nsAt(command * 1000) }))
  const turn = turnAt(4000, { ...revoking, tries: 3, waiting })
  onTick(turn, { ...revoking, tries: 3, waiting })
  expect(turn.effects).toEqual([{ kind: 'reply', command: 4, outcome: { kind: 'session', session: ended } }])
  expect((turn.m.access as Held).waiting).toEqual([{ command: 5, replyByNs: nsAt(5000) }])
})
