/** A request to unlock or to resume, until its intent: what is asked, read, refused and recorded. */
import { describe, expect, it } from 'vitest'
import { abandonUnread, onChecked, onResume, onUnlock } from '../../../gateway/core/access/unlock.ts'
import type { Access, Asked, Word } from '../../../gateway/core/machine/access-state.ts'
import type { Env } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import { outputConfig } from '../../support/world.ts'
import {
  booking,
  cameOf,
  envAt,
  lockAt,
  machine,
  metersOf,
  nothing,
  nsAt,
  outputOn,
  partsAt,
  plc,
  request,
  session,
} from '../support.ts'

type Came = Partial<ReturnType<typeof cameOf>>
type Given = Parameters<typeof machine>[0]
const checking = { access: 'Unlocking:checking', reads: 1 } as const
const committing = (entry: Came['entries'] = ['UnlockIntended']) =>
  ({ access: 'Unlocking:committing', entries: entry }) as const
const suspended = { access: { kind: 'Suspended' }, session: session({ status: 'suspended' }) } as const

describe('a request to unlock', () => {
  const row = { machine: 'booth', fencingCounter: 0, maintenance: { by: 'wang', reason: 'belt', sinceMs: 0 } }
  const refused = (code: string, access: Word = 'Locked'): Came => ({ access, replies: [code] })
  it.each<[string, Came, Given, Partial<Env>]>([
    ['reads interlock and meters afresh', checking, {}, {}],
    [
      'is refused by a gate, whoever uses the machine',
      refused('machine-blocked', 'Suspended'),
      { ...suspended, row },
      {},
    ],
    ['is refused by a session, whatever the state', refused('machine-in-use', 'Suspended'), suspended, {}],
    [
      'is refused by a stranger, whatever its booking',
      refused('foreign-use', 'Foreign'),
      { access: { kind: 'Foreign' }, bookings: [booking({ status: 'cancelled' })] },
      {},
    ],
    ['is refused by its booking', refused('booking-cancelled'), { bookings: [booking({ status: 'cancelled' })] }, {}],
    ['is refused while the gateway stops', refused('stopping'), {}, { stopping: true }],
  ])('%s', (_name, came, given, env) => {
    const turn = newTurn(machine(given), envAt(0, env))
    onUnlock(turn, request())
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })
})

describe('a request to resume', () => {
  const refused = (code: string, access: Word): Came => ({ access, replies: [code] })
  it.each<[string, Came, Given, Partial<Env>]>([
    ['reads interlock and meters afresh', checking, suspended, {}],
    ['is refused without a session', refused('session-ended', 'Locked'), {}, {}],
    [
      'is refused with a stranger on the machine',
      refused('foreign-use', 'Foreign'),
      { ...suspended, access: { kind: 'Foreign' } },
      {},
    ],
    [
      'is refused while nothing is suspended',
      refused('not-suspended', 'Unknown'),
      { ...suspended, access: { kind: 'Unknown' } },
      {},
    ],
    [
      'is refused after the end of its booking',
      refused('wrong-time', 'Suspended'),
      { ...suspended, session: session({ deadlineNs: '0' }) },
      {},
    ],
    ['is refused by a gate', refused('ledger-full', 'Suspended'), suspended, { diskOk: false }],
  ])('%s', (_name, came, given, env) => {
    const turn = newTurn(machine(given), envAt(0, env))
    onResume(turn, 1)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })
})

describe('once all was read', () => {
  const asked: Asked = { command: 1, request: request(), checkFromNs: nsAt(0), checkUntilNs: nsAt(3000) }
  const resume: Asked = { ...asked, request: undefined }
  const refused = (code: string, access: 'Locked' | 'Suspended' = 'Locked'): Came => ({ access, replies: [code] })
  const held = { seen: 1, name: 'regress', atMs: 0, atNs: 0n, bootId: 'boot' } as const
  it.each<[string, Came, Asked, number, Given]>([
    ['a request is intended', committing(), asked, 10, {}],
    [
      'a booking from a token is put with it',
      committing(['BookingPut', 'UnlockIntended']),
      { ...asked, request: request({ newBooking: true }) },
      10,
      { bookings: [] },
    ],
    [
      'an override says why with it',
      committing(['Override', 'UnlockIntended']),
      { ...asked, request: request({ override: { reason: 'jam', by: {} } }) },
      10,
      {},
    ],
    ['a resume is intended', committing(), resume, 10, suspended],
    ['an interlock that was read too early is read again', checking, asked, 10, { seen: { lock: lockAt(-1, plc()) } }],
    ['a meter that was read too early is read again', checking, asked, 10, { meters: metersOf(partsAt(-1)) }],
    [
      'a meter that waits to be believed is read again',
      checking,
      asked,
      10,
      { meters: metersOf(partsAt(5, { held })) },
    ],
    [
      'a meter that was read too early is refused after 3 s',
      refused('not-fresh'),
      asked,
      3000,
      { meters: metersOf(partsAt(-1)) },
    ],
    [
      'nothing is intended while an earlier write is unanswered',
      checking,
      asked,
      10,
      { wire: { nextRef: 9, writing: 8, replies: new Map() } },
    ],
    [
      'a PLC that is not on remote is refused',
      refused('machine-not-ready'),
      asked,
      10,
      { seen: { lock: lockAt(5, plc({ mode: 'maintenance' })) } },
    ],
    [
      'an output that is on is refused',
      refused('foreign-use'),
      asked,
      10,
      { config: outputConfig(), seen: { lock: lockAt(5, outputOn()) } },
    ],
    [
      'a booking that was cancelled meanwhile is refused',
      refused('booking-cancelled'),
      asked,
      10,
      { bookings: [booking({ status: 'cancelled' })] },
    ],
    [
      'a resume whose time is over is refused',
      refused('wrong-time', 'Suspended'),
      resume,
      10,
      { ...suspended, session: session({ deadlineNs: '0' }) },
    ],
    [
      'fencing tokens that are used up are refused',
      refused('machine-not-ready'),
      asked,
      10,
      { row: { machine: 'booth', fencingCounter: 2 ** 28 - 1 } },
    ],
  ])('%s', (_name, came, given, ms, at) => {
    const access: Access = { kind: 'Unlocking', phase: 'checking', ref: 1, asked: given }
    const turn = newTurn(machine({ ...at, access }), envAt(ms))
    onChecked(turn, given)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  it.each<[string, number, number, number]>([
    ['the highest the PLC has seen', 0, 5 * 16 + 2, 6],
    ['our own', 9, 5 * 16 + 2, 10],
  ])('the fencing token is above %s', (_name, fencingCounter, highestToken, counter) => {
    const access: Access = { kind: 'Unlocking', phase: 'checking', ref: 1, asked }
    const seen = { lock: lockAt(0, plc({ highestToken })) }
    const turn = newTurn(machine({ access, seen, row: { machine: 'booth', fencingCounter } }), envAt())
    onChecked(turn, asked)
    expect(turn.m.row.fencingCounter).toBe(counter)
    expect(turn.m.access).toMatchObject({ attempt: { token: counter * 16 + 3, seq: 8, challenge: 5 } })
  })

  it.each<[string, Came, Asked]>([
    ['leaves the machine locked', { access: 'Locked' }, asked],
    ['leaves a session suspended', { access: 'Suspended' }, resume],
  ])('a request that nothing answers %s', (_name, came, given) => {
    const turn = newTurn(machine({ access: { kind: 'Unlocking', phase: 'checking', ref: 1, asked: given } }), envAt())
    abandonUnread(turn, given)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came, replies: ['not-fresh'] })
  })
})
