/** The front's copy of the board: complete rows replace earlier ones, and times alone move them on. */
import { expect, test } from 'vitest'
import { createBoardCopy } from '../../../gateway/front/api/board.ts'
import { boardRow } from './rows.ts'

const health = { ready: true, notes: [], clock: 'synchronised', counters: {} }
const message = { kind: 'board', rows: [], asOf: new Float64Array(), links: [] } as const

test('a row that did not change is the same object with a newer time; one that changed is another', () => {
  const board = createBoardCopy(['saw-1', 'press-1'])
  board.take({ ...message, rows: [boardRow('saw-1'), boardRow('press-1')], health }, 1n)
  const before = board.rows()
  board.take({ ...message, asOf: Float64Array.of(1, 7000, 8e9) }, 2n)
  expect(board.row('press-1')).toMatchObject({ asOfMs: 7000, asOfNs: 8_000_000_000n })
  expect(board.row('press-1')).toBe(before[1])
  board.take({ ...message, rows: [boardRow('press-1', { maintenance: true })] }, 3n)
  expect(board.row('press-1')).not.toBe(before[1])
  expect(board.row('saw-1')).toBe(before[0])
})

test('health that does not come stays, and the time of the message is known', () => {
  const board = createBoardCopy([])
  board.take({ ...message, health }, 1n)
  board.take(message, 2n)
  expect([board.health(), board.tookAtNs()]).toEqual([health, 2n])
})

test('a time of a machine that is not known changes nothing', () => {
  const board = createBoardCopy(['saw-1'])
  board.take({ ...message, asOf: Float64Array.of(0, 7000, 8e9, 5, 7000, 8e9) }, 1n)
  expect(board.rows()).toEqual([])
})
