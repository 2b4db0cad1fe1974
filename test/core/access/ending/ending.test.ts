/** What ends a session, in which state of access, and what it leads to. */
import { describe, expect, it } from 'vitest'
import { close, finish, onBookings, onEnd, revoked } from '../../../../gateway/core/access/ending/ending.ts'
import type { Booking } from '../../../../gateway/core/booking/booking.ts'
import type { Access, Attempt } from '../../../../gateway/core/machine/access-state.ts'
import { newTurn } from '../../../../gateway/core/machine/turn.ts'
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
  NOW,
  nothing,
  nsAt,
  outputOn,
  plcHeld,
  session,
} from '../../support.ts'

type Given = Parameters<typeof machine>[0]
type Ender = Parameters<typeof onEnd>[2]

/** Its cycle runs, so that nothing but the end itself happens. */
const seen = { lock: lockAt(0, plcHeld({ state: 'running' })), condition: executing }
const attempt: Attempt = {
  command: 1,
  request: undefined,
  token: 17,
  tag: 1,
  seq: 7,
  challenge: 5,
  plcBootId: 1,
  confirmUntilNs: nsAt(8000),
}
const ending = { kind: 'Finishing', reason: 'TimeLimitReached', sinceNs: nsAt(-1000), waiting: [] } as const
const is = {
  Unknown: { kind: 'Unknown' },
  Unlocking: { kind: 'Unlocking', phase: 'confirming', ref: 1, attempt },
  Unlocked: { kind: 'Unlocked', hold: hold() },
  Suspended: { kind: 'Suspended' },
  Foreign: { kind: 'Foreign' },
  Unconfirmed: { kind: 'Unconfirmed', attempt },
  cycle: { ...ending, phase: 'cycle', hold: hold(), tries: 0, alarmed: false },
  reading: { ...ending, phase: 'reading', ref: 1 },
} as const satisfies Record<string, Access>
const { lastMs: LAST_MS } = machineConfig.endOfBooking
const turnAt = (access: Access, over: Given = {}) =>
  newTurn(machine({ session: session(), access, seen, ...over }), envAt())

/** The cycle goes on, and the PLC is asked to let nobody start it again. */
const toCycle = { access: 'Finishing:cycle', entries: ['SessionFinishing'], written: ['finish'] } as const
const toReading = { access: 'Finishing:reading', entries: ['SessionFinishing'], reads: 1 } as const

describe('a call to end', () => {
  it.each<[string, Ender, Session['stoppedReason']]>([
    ['the tenant', 'tenant', 'Local'],
    ['the platform', 'platform', 'Remote'],
    ['the owner', 'owner', 'Remote'],
    ['a technician', 'technician', 'MasterPass'],
  ])('of %s is recorded as theirs, and answered within 8 s', (_name, by, reason) => {
    const turn = turnAt(is.Unlocked)
    onEnd(turn, 5, by)
    expect(cameOf(turn)).toEqual({ ...nothing, ...toCycle })
    expect(entriesOf(turn)[0]?.data).toMatchObject({ reason, overrun: false, itemState: 'Executing' })
    expect(turn.m.session).toMatchObject({ status: 'finishing', stoppedReason: reason })
    expect(turn.m.access).toMatchObject({ reason, waiting: [{ command: 5, replyByNs: nsAt(8000) }] })
  })

  it.each<[string, Access, Partial<ReturnType<typeof cameOf>>]>([
    ['of a suspended session leaves only the end reading', is.Suspended, toReading],
    ['of a session with a stranger on its machine too', is.Foreign, toReading],
    ['of one that is not read since the start is refused', is.Unknown, { access: 'Unknown', replies: ['unconfirmed'] }],
    [
      'of one that is being unlocked is refused',
      is.Unlocking,
      { access: 'Unlocking:confirming', replies: ['unconfirmed'] },
    ],
    ['of one that was not confirmed is refused', is.Unconfirmed, { access: 'Unconfirmed', replies: ['unconfirmed'] }],
  ])('%s', (_name, access, came) => {
    const turn = turnAt(access)
    onEnd(turn, 5, 'tenant')
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  it.each<[string, Session | undefined]>([
    ['without a session', undefined],
    ['of a session that is over', session({ status: 'ended' })],
  ])('%s is refused', (_name, open) => {
    const turn = turnAt({ kind: 'Locked' }, { session: open })
    onEnd(turn, 5, 'tenant')
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Locked', replies: ['session-ended'] })
  })

  const before = { command: 4, replyByNs: nsAt(3000) }
  it.each<[string, Access & { kind: 'Finishing' }, Ender, Partial<Session>, readonly string[]]>([
    ['of its tenant waits for an end under way', is.cycle, 'tenant', {}, []],
    ['of its tenant waits for the end reading', is.reading, 'tenant', {}, []],
    ['waits beside those who wait already', { ...is.cycle, waiting: [before] }, 'tenant', {}, []],
    ['of another person also gives the machine free after its grace', is.cycle, 'owner', {}, ['change']],
    ['of the platform does the same', is.cycle, 'platform', {}, ['change']],
    ['of a second person changes nothing more', is.cycle, 'technician', { released: true }, []],
  ])('%s', (_name, access, by, over, effects) => {
    const turn = turnAt(access, { session: session({ status: 'finishing', ...over }) })
    onEnd(turn, 5, by)
    expect(turn.m.access).toEqual({ ...access, waiting: [...access.waiting, { command: 5, replyByNs: nsAt(8000) }] })
    expect(turn.m.session?.released).toBe(by === 'tenant' ? undefined : true)
    expect(turn.effects.map(({ kind }) => kind)).toEqual(effects)
  })
})

describe('at an output, which knows no finish, a call to end', () => {
  const output = { config: outputConfig(), seen: { lock: lockAt(0, outputOn()), condition: executing } }
  it.each<[Ender, true | undefined]>([
    ['tenant', undefined],
    ['platform', undefined],
    ['owner', true],
    ['technician', true],
  ])('of the %s takes the permission at once only if they are a person of the site', (by, withdrawn) => {
    const turn = turnAt(is.Unlocked, output)
    onEnd(turn, 5, by)
    expect(turn.m.session?.withdrawn).toBe(withdrawn)
    expect(turn.m.session?.lockedByMs).toBe(NOW.ms + (withdrawn ? 0 : LAST_MS) + 7000)
  })

  it.each<[string, Ender, Partial<Session>, Partial<Session>, readonly string[]]>([
    [
      'of a technician takes it while it ends',
      'technician',
      {},
      { released: true, withdrawn: true, lockedByMs: NOW.ms + 7000 },
      ['change'],
    ],
    [
      'also after the platform has said that it may end',
      'owner',
      { released: true },
      { released: true, withdrawn: true },
      ['change'],
    ],
    [
      'changes nothing once it was taken',
      'owner',
      { released: true, withdrawn: true },
      { released: true, withdrawn: true },
      [],
    ],
    ['of the platform only gives it free', 'platform', {}, { released: true }, ['change']],
  ])('%s', (_name, by, before, after, effects) => {
    const turn = turnAt(is.cycle, { ...output, session: session({ status: 'finishing', ...before }) })
    onEnd(turn, 5, by)
    expect(turn.m.session).toMatchObject(after)
    expect(turn.m.session?.withdrawn).toBe(after.withdrawn)
    expect(turn.effects.map(({ kind }) => kind)).toEqual(effects)
  })

  it('to a PLC takes nothing at once: its cycle may complete', () => {
    const turn = turnAt(is.Unlocked)
    onEnd(turn, 5, 'technician')
    expect(turn.m.session?.withdrawn).toBeUndefined()
    expect(turn.m.session?.lockedByMs).toBe(NOW.ms + LAST_MS + 7000)
  })

  it('of a session that is locked already names no time by which it is', () => {
    const turn = turnAt(is.Suspended)
    onEnd(turn, 5, 'tenant')
    expect(turn.m.session?.lockedByMs).toBeUndefined()
  })
})

describe('a booking that changes under its session', () => {
  const used = (over: Partial<Booking>) => [booking({ status: 'used', ...over })]
  const HALF_MS = 1_800_000
  it.each<[string, Partial<Session>, readonly Booking[], Partial<Session>]>([
    [
      'extends it',
      { bookedUntilMs: NOW.ms + 2 * 2 * HALF_MS, deadlineNs: nsAt(4 * HALF_MS).toString() },
      used({ endMs: NOW.ms + 4 * HALF_MS }),
      {},
    ],
    [
      'shortens it',
      { bookedUntilMs: NOW.ms + HALF_MS, deadlineNs: nsAt(HALF_MS).toString() },
      used({ endMs: NOW.ms + HALF_MS }),
      {},
    ],
    [
      'moves its limits',
      { limits: { pieces: 5 }, deadlineNs: nsAt(2 * HALF_MS).toString() },
      used({ limits: { pieces: 5 } }),
      {},
    ],
  ])('%s', (_name, moved, bookings, over) => {
    const turn = turnAt(is.Unlocked, { bookings, session: session(over) })
    onBookings(turn)
    expect(turn.m.session).toMatchObject(moved)
    expect(turn.effects.map(({ kind }) => kind)).toEqual(['change'])
  })

  it.each<[string, readonly Booking[], Session | undefined]>([
    ['that stays as it is', used({}), session()],
    ['of another session', used({ id: 'b2', endMs: NOW.ms + 4 * HALF_MS }), session()],
    ['that an override only stands beside', used({ endMs: NOW.ms + 4 * HALF_MS }), session({ override: true })],
    ['whose session is over', used({ endMs: NOW.ms + 4 * HALF_MS }), session({ status: 'ended' })],
    ['without a session', used({ endMs: NOW.ms + 4 * HALF_MS }), undefined],
  ])('%s changes nothing', (_name, bookings, open) => {
    const turn = turnAt(is.Unlocked, { bookings, session: open })
    onBookings(turn)
    expect(turn.effects).toEqual([])
    expect(turn.m.session).toBe(open)
  })

  it.each<[string, number | undefined, number]>([
    ['when the platform said so', NOW.ms - 5000, NOW.ms - 5000],
    ['now, when the platform named no time', undefined, NOW.ms],
  ])('and is cancelled ends it, revoked %s', (_name, cancelledAtMs, atMs) => {
    const bookings = used({ status: 'cancelled', ...(cancelledAtMs === undefined ? {} : { cancelledAtMs }) })
    const turn = turnAt(is.Unlocked, { bookings })
    onBookings(turn)
    expect(cameOf(turn)).toEqual({ ...nothing, ...toCycle })
    expect(turn.m.session).toMatchObject({ stoppedReason: 'DeAuthorized', revoked: { atMs } })
  })
})

describe('a revoked session', () => {
  it.each<[string, Access, Partial<ReturnType<typeof cameOf>>]>([
    ['that is held lets its cycle complete', is.Unlocked, toCycle],
    ['that is suspended closes', is.Suspended, toReading],
    ['with a stranger on its machine closes', is.Foreign, toReading],
    ['that is being unlocked is only marked', is.Unlocking, { access: 'Unlocking:confirming' }],
    ['that was not confirmed is only marked', is.Unconfirmed, { access: 'Unconfirmed' }],
    ['that is not read since the start is only marked', is.Unknown, { access: 'Unknown' }],
    ['that is ending already is only marked', is.cycle, { access: 'Finishing:cycle' }],
  ])('%s', (_name, access, came) => {
    const turn = turnAt(access)
    revoked(turn, NOW.ms - 1000)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(turn.m.session?.revoked).toMatchObject({ atMs: NOW.ms - 1000, lateMs: 1000 })
    if (came.entries) expect(turn.m.session?.stoppedReason).toBe('DeAuthorized')
  })
})

describe('the end of a permission', () => {
  it('asks a PLC at once, under the next sequence, for no new start', () => {
    const turn = turnAt(is.Unlocked)
    finish(turn, hold({ beatNs: nsAt(-200) }), 'Local')
    expect(turn.m.access).toMatchObject({ hold: { command: 'finish', seq: 8, beatNs: NOW.ns, heartbeat: 5 } })
  })

  it('refreshes an output when that is due, as before', () => {
    const over = { config: outputConfig(), seen: { lock: lockAt(0, outputOn()), condition: executing } }
    const turn = turnAt(is.Unlocked, over)
    finish(turn, hold({ beatNs: nsAt(-200) }), 'Local')
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Finishing:cycle', entries: ['SessionFinishing'] })
    expect(turn.m.access).toMatchObject({ hold: { beatNs: nsAt(-200) } })
  })

  it('keeps the moment in which the end began, over a restart', () => {
    const finishingSince = { ms: NOW.ms - 9000, ns: nsAt(-9000).toString() }
    const turn = turnAt(is.Suspended, { session: session({ finishingSince }) })
    close(turn, 'Reboot', { command: 5, replyByNs: nsAt(1) })
    expect(turn.m.session).toMatchObject({ finishingSince, stoppedReason: 'Reboot' })
    expect(turn.m.access).toMatchObject({ phase: 'reading', waiting: [{ command: 5 }] })
  })
})
