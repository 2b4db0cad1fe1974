/** Every numbered assertion of Sparkplug 3.0 that concerns an edge node, held of a story told with MQTT 5 and 3.1.1. */
import { beforeAll, expect, test } from 'vitest'
import { sparkplugMetrics } from '../../../../gateway/reference/sparkplug.ts'
import { assertions } from './assertions.ts'
import { others } from './others.ts'
import { type Story, tell } from './story.ts'

let stories: readonly Story[] = []
beforeAll(async () => {
  stories = await Promise.all([tell(5, false), tell(4, true)])
})

test.each(assertions)('%s: %s', (_id, _asks, check) => {
  for (const story of stories) expect([story.version, check(story)]).toEqual([story.version, true])
})

test('each is checked, or is left to somebody else by a reason, and none twice', () => {
  const left = Object.values(others).flat()
  const ids = [...assertions.map(([id]) => id), ...left]
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
  expect([assertions.length, left.length]).toEqual([158, 140])
})

test('the births are as the reference says, metric by metric', () => {
  const types: Readonly<Record<number, string>> = {
    4: 'Int64',
    8: 'UInt64',
    11: 'Boolean',
    12: 'String',
    13: 'DateTime',
  }
  const emitted = stories[0]!.scenes.birth.told.flatMap(({ type, payload }) =>
    payload.metrics.map(({ name = '', datatype = 0 }) => ({
      of: type === 'NBIRTH' ? 'node' : 'machine',
      name: name.replace('energy/total', '{alias}/{name}'),
      type: types[datatype],
    })),
  )
  expect(emitted).toEqual(sparkplugMetrics.map(({ what: _, ...row }) => row))
})
