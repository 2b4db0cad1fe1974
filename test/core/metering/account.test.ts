/** Whose the units are that a counter has made since it was last read, by what the machine shows of its owner. */
import { describe, expect, it } from 'vitest'
import type { Lock, Shown } from '../../../gateway/core/interlock/interlock.ts'
import type { Access, Attempt } from '../../../gateway/core/machine/access-state.ts'
import type { MachineState, Seen } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import type { Account, MeterState } from '../../../gateway/core/meter/meter.ts'
import { accountNow, watchOwner } from '../../../gateway/core/metering/metering.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { machineConfig, outputConfig } from '../../support/world.ts'
import {
  envAt,
  hold,
  lockAt,
  machine,
  NOW,
  nsAt,
  output,
  outputOn,
  partsAt,
  plc,
  plcHeld,
  reading,
  session,
} from '../support.ts'

const { interlock: _, ...readOnly } = machineConfig
const attempt: Attempt = {
  command: 1,
  request: undefined,
  token: 33,
  tag: 1,
  seq: 8,
  challenge: 5,
  plcBootId: 1,
  confirmUntilNs: 0n,
}
const asked = { command: 1, request: undefined, checkFromNs: 0n, checkUntilNs: 0n }
const unlocked: Access = { kind: 'Unlocked', hold: hold() }
const suspended: Access = { kind: 'Suspended' }
const unlocking = (phase: 'committing' | 'writing' | 'confirming'): Access => ({
  kind: 'Unlocking',
  phase,
  ref: 1,
  attempt,
})
const ended = { kind: 'Finishing', phase: 'reading', ref: 1, reason: 'Local', sinceNs: NOW.ns, waiting: [] } as const

type Whose = Account | undefined
type Given = {
  readonly open?: Session | undefined
  readonly config?: MachineState['config']
  readonly meter?: MeterState
  readonly seen?: Partial<Seen>
  readonly ms?: number
}

/** The meter was last read a second before `NOW`, the interlock at `NOW`. */
function whose(access: Access, block: Shown, given: Given) {
  const open = 'open' in given ? given.open : session()
  const m = machine({
    access,
    session: open,
    config: given.config ?? machineConfig,
    seen: { lock: lockAt(0, block), ...given.seen },
  })
  return accountNow(envAt(given.ms ?? 0), m, given.meter ?? partsAt(-1000))
}

describe('without an open session units are unassigned', () => {
  it.each<[string, Access, Shown, Given]>([
    ['on a locked machine', { kind: 'Locked' }, plc(), { open: undefined }],
    ['with a stranger', { kind: 'Foreign' }, plcHeld(), { open: undefined }],
    ['before anything was read', { kind: 'Unknown' }, plc(), { open: undefined, seen: { lock: undefined } }],
    ['on a machine without an interlock', { kind: 'Locked' }, plc(), { open: undefined, config: readOnly }],
    ['after a session that is over', { kind: 'Locked' }, plc(), { open: session({ status: 'ended' }) }],
  ])('%s', (_name, access, block, given) => {
    expect(whose(access, block, given)).toBe('unassigned')
  })
})

describe('with an open session', () => {
  const bad = new Map([['#interlock', { ...reading('#interlock', []), quality: 'bad' as const }]])
  it.each<[string, Whose, Access, Shown, Given]>([
    ['they are its own while it is held', 'session', unlocked, plcHeld(), {}],
    ['they are its own after a lapse, while nobody else was enabled', 'session', suspended, plc(), {}],
    ['they are its own until its end reading', 'session', ended, plc(), {}],
    [
      'they are its own while its resume is only being checked',
      'session',
      { kind: 'Unlocking', phase: 'checking', ref: 1, asked },
      plc(),
      {},
    ],
    [
      'they are disputed once another was enabled',
      'disputed',
      suspended,
      plcHeld({ ownerToken: 33, highestToken: 33 }),
      {},
    ],
    ['they are disputed once another was enabled and has gone', 'disputed', suspended, plc({ highestToken: 33 }), {}],
    ['they are disputed after a restart of the PLC', 'disputed', suspended, plc({ bootId: 2 }), {}],
    ['they are disputed while the key is on local', 'disputed', { kind: 'Foreign' }, plc({ state: 'local' }), {}],
    ['they wait until the machine was read', undefined, { kind: 'Unknown' }, plcHeld(), {}],
    ['they wait while an enable is not confirmed', undefined, { kind: 'Unconfirmed', attempt }, plc(), {}],
    ['they wait while an intent is recorded', undefined, unlocking('committing'), plc(), {}],
    ['they wait while an enable is written', undefined, unlocking('writing'), plc(), {}],
    ['they wait while it is read back', undefined, unlocking('confirming'), plc(), {}],
    ['they wait while the interlock was not read', undefined, unlocked, plc(), { seen: { lock: undefined } }],
    ['they wait while it is read as bad', undefined, unlocked, plcHeld(), { seen: { readings: bad } }],
    ['they wait while its reading is missing', undefined, unlocked, plcHeld(), { seen: { readings: new Map() } }],
    ['they wait once its reading is too old', undefined, unlocked, plcHeld(), { ms: 3001 }],
    ['they do not wait before that', 'session', unlocked, plcHeld(), { ms: 3000 }],
  ])('%s', (_name, account, access, block, given) => {
    expect(whose(access, block, given)).toBe(account)
  })
})

describe('with an open session behind an output', () => {
  const config = outputConfig()
  const on = outputOn()
  const watched = (ms: number): Lock => ({ ...lockAt(0, on), sinceNs: nsAt(ms) })
  it.each<[string, Whose, Access, Lock, MeterState]>([
    [
      'they are its own while it was watched since the meter was read',
      'session',
      unlocked,
      watched(-1000),
      partsAt(-1000),
    ],
    ['they are disputed behind a gap in which it was not', 'disputed', unlocked, watched(-999), partsAt(-1000)],
    [
      'they are disputed after a restart of its module',
      'disputed',
      suspended,
      lockAt(-9000, output({ bootId: 2 })),
      partsAt(0),
    ],
    [
      'they are disputed when the meter was read before a boot of the host',
      'disputed',
      unlocked,
      watched(-1000),
      partsAt(-1000, { bootId: 'old' }),
    ],
    [
      'they are its own on a meter that is read for the first time',
      'session',
      unlocked,
      { ...lockAt(0, on), sinceNs: 0n },
      partsAt(0, { atMs: 0, atNs: 0n, bootId: 'old' }),
    ],
    ['they are nobody’s in the use of a stranger', 'unassigned', { kind: 'Foreign' }, watched(-1000), partsAt(-1000)],
  ])('%s', (_name, account, access, lock, meter) => {
    expect(whose(access, on, { config, meter, seen: { lock } })).toBe(account)
  })
})

describe('a machine that ran without a token', () => {
  it.each<[string, Whose, Seen['ownerless'], MeterState]>([
    ['and still does makes units for nobody', 'unassigned', 'now', partsAt(-1000)],
    ['makes them for nobody until the meter is read after it', 'unassigned', nsAt(-999), partsAt(-1000)],
    ['makes them for its session from then on', 'session', nsAt(-1000), partsAt(-1000)],
    [
      'makes them for nobody on a meter of an earlier boot',
      'unassigned',
      nsAt(-2000),
      partsAt(-1000, { bootId: 'old' }),
    ],
  ])('%s', (_name, account, ownerless, meter) => {
    expect(whose(unlocked, plcHeld(), { meter, seen: { ownerless } })).toBe(account)
  })

  it.each<[string, Seen['ownerless'], Seen['ownerless'], Lock | undefined]>([
    ['is seen by its key', undefined, 'now', lockAt(0, plc({ state: 'local' }))],
    ['is seen by a cycle that has no owner', undefined, 'now', lockAt(0, plcHeld({ ownerToken: 0 }))],
    ['is over with the first reading that shows so', 'now', nsAt(-5), lockAt(-5, plc())],
    ['has been over since then', nsAt(-50), nsAt(-50), lockAt(-5, plc())],
    ['never was', undefined, undefined, lockAt(0, plcHeld())],
    ['is not known before the interlock was read', 'now', 'now', undefined],
  ])('%s', (_name, before, after, lock) => {
    const turn = newTurn(machine({ seen: { ownerless: before, lock } }), envAt())
    watchOwner(turn)
    expect(turn.m.seen.ownerless).toBe(after)
  })
})
