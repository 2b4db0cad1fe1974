/** An enable that was never answered: until when it is waited for, and what comes of its session. */
import { describe, expect, it } from 'vitest'
import { begin, observe } from '../../../gateway/core/access/unconfirmed.ts'
import type { Shown } from '../../../gateway/core/interlock/interlock.ts'
import type { Access, Attempt } from '../../../gateway/core/machine/access-state.ts'
import type { MachineState } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { machineConfig, outputConfig } from '../../support/world.ts'
import {
  cameOf,
  entriesOf,
  envAt,
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
  request,
  session,
} from '../support.ts'

type Came = Partial<ReturnType<typeof cameOf>>
const POINT = 'booth/plc.parts'
/** Intended 8 s before `NOW`, which is the last moment of its confirmation. */
const attempt: Attempt = {
  command: 1,
  request: request(),
  token: 17,
  tag: 1,
  seq: 8,
  challenge: 5,
  plcBootId: 1,
  confirmUntilNs: nsAt(0),
}
const pending = { pendingToken: '17', pendingNs: nsAt(-8000).toString() }
const { startedAtMs: _, lease: __, ...unstarted } = session({ status: 'unconfirmed', ...pending })
/** Of a session that had begun: its resume was not confirmed. */
const resumed = session({ status: 'unconfirmed', ...pending })
const watchdog = outputConfig()

describe('an enable that stayed silent', () => {
  it.each<[string, MachineState['config'], number | undefined]>([
    ['a PLC locks by its lease and 2 s', machineConfig, 7000],
    ['a module drops its output by then', watchdog, 7000],
    ['nothing locks a coil, so no time is named', outputConfig({ class: 'coil' }), undefined],
  ])('is answered as unconfirmed: %s', (_name, config, ms) => {
    const access: Access = { kind: 'Unlocking', phase: 'confirming', ref: 1, attempt }
    const turn = newTurn(machine({ config, access, session: unstarted }), envAt())
    begin(turn, attempt)
    const came = { entries: ['UnlockUnconfirmed'], whenDurable: ['unconfirmed'] } as const
    expect(cameOf(turn)).toEqual({ ...nothing, ...came, access: 'Unconfirmed' })
    const locksBy = ms === undefined ? {} : { locksBy: new Date(NOW.ms + ms).toISOString() }
    const outcomes = [...turn.m.wire.replies.values()].map(({ outcome }) => outcome)
    expect(outcomes).toMatchObject([{ refusal: { extra: { ...locksBy, session: 's1' } } }])
    expect(entriesOf(turn)[0]?.data.locksBy).toBe(locksBy.locksBy)
    expect(turn.m.session?.status).toBe('unconfirmed')
  })
})

type Late = { readonly over?: Partial<MachineState>; readonly held?: true; readonly restarted?: true }
/** Read `ms` after the last moment of its confirmation; a restart leaves no attempt. */
function observed(ms: number, block: Shown, open: Session, { over, held, restarted }: Late = {}) {
  const state = { attempt: restarted ? undefined : attempt, ...(held ? { held } : {}) }
  const seen = { lock: lockAt(ms, block) }
  const access: Access = { kind: 'Unconfirmed', ...state }
  const turn = newTurn(machine({ access, session: open, seen, meters: metersOf(partsAt(ms)), ...over }), envAt(ms))
  observe(turn, state)
  return turn
}

const waits = { access: 'Unconfirmed' } as const
const never = { access: 'Locked', entries: ['LockConfirmed'] } as const
const late = { access: 'Suspended', entries: ['LockConfirmed', 'UnlockConfirmed', 'SessionSuspended'] } as const

describe('a PLC that is read after an unconfirmed enable', () => {
  it.each<[string, Came, Session['status'] | undefined, number, Shown, Session]>([
    ['was read too early: it may come true yet', waits, 'unconfirmed', 0, plc({ highestToken: 1 }), unstarted],
    ['has never seen it: the session never came to be', never, undefined, 1, plc({ highestToken: 1 }), unstarted],
    [
      'has never seen a resume: its session is suspended',
      { ...never, access: 'Suspended' },
      'suspended',
      1,
      plc({ highestToken: 1 }),
      resumed,
    ],
    [
      'has let a stranger in instead',
      { ...never, access: 'Foreign' },
      undefined,
      1,
      plcHeld({ ownerToken: 33, highestToken: 33 }),
      unstarted,
    ],
    ['holds it after all: that is waited out', waits, 'unconfirmed', 1, plcHeld(), unstarted],
    [
      'still completes its cycle: that is waited out',
      waits,
      'unconfirmed',
      1,
      plcHeld({ state: 'finishing', leaseLeftMs: 0 }),
      unstarted,
    ],
    ['held it and has locked: it is confirmed late', late, 'suspended', 1, plc({ highestToken: 17 }), unstarted],
    ['held a resume and has locked: it is confirmed late', late, 'suspended', 1, plc({ highestToken: 17 }), resumed],
  ])('%s', (_name, came, status, ms, block, open) => {
    const turn = observed(ms, block, open)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(turn.m.session?.status).toBe(status)
    if (came !== waits) expect(turn.m.session?.pendingToken).toBeUndefined()
  })

  it('is remembered to hold it', () => {
    expect(observed(1, plcHeld(), unstarted).m.access).toEqual({ kind: 'Unconfirmed', attempt, held: true })
  })

  it('that held a resume with a stranger on it now remembers the stranger over a restart', () => {
    const turn = observed(1, plcHeld({ ownerToken: 33, highestToken: 33 }), resumed)
    expect(turn.m.session).toMatchObject({ status: 'suspended', suspendedReason: 'foreign' })
  })

  it('closes a session that never came to be as lapsed, with its end reading', () => {
    const turn = observed(1, plc({ highestToken: 1 }), unstarted)
    const closed = turn.effects.flatMap((effect) =>
      effect.kind === 'change' && effect.change.kind === 'session' ? [effect.change.session] : [],
    )
    expect(closed).toMatchObject([{ status: 'lapsed', endedAtMs: NOW.ms + 1, end: [{ meter: POINT }] }])
  })
})

describe('after a restart', () => {
  const stopped = { access: 'Finishing:reading', entries: [...late.entries, 'SessionFinishing'], reads: 1 } as const
  const since = (ms: number, over: Partial<Session> = {}): Session => ({
    ...unstarted,
    pendingNs: nsAt(1 - ms).toString(),
    ...over,
  })
  it.each<[string, Came, Session, Shown]>([
    ['within the same boot it is waited for as long as a confirmation', waits, since(7999), plc({ highestToken: 1 })],
    ['and not longer', never, since(8000), plc({ highestToken: 1 })],
    ['after a boot of the host nothing can come of it', never, since(1, { bootId: 'old' }), plc({ highestToken: 1 })],
    ['one that came true late is closed', stopped, since(8000), plc({ highestToken: 17 })],
  ])('%s', (_name, came, open, block) => {
    expect(cameOf(observed(1, block, open, { restarted: true }))).toEqual({ ...nothing, ...came })
  })
})

describe('an output that is read after an unconfirmed enable', () => {
  /** A lease and a request after the confirmation. */
  const DEAD_MS = 6000
  it.each<[string, Came, 'disputed' | undefined, number, Shown, true | undefined]>([
    ['is on: it is turned off', { ...waits, reads: 1 }, undefined, 1, outputOn(), undefined],
    ['is off, and a late write may turn it on yet', waits, undefined, DEAD_MS - 1, output(), undefined],
    [
      'is off for good, and nobody saw it on: later units are disputed',
      never,
      'disputed',
      DEAD_MS,
      output(),
      undefined,
    ],
    ['is off for good, and was seen on: it is confirmed late', late, undefined, DEAD_MS, output(), true],
  ])('%s', (_name, came, next, ms, block, held) => {
    const turn = observed(ms, block, unstarted, { over: { config: watchdog }, ...(held ? { held } : {}) })
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(turn.m.meters.get(POINT)?.next).toBe(next)
    expect(turn.m.withdrawal !== undefined).toBe(block.class !== 'lease' && block.on)
  })
})
