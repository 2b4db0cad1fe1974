/** From a durable intent to the answer: one write, what it is read back as, and what is recorded of it. */
import { describe, expect, it } from 'vitest'
import { confirm } from '../../../gateway/core/access/confirmation.ts'
import { onCommitted, onWritten } from '../../../gateway/core/access/intent.ts'
import type { Shown } from '../../../gateway/core/interlock/interlock.ts'
import type { Attempt } from '../../../gateway/core/machine/access-state.ts'
import type { Env, MachineState } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { machineConfig, outputConfig } from '../../support/world.ts'
import {
  cameOf,
  entriesOf,
  envAt,
  lockAt,
  machine,
  NOW,
  nothing,
  nsAt,
  output,
  outputOn,
  plc,
  plcHeld,
  request,
  session,
} from '../support.ts'

type Came = Partial<ReturnType<typeof cameOf>>
type Given = Parameters<typeof machine>[0]

/** What is under way after the intent; its session is in its slot. */
const attempt: Attempt = {
  command: 1,
  request: request({ jti: 'j1' }),
  token: 33,
  tag: 1,
  seq: 8,
  challenge: 5,
  plcBootId: 1,
  confirmUntilNs: nsAt(8000),
}
const resuming: Attempt = { ...attempt, request: undefined }
const intended: Session = session({
  status: 'intended',
  token: '33',
  pendingToken: '33',
  pendingNs: nsAt(0).toString(),
})
const turnIn = (
  phase: 'committing' | 'writing' | 'confirming',
  given: Attempt,
  over: Given = {},
  env: Partial<Env> = {},
) =>
  newTurn(
    machine({ access: { kind: 'Unlocking', phase, ref: 6, attempt: given }, session: intended, ...over }),
    envAt(100, env),
  )
const released = (turn: ReturnType<typeof turnIn>) =>
  turn.effects.some((effect) => effect.kind === 'change' && effect.change.kind === 'token-released')
const no = (code: string, access: 'Locked' | 'Suspended' = 'Locked'): Came => ({
  access,
  entries: ['UnlockRefused'],
  whenDurable: [code],
})

describe('once the intent is durable', () => {
  it.each<[string, Came, Attempt, number, Given, Partial<Env>]>([
    ['one enable is written', { access: 'Unlocking:writing', written: ['enable'] }, attempt, 6, {}, {}],
    [
      'one output is turned on',
      { access: 'Unlocking:writing', written: ['on'] },
      attempt,
      6,
      { config: outputConfig(), seen: { lock: lockAt(0, output()) } },
      {},
    ],
    ['the commit of something else means nothing', { access: 'Unlocking:committing' }, attempt, 7, {}, {}],
    ['a gate that has closed refuses it', no('ledger-full'), attempt, 6, {}, { diskOk: false }],
    [
      'a machine that has changed refuses it',
      no('machine-not-ready'),
      attempt,
      6,
      { seen: { lock: lockAt(0, plc({ safetyOk: false })) } },
      {},
    ],
    [
      'a session that was revoked refuses it',
      no('wrong-time'),
      attempt,
      6,
      { session: { ...intended, deadlineNs: '0' } },
      {},
    ],
    ['a resume that is refused stays suspended', no('ledger-full', 'Suspended'), resuming, 6, {}, { diskOk: false }],
  ])('%s', (_name, came, given, ref, at, env) => {
    const turn = turnIn('committing', given, at, env)
    onCommitted(turn, ref)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(released(turn)).toBe(came.access === 'Locked')
    if (came.entries) expect(turn.m.session?.pendingToken).toBeUndefined()
  })
})

describe('once the enable was written', () => {
  const reading = { access: 'Unlocking:confirming', reads: 1 } as const
  it.each<[string, Came, Parameters<typeof onWritten>[2], number]>([
    ['it is read back, though it was accepted', reading, 'accepted', 6],
    ['it is read back when nobody knows whether it arrived', reading, 'unknown', 6],
    ['a write that never left is refused', no('not-fresh'), 'unsent', 6],
    ['a write that was rejected is refused', no('machine-refused'), 'refused', 6],
    ['another write means nothing', { access: 'Unlocking:writing' }, 'accepted', 7],
  ])('%s', (_name, came, result, ref) => {
    const turn = turnIn('writing', attempt)
    onWritten(turn, ref, result, undefined)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })
})

describe('while it is read back', () => {
  const acknowledged = (over: Parameters<typeof plc>[0] = {}) => plc({ acknowledgedSeq: 8, ...over })
  const ours = { state: 'enabled', ownerToken: 33, ownerTag: 1, leaseLeftMs: 4000, acknowledgedSeq: 8 } as const
  const waits = { access: 'Unlocking:confirming' } as const
  const open = (...more: NonNullable<Came['entries']>): Came => ({
    access: 'Unlocked',
    entries: ['UnlockConfirmed', ...more],
    whenDurable: ['session'],
  })
  it.each<[string, Came, Attempt, Shown, MachineState['config']]>([
    ['a permission under our token is an unlock', open(), attempt, plc(ours), machineConfig],
    ['that of a resume is a resumed session', open('SessionResumed'), resuming, plc(ours), machineConfig],
    [
      'a block that it has not looked at is waited for',
      waits,
      attempt,
      plc({ ...ours, acknowledgedSeq: 7 }),
      machineConfig,
    ],
    ['a block that nothing came of is waited for', waits, attempt, acknowledged(), machineConfig],
    ['a permission under another tag is no unlock', waits, attempt, plc({ ...ours, ownerTag: 9 }), machineConfig],
    [
      'a reason to reject is a refusal',
      no('machine-refused'),
      attempt,
      acknowledged({ rejectReason: 4 }),
      machineConfig,
    ],
    [
      'a stranger under our sequence has overtaken it',
      no('foreign-use'),
      attempt,
      plcHeld({ ownerToken: 49, acknowledgedSeq: 8 }),
      machineConfig,
    ],
    ['an output that is on is an unlock', open(), attempt, outputOn(), outputConfig()],
    ['an output that is off is waited for', waits, attempt, output(), outputConfig()],
    [
      'an output whose contact does not follow is waited for',
      waits,
      attempt,
      outputOn({ feedback: false }),
      outputConfig(),
    ],
  ])('%s', (_name, came, given, block, config) => {
    const turn = turnIn('confirming', given, { config, seen: { lock: lockAt(100, block) } })
    confirm(turn, given)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
  })

  it('the session opens under its token, and its lease can be taken up after a restart', () => {
    const turn = turnIn('confirming', attempt, {
      session: { ...intended, startedAtMs: undefined } as never,
      seen: { lock: lockAt(100, plc(ours)) },
    })
    confirm(turn, attempt)
    const opened = { status: 'open', token: '33', lease: { seq: 8, challenge: 5 }, startedAtMs: NOW.ms + 100 }
    expect(turn.m.session).toMatchObject(opened)
    expect(turn.m.session?.pendingToken).toBeUndefined()
    expect(turn.m.access).toMatchObject({ hold: { token: 33, command: 'enable', beatNs: nsAt(100), heartbeat: 0 } })
    expect(entriesOf(turn)[0]?.data).toMatchObject({ token: '33', plcState: 'enabled', resume: false, begin: [] })
  })
})
