/** A machine on the picture of the floor: moved by keys and by a press, and never off it. */
import { expect, it } from 'vitest'
import { moved, pressedAt, samePlace } from '../../../gateway/front/console/model/place.ts'

it.each([
  ['ArrowRight', false, { x: 51.5, y: 20 }],
  ['ArrowUp', true, { x: 50.5, y: 15 }],
  ['ArrowDown', false, { x: 50.5, y: 21 }],
  ['Enter', false, undefined],
  ['toString', false, undefined],
] as const)('%s moves it', (key, leap, to) => {
  expect(moved({ x: 50.5, y: 20 }, key, leap)).toEqual(to)
})

it('stays on the picture, and begins in its middle', () => {
  expect(moved({ x: 0.4, y: 0 }, 'ArrowLeft', true)).toEqual({ x: 0, y: 0 })
  expect(moved({ x: 99.5, y: 99 }, 'ArrowDown', true)).toEqual({ x: 99.5, y: 100 })
  expect(moved(undefined, 'ArrowLeft', false)).toEqual({ x: 50, y: 50 })
})

it('is where it was pressed, however large the picture is shown', () => {
  expect(pressedAt({ x: 123, y: 40 }, { width: 1_000, height: 300 })).toEqual({ x: 12.3, y: 13.3 })
  expect(pressedAt({ x: 1_200, y: -3 }, { width: 1_000, height: 300 })).toEqual({ x: 100, y: 0 })
})

it('is the same place when both are nowhere', () => {
  expect([samePlace(undefined, undefined), samePlace({ x: 1, y: 2 }, { x: 1, y: 2 })]).toEqual([true, true])
  expect([samePlace({ x: 1, y: 2 }, undefined), samePlace({ x: 1, y: 2 }, { x: 1, y: 3 })]).toEqual([false, false])
})
