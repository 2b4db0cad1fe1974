/** Every message that a broker gets from a gateway is as the reference says: topic, QoS, retained or not, payload. */
import { connect } from 'mqtt'
import { describe, expect, test } from 'vitest'
import { type TopicRow, topicRows } from '../../gateway/reference/payloads.ts'
import { holdPayload } from '../support/described.ts'
import { startPlant } from '../support/gateway-plant.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { until } from '../support/process.ts'
import { realPart } from '../support/real.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('messages')
const SITE = 'messages'

/** A row as a pattern: its placeholders stand for one level each. */
const patternOf = ({ topic }: TopicRow) =>
  new RegExp(
    `^${topic
      .split('/')
      .map((level, index) =>
        level === 'site' ? SITE : index > 2 && /^(machine|alias|name)$/.test(level) ? '[^/]+' : level,
      )
      .join('/')}$`,
  )

describe.skipIf(!realPart('mosquitto'))('a broker', () => {
  test('gets nothing that is not in the reference, and each topic of it', { timeout: 120_000 }, async () => {
    const broker = await startMosquitto()
    scope.defer(() => broker.remove())
    const rows = topicRows().map((row) => ({ ...row, pattern: patternOf(row), seen: 0 }))
    const strange: string[] = []
    const reader = connect(broker.url, { protocolVersion: 5 })
    scope.defer(() => reader.endAsync(true))
    reader.on('message', (topic, payload, { qos, retain }) => {
      const row = rows.find((each) => each.pattern.test(topic) && each.qos === qos && each.retain === retain)
      if (row === undefined) return void strange.push(`${topic} QoS ${qos}${retain ? ' retained' : ''}`)
      row.seen += 1
      try {
        holdPayload(row.payload, payload.toString())
      } catch (error) {
        strange.push((error as Error).message)
      }
    })
    await reader.subscribeAsync('#', { qos: 1, rap: true })
    const { api, machine } = await startPlant(scope, {
      site: SITE,
      machines: { 'spray-booth': 1 },
      cycleMs: 300,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const session = await api.unlocked('booth-1', await machine('booth-1').token())
    await api.ended(session.id)
    // What is late comes only after a minute without the broker, and a successor only after a restore.
    const rare = ['latchkey/v1/site/backfill/machine/signals', 'latchkey/v1/site/superseded']
    const unseen = () => rows.filter(({ seen, topic }) => seen === 0 && !rare.includes(topic)).map(({ topic }) => topic)
    await until(() => unseen().length === 0, 20_000, 'something of it never came').finally(() =>
      expect(unseen()).toEqual([]),
    )
    expect(strange).toEqual([])
  })
})
