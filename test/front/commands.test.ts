/** The line to the control thread: bounded, with deadlines, and always open for the end of a session. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ToControl } from '../../gateway/core/board/message.ts'
import type { Command } from '../../gateway/core/command/command.ts'
import type { Outcome } from '../../gateway/core/command/outcome.ts'
import { refuse } from '../../gateway/core/ground/refusal.ts'
import type { Principal } from '../../gateway/core/permission/principal.ts'
import { createCommands } from '../../gateway/front/commands.ts'
import { session } from './api/rows.ts'

const platform: Principal = { role: 'platform', id: 'p', issuer: 'i' }
const unlock: Command = { kind: 'unlock', principal: platform, machine: 'saw-1', booking: 'b' }
const end = (id: string, principal: Principal = platform): Command => ({ kind: 'end', principal, session: id })
const done: Outcome = { kind: 'done' }

let posted: Extract<ToControl, { kind: 'command' }>[]
let nowNs: bigint
const create = () =>
  createCommands((message) => void posted.push(message as (typeof posted)[number]), {
    maxCommands: 2,
    timeoutMs: 1000,
    nowNs: () => nowNs,
  })
const codeOf = (outcome: Outcome) => (outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind)

beforeEach(() => {
  posted = []
  nowNs = 0n
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => vi.useRealTimers())

test('each outcome goes to the command it belongs to, in whatever order they come', async () => {
  const commands = create()
  const first = commands.ask(unlock)
  const second = commands.ask(unlock)
  commands.settle(posted[1]!.id, { kind: 'session', session: session() })
  commands.settle(posted[0]!.id, { kind: 'refused', refusal: refuse('machine-in-use') })
  expect([codeOf(await first), codeOf(await second)]).toEqual(['machine-in-use', 'session'])
  commands.settle(posted[0]!.id, done)
  commands.settle(999, done)
})

test('one too many is busy and not sent; room comes back', async () => {
  const commands = create()
  const under = [commands.ask(unlock), commands.ask(unlock)]
  expect(codeOf(await commands.ask(unlock))).toBe('busy')
  expect(posted).toHaveLength(2)
  for (const { id } of posted) commands.settle(id, done)
  await Promise.all(under)
  void commands.ask(unlock)
  expect(posted).toHaveLength(3)
})

test('the end of a session is sent however many commands are under way, and while stopping', async () => {
  const commands = create()
  void commands.ask(unlock)
  void commands.ask(unlock)
  commands.stop()
  expect(codeOf(await commands.ask(unlock))).toBe('stopping')
  const ended = commands.ask(end('s-1'))
  expect(posted.map(({ command }) => command.kind)).toEqual(['unlock', 'unlock', 'end'])
  commands.settle(posted[2]!.id, done)
  expect(codeOf(await ended)).toBe('done')
})

test('a thousand ends of one session by one caller are one command', async () => {
  const commands = create()
  const all = Array.from({ length: 1000 }, () => commands.ask(end('s-1')))
  void commands.ask(end('s-1', { role: 'technician', id: 'p', key: 'k' }))
  expect(posted).toHaveLength(2)
  commands.settle(posted[0]!.id, done)
  expect(new Set((await Promise.all(all)).map(codeOf))).toEqual(new Set(['done']))
  void commands.ask(end('s-1'))
  expect(posted).toHaveLength(3)
})

test('a command without an answer ends at its deadline, and its late outcome is dropped', async () => {
  const commands = create()
  const asked = commands.ask(unlock)
  vi.advanceTimersByTime(999)
  expect(commands.underWay()).toBe(1)
  vi.advanceTimersByTime(1)
  expect(codeOf(await asked)).toBe('timed-out')
  expect(commands.underWay()).toBe(0)
  commands.settle(posted[0]!.id, done)
})

test('of a flood of denials few are sent in a second, the number of the rest goes with the next', () => {
  const commands = create()
  const denied: Command = { kind: 'denied', code: 'token-forged', what: 'x' }
  for (let index = 0; index < 500; index++) commands.tell(denied)
  expect([posted.length, commands.dropped()]).toEqual([20, 480])
  nowNs = 1_000_000_000n
  commands.tell(denied)
  commands.tell(denied)
  expect(posted.slice(20).map(({ command }) => command)).toEqual([{ ...denied, untold: 480 }, denied])
})
