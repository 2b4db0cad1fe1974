/**
 * The life of an edge node, as its broker sees it: a host that is late, births, changes, an outage, commands, a host
 * that leaves and comes back. Each scene has the packets of its own. Two machines: `saw` is read, `drill` is out of
 * reach at first. Read next: assertions.ts (what is asserted of it).
 */
import type { IConnectPacket, IPublishPacket, ISubscribePacket, Packet } from 'mqtt-packet'
import type { SiteConfig } from '../../../../config/site.ts'
import type { BoardRow } from '../../../../gateway/core/board/message.ts'
import type { Entry, EntryKind, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import type { Delivery } from '../../../../gateway/front/sinks/sink.ts'
import { createSparkplugSink } from '../../../../gateway/front/sinks/sparkplug/sparkplug.ts'
import { boardRow, meterState } from '../rows.ts'
import { type Broker, startBroker } from './broker.ts'
import { command, decode, type Payload } from './decode.ts'

export const GROUP = 'Werk Süd'
export const NODE = 'prep-centre'
export const HOST = 'scada'
export const STATE = `spBv1.0/STATE/${HOST}`
/** Above what a double holds. */
export const TOTAL = 9_007_199_254_740_993n
export const RAW = 18_446_744_073_709_551_615n
const BORN_MS = Date.UTC(2026, 10, 1, 12)

/** A message of the node. */
export type Told = Pick<IPublishPacket, 'topic' | 'qos' | 'retain'> & {
  readonly type: string
  readonly device?: string
  readonly payload: Payload
}
export type Scene = {
  readonly packets: readonly Packet[]
  readonly told: readonly Told[]
}
export type SceneName =
  | 'connect'
  | 'too early'
  | 'birth'
  | 'nothing new'
  | 'change'
  | 'in reach'
  | 'out of reach'
  | 'entry'
  | 'history'
  | 'rebirth'
  | 'other commands'
  | 'old words'
  | 'many'
  | 'host gone'
  | 'back'
export type Story = {
  readonly version: 4 | 5
  readonly aliases: boolean
  readonly scenes: Readonly<Record<SceneName, Scene>>
  readonly connects: readonly IConnectPacket[]
  readonly subscribes: readonly ISubscribePacket[]
  /** Of the first connection, in order. */
  readonly told: readonly Told[]
}

export async function tell(version: 4 | 5, aliases: boolean): Promise<Story> {
  const broker = await startBroker(version)
  try {
    return await live(broker, version, aliases)
  } finally {
    broker.close()
  }
}

/** The node on its stage: what can happen to it. */
function createStage(broker: Broker, config: ReturnType<typeof configOf>) {
  const now = { ms: BORN_MS }
  let bdSeq = 254
  let rows = [boardRow(), boardRow({ machine: 'drill', availability: { state: 'Unknown', reason: 'starting' } })]
  const sink = createSparkplugSink(config, {
    clock: { now: () => ({ ms: now.ms, ns: BigInt(now.ms) * 1_000_000n }) },
    async nextBdSeq() {
      bdSeq += 1
      return bdSeq % 256
    },
  })
  const snapshot = () => ({ rows, meters: [meterState({ total: TOTAL, raw: RAW })] })
  return {
    now,
    sink,
    open: () => sink.open(snapshot, new AbortController().signal),
    refresh: () => sink.refresh(snapshot),
    change(machine: string, more: Partial<BoardRow>) {
      rows = rows.map((row) => (row.machine === machine ? { ...row, ...more, asOfMs: now.ms } : row))
      return sink.refresh(snapshot)
    },
    entries: (...all: Delivery[]) => sink.deliver(all.map(sink.make)),
    state: (online: boolean, timestamp: number) => broker.say(STATE, JSON.stringify({ online, timestamp })),
    command: (bytes: Buffer) => broker.say(`spBv1.0/${GROUP}/NCMD/${NODE}`, bytes),
  }
}

type Stage = ReturnType<typeof createStage>

/** In this order. */
function acts(broker: Broker, stage: Stage): Readonly<Record<SceneName, () => Promise<unknown>>> {
  const { sink, now, open, refresh, change, entries, state } = stage
  let opening = Promise.resolve()
  return {
    async connect() {
      opening = open()
      await subscribed(broker, 1)
    },
    async 'too early'() {
      await broker.say(STATE, 'no JSON')
      await state(false, 20)
      await state(true, 10)
    },
    async birth() {
      await state(true, 20)
      await opening
    },
    'nothing new': refresh,
    change: () => change('saw', { availability: { state: 'InUse', reason: 'session' }, silent: [SILENT] }),
    'in reach': () => change('drill', { availability: { state: 'Available' } }),
    'out of reach': () => change('drill', { availability: { state: 'Unknown', reason: 'link-down:drill/io.state' } }),
    entry: () => entries(delivery(7, 'SessionEnded', { end: [READING] }, 'saw', now.ms)),
    history: () =>
      entries(
        delivery(1, 'AvailabilityChanged', { to: 'Available', itemState: 'NotExecuting' }, 'saw', BORN_MS - 9_000),
        delivery(2, 'MeterSampled', { meters: [READING] }, 'saw', BORN_MS - 8_000),
        delivery(3, 'AvailabilityChanged', { to: 'InUse', reason: 'foreign' }, 'drill', BORN_MS - 7_000),
        delivery(4, 'GatewayStopped', {}, undefined, BORN_MS - 6_000),
      ),
    rebirth: () => stage.command(command('Node Control/Rebirth')),
    async 'other commands'() {
      for (const bytes of [command('Node Control/Rebirth', false), command('Node Control/Reboot'), Buffer.from('x')])
        await stage.command(bytes)
    },
    'old words': () => state(false, 19),
    async many() {
      const plain = () => delivery(9, 'GatewayStarted', {}, undefined, now.ms)
      for (let part = 0; part < 30; part += 1) await entries(...Array.from({ length: 10 }, plain))
    },
    async 'host gone'() {
      await state(false, 20)
      await sink.lost()
      await sink.close()
      await ended(broker)
    },
    async back() {
      opening = open()
      await subscribed(broker, 2)
      await state(true, 21)
      await opening
      await sink.close()
    },
  }
}

async function live(broker: Broker, version: 4 | 5, aliases: boolean): Promise<Story> {
  const stage = createStage(broker, configOf(broker.url, version, aliases))
  const scenes = {} as Record<SceneName, Scene>
  let seen = 0
  for (const [name, act] of Object.entries(acts(broker, stage)) as [SceneName, () => Promise<unknown>][]) {
    stage.now.ms += 2_000
    await act()
    const packets = broker.packets.slice(seen)
    seen = broker.packets.length
    scenes[name] = { packets, told: packets.flatMap(toldIn) }
  }
  const of = <C extends Packet['cmd']>(cmd: C) =>
    broker.packets.filter((packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd)
  const told = Object.entries(scenes).flatMap(([name, { told }]) => (name === 'back' ? [] : told))
  return { version, aliases, scenes, told, connects: of('connect'), subscribes: of('subscribe') }
}

const SILENT = { meter: 'saw/energy.total', reason: 'stale' }
const READING = { meter: 'saw/energy.total', unit: 'Wh', total: String(TOTAL - 1n), raw: String(RAW - 1n), epoch: 2 }

export function configOf(url: string, version: 4 | 5, aliases: boolean) {
  const machine = (id: string) => ({ id, meters: [{ id: `${id}/energy.total`, unit: 'Wh' }] })
  const reached = { url, version, clientId: 'edge', keepaliveMs: 15_000, ackTimeoutMs: 5_000 }
  return {
    site: 'prep-centre',
    machines: [machine('saw'), machine('drill')] as unknown as SiteConfig['machines'],
    sparkplug: { ...reached, group: GROUP, node: NODE, host: HOST, aliases, historyRate: 10_000 },
  }
}

export function delivery(
  seq: number,
  kind: EntryKind,
  data: JsonObject,
  machine: string | undefined,
  atMs: number,
): Delivery {
  const of = machine === undefined ? {} : { machine }
  const at = new Date(atMs).toISOString()
  const clock = 'synchronised' as const
  const body = { seq, kind, v: 1 as const, site: 'prep-centre', ...of, at, clock, boot: '', mono: '', data }
  const entry: Entry = { seq, kind, atMs, timeNs: `${atMs}000000`, ...of, body }
  return { entry, prevSeq: seq - 1 }
}

function toldIn(packet: Packet): Told[] {
  if (packet.cmd !== 'publish') return []
  const { topic, qos, retain, payload } = packet
  const [, , type = '', , device] = topic.split('/')
  const of = device === undefined ? {} : { device }
  return [{ topic, qos, retain, type, ...of, payload: decode(payload as Buffer) }]
}

const subscribed = ({ packets, until }: Broker, times: number) =>
  until(() => packets.filter(({ cmd }) => cmd === 'subscribe').length >= times, 'it does not subscribe')
const ended = ({ packets, until }: Broker) => until(() => packets.at(-1)?.cmd === 'disconnect', 'it does not leave')
