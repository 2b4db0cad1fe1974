/**
 * One session of an edge node, from its births to its death: which messages are due, and their sequence. Pure but for
 * the session itself, which notes what it has told. A machine is born when it is first read, dies when it is out of
 * reach, and in between only what changed is told.
 *
 * What an entry says of a machine is sent only if it is older than the births: what is younger the board has told. It
 * is history, so the current value stays. History of a machine that is out of reach just now is told as well: the
 * machine is born for it, with the state Unknown, and dies again.
 * Read next: metrics.ts (what is told), payload.ts (as bytes), sparkplug.ts (the caller).
 */
import type { Message } from '../mqtt-bytes.ts'
import { entryMetric, type Parcel, type View } from './metrics.ts'
import { encode, type Metric, REBIRTH } from './payload.ts'

type Ids = { readonly group: string; readonly node: string }

export type Session = {
  readonly ids: Ids
  /** Of its death too, so that a host can tell which births a death is of. */
  readonly bdSeq: number
  readonly aliases: Aliases | undefined
  /** Of the next message. */
  seq: number
  /** When it was born last, UTC ms; absent before. */
  bornMs: number | undefined
  /** What was told last, by metric: of the node, and of each machine that is born. */
  node: Told
  readonly devices: Map<string, Told>
  /** The entry that was told last, unless it was history. */
  entry: Metric | undefined
}
type Told = Map<string, string>
/** By device and metric. They outlive a rebirth. */
type Aliases = Map<string, bigint>

/** `seq` and `bdSeq` begin at 0 again after this: section 6.4.4 and 6.4.16. */
const MOST_SEQ = 255
const NODE = ''

export function openSession(ids: Ids, bdSeq: number, usesAliases: boolean): Session {
  const aliases = usesAliases ? new Map() : undefined
  return { ids, bdSeq, aliases, seq: 0, bornMs: undefined, node: new Map(), devices: new Map(), entry: undefined }
}

export const nextInCircle = (number: number): number => (number >= MOST_SEQ ? 0 : number + 1)

/** The will, and the last word: nothing but the number. */
export function death({ ids, bdSeq }: Session): Message {
  const payload = encode({ metrics: [bdSeqMetric(bdSeq)], describes: true })
  return { topic: topicOf(ids, 'NDEATH'), payload, qos: 1 }
}

/** The node and every machine that is in reach, whole. Also when a host asks for it again. */
export function births(session: Session, { node, devices }: View, nowMs: number): Message[] {
  session.seq = 0
  session.bornMs = nowMs
  session.node = toldOf(node)
  session.devices.clear()
  const control: Metric[] = [
    { ...bdSeqMetric(session.bdSeq), atMs: nowMs },
    { name: REBIRTH, type: 'Boolean', value: false, atMs: nowMs },
  ]
  const metrics = [...control, ...aliased(session, NODE, [...node, session.entry ?? entryMetric(null, nowMs)])]
  return [
    message(session, 'NBIRTH', metrics, nowMs),
    ...[...devices].flatMap(([id, { isThere, metrics }]) => (isThere ? [bear(session, id, metrics, nowMs)] : [])),
  ]
}

/** What is different from what was told last. */
export function changes(session: Session, { node, devices }: View, nowMs: number): Message[] {
  const ofNode = changed(session.node, node)
  const gone = [...session.devices.keys()].filter((id) => !devices.get(id)?.isThere)
  return [
    ...(ofNode.length === 0 ? [] : [message(session, 'NDATA', aliased(session, NODE, ofNode), nowMs)]),
    ...gone.map((id) => bury(session, id, nowMs)),
    ...[...devices].flatMap(([id, device]) => (device.isThere ? changesOf(session, id, device.metrics, nowMs) : [])),
  ]
}

function changesOf(session: Session, id: string, metrics: readonly Metric[], nowMs: number): Message[] {
  const told = session.devices.get(id)
  // A birth names every metric: one that is new, or gone, makes another birth.
  if (told === undefined || told.size !== metrics.length || !metrics.every(({ name }) => told.has(name)))
    return [bear(session, id, metrics, nowMs)]
  const news = changed(told, metrics)
  return news.length === 0 ? [] : [message(session, 'DDATA', aliased(session, id, news), nowMs, id)]
}

/** Entries in their order. */
export function records(session: Session, parcels: readonly Parcel[], { devices }: View, nowMs: number): Message[] {
  const { bornMs = nowMs } = session
  const bornForIt = new Set<string>()
  const messages: Message[] = []
  for (const { machine, entry, of } of parcels) {
    const isPast = entry.atMs < bornMs
    if (!isPast) session.entry = entry
    const told = isPast ? { ...entry, isHistorical: true as const } : entry
    messages.push(message(session, 'NDATA', aliased(session, NODE, [told]), nowMs))
    const device = machine === undefined ? undefined : devices.get(machine)
    if (!isPast || machine === undefined || device === undefined || of.length === 0) continue
    if (!session.devices.has(machine)) {
      messages.push(bear(session, machine, device.metrics, nowMs))
      bornForIt.add(machine)
    }
    const known = of.filter(({ name }) => session.devices.get(machine)?.has(name))
    if (known.length > 0) messages.push(message(session, 'DDATA', aliased(session, machine, known), nowMs, machine))
  }
  for (const id of bornForIt) if (!devices.get(id)?.isThere) messages.push(bury(session, id, nowMs))
  return messages
}

function bear(session: Session, id: string, metrics: readonly Metric[], nowMs: number): Message {
  session.devices.set(id, toldOf(metrics))
  return message(session, 'DBIRTH', aliased(session, id, metrics), nowMs, id)
}

function bury(session: Session, id: string, nowMs: number): Message {
  session.devices.delete(id)
  return message(session, 'DDEATH', [], nowMs, id)
}

/** Notes what it returns. */
function changed(told: Told, metrics: readonly Metric[]): Metric[] {
  const news = metrics.filter((metric) => told.get(metric.name) !== shown(metric))
  for (const metric of news) told.set(metric.name, shown(metric))
  return news
}

const toldOf = (metrics: readonly Metric[]): Told => new Map(metrics.map((metric) => [metric.name, shown(metric)]))
const shown = ({ value, quality }: Metric): string => `${value} ${quality}`

function aliased({ aliases }: Session, device: string, metrics: readonly Metric[]): readonly Metric[] {
  if (aliases === undefined) return metrics
  return metrics.map((metric) => {
    const key = `${device}/${metric.name}`
    const alias = aliases.get(key) ?? BigInt(aliases.size + 1)
    aliases.set(key, alias)
    return { ...metric, alias }
  })
}

type Kind = 'NBIRTH' | 'NDATA' | 'NDEATH' | 'NCMD' | 'DBIRTH' | 'DDATA' | 'DDEATH'

function message(session: Session, kind: Kind, metrics: readonly Metric[], atMs: number, device?: string): Message {
  const { ids, seq } = session
  session.seq = nextInCircle(seq)
  const payload = encode({ atMs, seq, metrics, describes: kind === 'NBIRTH' || kind === 'DBIRTH' })
  return { topic: topicOf(ids, kind, device), payload, qos: 0 }
}

export function topicOf({ group, node }: Ids, kind: Kind, device?: string): string {
  return ['spBv1.0', group, kind, node, ...(device === undefined ? [] : [device])].join('/')
}

const bdSeqMetric = (bdSeq: number): Metric => ({ name: 'bdSeq', type: 'Int64', value: BigInt(bdSeq) })
