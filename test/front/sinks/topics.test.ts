import { describe, expect, test } from 'vitest'
import { SinkError } from '../../../gateway/front/sinks/sink.ts'
import { createTopics, splitPoint } from '../../../gateway/front/sinks/topics.ts'

const topics = createTopics('prep-centre', 0)
/** Of a second gateway of the site: what is about the gateway is its own. */
const second = createTopics('prep-centre', 1)

describe('a topic', () => {
  test.each([
    [topics.status, 'latchkey/v1/prep-centre/status'],
    [second.status, 'latchkey/v1/prep-centre/status-1'],
    [second.checkpoint, 'latchkey/v1/prep-centre/checkpoint-1'],
    [second.siteEvents, 'latchkey/v1/prep-centre/events-1'],
    [second.availability('panel-saw-1'), 'latchkey/v1/prep-centre/panel-saw-1/availability'],
    [topics.siteEvents, 'latchkey/v1/prep-centre/events'],
    [topics.availability('panel-saw-1'), 'latchkey/v1/prep-centre/panel-saw-1/availability'],
    [topics.about('panel-saw-1'), 'latchkey/v1/prep-centre/panel-saw-1/about'],
    [topics.events('panel-saw-1'), 'latchkey/v1/prep-centre/panel-saw-1/events'],
    [topics.signals('panel-saw-1'), 'latchkey/v1/prep-centre/panel-saw-1/signals'],
    [topics.backfill('panel-saw-1'), 'latchkey/v1/prep-centre/backfill/panel-saw-1/signals'],
    [topics.meter('panel-saw-1/energy.totalWh'), 'latchkey/v1/prep-centre/panel-saw-1/meters/energy/totalWh'],
  ])('is %s', (topic, expected) => {
    expect(topic).toBe(expected)
    expect(topic).not.toContain('.')
  })

  test.each(['+', '#', 'a/b', '', 'A', 'saw+', '$SYS', 'a'.repeat(33), 'saw\n', '电'])(
    'is never made of %j',
    (name) => {
      for (const make of [
        topics.about,
        topics.availability,
        topics.events,
        topics.signals,
        topics.backfill,
        (site: string) => createTopics(site, 0),
      ]) {
        expect(() => make(name)).toThrow(SinkError)
      }
      expect(() => topics.meter(`${name}/energy.total`)).toThrow(SinkError)
    },
  )

  test.each([
    'saw',
    'saw/energy',
    'saw/energy.',
    'saw/energy.total/x',
    'saw/#.total',
    'saw/energy.+',
    'saw/en ergy.total',
  ])('is never made of the meter %j', (name) => {
    expect(() => topics.meter(name)).toThrow(expect.objectContaining({ action: 'bad' }))
  })
})

test('a point splits at its first slash', () => {
  expect(splitPoint('saw/energy.total')).toEqual(['saw', 'energy.total'])
})
