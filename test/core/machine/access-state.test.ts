/** Every move between the states of access, row by row, and that no other move is possible. */
import { describe, expect, it } from 'vitest'
import {
  type Access,
  type Attempt,
  type Hold,
  initialAccess,
  mayBecome,
  moves,
  type Word,
  wordOf,
} from '../../../gateway/core/machine/access-state.ts'
import { type Env, newMachine } from '../../../gateway/core/machine/state.ts'
import { become, newTurn } from '../../../gateway/core/machine/turn.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { machineConfig } from '../../support/world.ts'

const hold: Hold = {
  token: 17,
  tag: 1,
  plcBootId: 1,
  seq: 2,
  challenge: 3,
  heartbeat: 0,
  command: 'enable',
  beatNs: 0n,
}
const attempt: Attempt = {
  command: 1,
  request: undefined,
  token: 17,
  tag: 1,
  seq: 2,
  challenge: 3,
  plcBootId: 1,
  confirmUntilNs: 9n,
}
const ending = { kind: 'Finishing', reason: 'Local', sinceNs: 0n, waiting: [] } as const
const asked = { command: 1, request: undefined, checkFromNs: 0n, checkUntilNs: 9n }

/** One access of each word. */
const example: Readonly<Record<Word, Access>> = {
  Unknown: { kind: 'Unknown' },
  Locked: { kind: 'Locked' },
  'Unlocking:checking': { kind: 'Unlocking', phase: 'checking', ref: 1, asked },
  'Unlocking:committing': { kind: 'Unlocking', phase: 'committing', ref: 1, attempt },
  'Unlocking:writing': { kind: 'Unlocking', phase: 'writing', ref: 1, attempt },
  'Unlocking:confirming': { kind: 'Unlocking', phase: 'confirming', ref: 1, attempt },
  Unlocked: { kind: 'Unlocked', hold },
  Suspended: { kind: 'Suspended' },
  'Finishing:cycle': { ...ending, phase: 'cycle', hold, tries: 0, alarmed: false },
  'Finishing:revoking': { ...ending, phase: 'revoking', hold, tries: 1, alarmed: false },
  'Finishing:reading': { ...ending, phase: 'reading', ref: 1 },
  Unconfirmed: { kind: 'Unconfirmed', attempt },
  Foreign: { kind: 'Foreign' },
}
const words = Object.keys(example) as Word[]

/** The moves, written a second time: from, and all that may follow. */
const expected: readonly (readonly [Word, readonly Word[]])[] = [
  ['Unknown', ['Locked', 'Unlocked', 'Suspended', 'Foreign', 'Finishing:reading']],
  ['Locked', ['Unlocking:checking', 'Foreign']],
  ['Unlocking:checking', ['Unlocking:checking', 'Unlocking:committing', 'Locked', 'Suspended']],
  ['Unlocking:committing', ['Unlocking:writing', 'Locked', 'Suspended']],
  ['Unlocking:writing', ['Unlocking:confirming', 'Locked', 'Suspended']],
  ['Unlocking:confirming', ['Unlocking:confirming', 'Unlocked', 'Locked', 'Suspended', 'Unconfirmed']],
  ['Unlocked', ['Unlocked', 'Suspended', 'Foreign', 'Finishing:cycle']],
  ['Suspended', ['Unlocking:checking', 'Foreign', 'Finishing:reading']],
  ['Finishing:cycle', ['Finishing:cycle', 'Finishing:revoking', 'Finishing:reading']],
  ['Finishing:revoking', ['Finishing:revoking', 'Finishing:reading']],
  ['Finishing:reading', ['Finishing:reading', 'Locked', 'Foreign']],
  ['Unconfirmed', ['Unconfirmed', 'Locked', 'Suspended', 'Foreign']],
  ['Foreign', ['Locked', 'Suspended', 'Finishing:reading']],
]

describe('the moves between the states of access', () => {
  it.each(expected)('from %s', (from, to) => {
    expect(words.filter((word) => mayBecome(example[from], example[word])).sort()).toEqual([...to].sort())
    expect(Object.keys(moves[from]).sort()).toEqual([...to].sort())
  })

  it('leave out no state', () => {
    expect(expected.map(([from]) => from).sort()).toEqual([...words].sort())
    for (const word of words) expect(wordOf(example[word])).toBe(word)
  })

  it('are held against the table as they happen, and nothing changes by a move that is not there', () => {
    const m = newMachine(machineConfig, { meters: [], bookings: [] })
    const turn = newTurn(m, {} as Env)
    expect(() => become(turn, example.Unconfirmed)).toThrow('Unknown cannot become Unconfirmed')
    expect(m.access.kind).toBe('Unknown')
    become(turn, example.Locked)
    expect(() => become(turn, example.Unlocked)).toThrow('Locked cannot become Unlocked')
    expect(m.access.kind).toBe('Locked')
  })
})

describe('the first state', () => {
  const session = (over: Partial<Session>) => ({ status: 'open', ...over }) as Session
  it.each<[string, boolean, Session | undefined, Access['kind']]>([
    ['without an interlock there is nothing to unlock', false, undefined, 'Locked'],
    ['with an interlock nothing is known before it is read', true, undefined, 'Unknown'],
    ['an open session is held against what the machine shows', true, session({}), 'Unknown'],
    ['an enable may have been on its way', true, session({ pendingToken: '17' }), 'Unconfirmed'],
    ['that of a session that is over can not', true, session({ pendingToken: '17', status: 'lapsed' }), 'Unknown'],
  ])('%s', (_name, hasInterlock, open, kind) => {
    expect(initialAccess(hasInterlock, open).kind).toBe(kind)
  })
})
