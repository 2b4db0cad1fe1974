/** So many per window and key; one too many waits until the window is over. */
import { expect, it } from 'vitest'
import { createLimit } from '../../../../gateway/front/api/http/limit.ts'

function bench(most: number) {
  let ms = 0
  const limit = createLimit(most, 60_000, () => ms)
  return {
    at(seconds: number, key = 'a') {
      ms = seconds * 1000
      return limit(key)
    },
  }
}

it('lets so many through, and says how long the next one waits', () => {
  const { at } = bench(2)
  expect([at(0), at(10), at(10), at(59.5), at(60), at(60), at(60)]).toEqual([
    undefined,
    undefined,
    50,
    1,
    undefined,
    undefined,
    60,
  ])
})

it('counts each key on its own', () => {
  const { at } = bench(1)
  expect([at(0, 'a'), at(0, 'b'), at(0, 'a'), at(0, 'b')]).toEqual([undefined, undefined, 60, 60])
})

it('forgets of five thousand keys the one seen longest ago, and none that goes on', () => {
  const { at } = bench(1)
  at(0, 'goes on')
  at(0, 'silent')
  for (let index = 0; index < 4998; index++) at(0, `${index}`)
  expect(at(1, 'goes on')).toBe(59)
  at(1, 'one more')
  expect([at(2, 'goes on'), at(2, 'silent')]).toEqual([58, undefined])
})
