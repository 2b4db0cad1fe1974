import { afterEach, expect, test } from 'vitest'
import { createSparkplugSink } from '../../../../gateway/front/sinks/sparkplug/sparkplug.ts'
import { boardRow } from '../rows.ts'
import { type Broker, type BrokerOptions, startBroker } from './broker.ts'
import { command, decode } from './decode.ts'
import { configOf, delivery, GROUP, NODE } from './story.ts'

let broker: Broker | undefined
afterEach(() => broker?.close())

/** Without a primary host. */
async function begin(options: BrokerOptions = {}) {
  broker = await startBroker(5, options)
  const config = configOf(broker.url, 5, false)
  const { host: _, ...sparkplug } = config.sparkplug
  const now = { ms: Date.now() }
  const clock = { now: () => ({ ms: now.ms, ns: 0n }) }
  const sink = createSparkplugSink({ ...config, sparkplug }, { nextBdSeq: async () => 0, clock })
  const snapshot = () => ({ rows: [boardRow()], meters: [] })
  await sink.open(snapshot, new AbortController().signal)
  return { broker, sink, now, refresh: () => sink.refresh(snapshot) }
}

const entry = (data = {}) => delivery(1, 'GatewayStarted', data, undefined, Date.now())
const told = ({ packets }: Broker) =>
  packets.flatMap((packet) =>
    packet.cmd === 'publish' ? [[packet.topic.split('/')[2], decode(packet.payload as Buffer).seq]] : [],
  )

test('what was sent is accepted when the broker has read it, and not before', async () => {
  const { broker, sink } = await begin()
  broker.holdPings()
  let accepted = false
  const delivering = sink.deliver([sink.make(entry())]).then(() => {
    accepted = true
  })
  await broker.until(() => broker.packets.at(-1)?.cmd === 'pingreq', 'no ping')
  await broker.say(`spBv1.0/${GROUP}/NCMD/${NODE}`, command('nothing'))
  expect(accepted).toBe(false)
  broker.answerPings()
  await delivering
  await sink.close()
})

test('an entry that the broker will never take is refused, and births begin the count anew', async () => {
  const { broker, sink } = await begin({ maximumPacketSize: 2_000 })
  const large = entry({ note: 'x'.repeat(2_000) })
  await expect(sink.deliver([sink.make(large), sink.make(entry())])).rejects.toMatchObject({
    action: 'bad',
    accepted: 0,
  })
  await broker.until(() => told(broker).length === 5, 'no births')
  expect(told(broker).slice(2)).toEqual([
    ['NDATA', 3n],
    ['NBIRTH', 0n],
    ['DBIRTH', 1n],
  ])
  await sink.close()
})

test('a host that asks for births all the time gets them once a second', async () => {
  const { broker, sink, now, refresh } = await begin()
  for (let times = 0; times < 5; times += 1)
    await broker.say(`spBv1.0/${GROUP}/NCMD/${NODE}`, command('Node Control/Rebirth'))
  await refresh()
  expect(told(broker).map(([type]) => type)).toEqual(['NBIRTH', 'DBIRTH'])
  now.ms += 1_000
  await refresh()
  await refresh()
  expect(told(broker).map(([type]) => type)).toEqual(['NBIRTH', 'DBIRTH', 'NBIRTH', 'DBIRTH'])
  await sink.close()
})

test('a clock that was set back makes the births anew, so that what follows is not history', async () => {
  const { broker, sink, now, refresh } = await begin()
  now.ms -= 3_600_000
  await refresh()
  await refresh()
  expect(told(broker).map(([type]) => type)).toEqual(['NBIRTH', 'DBIRTH', 'NBIRTH', 'DBIRTH'])
  await sink.close()
})
