/**
 * `latchkey sinks <site.yaml>`: how far each sink is behind, and at which rate it comes on; beside a gateway that runs
 * too. `latchkey sinks list|show|release|drop <site.yaml>`: entries that a broker or a store refused for good.
 *
 * `release` puts the cursor of the sink back to the first of them, so that all from there on is sent again, in order:
 * InfluxDB overwrites, and readers of MQTT know a repeat by its `seq`. What is refused again is set aside again. For
 * that, and to drop, the gateway must be stopped; what was done is recorded, and the ledger keeps every entry.
 * Read next: front/sinks/inlets.ts (what sets aside), front/api/sinks/sinks.ts (the same while it runs).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import { openDataDir } from '../control/host/data-dir.ts'
import { logOf, readLogKeys } from '../control/host/log-key.ts'
import { LEDGER } from '../control/host/names.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { Change } from '../core/machine/change.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader, type Reader } from '../ledger/store/reader.ts'
import { createWriter, type Writer } from '../ledger/store/writer.ts'
import { type Io, withSite } from './site.ts'

export type SinksTask =
  /** `overMs`: the rate is taken over so long. */
  | { readonly do: 'status'; readonly json: boolean; readonly overMs: number }
  | { readonly do: 'list'; readonly json: boolean }
  | { readonly do: 'show'; readonly seq: number }
  | ({ readonly do: 'release'; readonly sink: string } & Who)
  | ({ readonly do: 'drop'; readonly sink: string; readonly seq: number } & Who)

/** Who does it, and why; recorded. */
type Who = { readonly by?: string; readonly reason?: string }

type Parked = ReturnType<Reader['parkedItems']>

/** The exit code: 0 done, 1 not. */
export function sinksCommand(sitePath: string, task: SinksTask, io: Io): Promise<number> {
  return withSite(sitePath, io, async (config) => {
    const path = join(config.dataDir, LEDGER)
    if (!existsSync(path)) throw refused(`there is no ledger at ${path}`)
    const reader = createReader(path)
    try {
      const text = task.do === 'status' ? await statusOf(task, config, reader) : answer(task, config, reader)
      io.stdout.write(`${text}\n`)
      return 0
    } finally {
      reader.close()
    }
  })
}

type Behind = {
  readonly sink: string
  readonly behind: number
  readonly behindS: number
  readonly perSecond: number
  readonly parked: number
}

/** Of every sink that has begun. */
async function statusOf(
  { json, overMs }: Extract<SinksTask, { do: 'status' }>,
  { dataDir }: SiteConfig,
  reader: Reader,
): Promise<string> {
  const before = new Map(reader.cursors().map(({ sink, next }) => [sink, next]))
  await pause(overMs)
  const { nextSeq } = reader.head()
  const sinks = reader.cursors().map(({ sink, next }): Behind => {
    const oldest = reader.entries(next, 1)[0]
    return {
      sink,
      behind: Math.max(0, nextSeq - next),
      behindS: oldest === undefined ? 0 : Math.max(0, Math.round((Date.now() - oldest.atMs) / 1000)),
      perSecond: Math.round(((next - (before.get(sink) ?? next)) * 1000) / overMs),
      parked: reader.parked(sink),
    }
  })
  if (json) return JSON.stringify(sinks)
  if (sinks.length === 0) return `No sink has begun on ${dataDir}.`
  return sinks.map(statusLine).join('\n')
}

const statusLine = ({ sink, behind, behindS, perSecond, parked }: Behind) =>
  `${sink}  ${behind} behind, the oldest ${behindS} s  ${perSecond} per second  ${parked} set aside`

function answer(task: Exclude<SinksTask, { do: 'status' }>, config: SiteConfig, reader: Reader): string {
  const parked = reader.parkedItems()
  switch (task.do) {
    case 'list':
      return task.json ? JSON.stringify(parked) : listed(parked)
    case 'show':
      return JSON.stringify({ parked: chosen(parked, task), entry: reader.entries(task.seq, 1)[0]?.body }, null, 2)
    case 'release': {
      const items = chosen(parked, task)
      const { next = 0, nextSample = 0 } = reader.cursor(task.sink) ?? {}
      const from = Math.min(next, ...items.map(({ seq }) => seq))
      alone(config, task, items, (writer) => {
        // The cursor first: a crash in between sends again, and forgets nothing.
        writer.setCursor(task.sink, from, nextSample)
        for (const { seq } of items) writer.unpark(task.sink, String(seq))
      })
      return `${task.sink} sends again from entry ${from} on once the gateway runs: ${items.length} were set aside.`
    }
    case 'drop': {
      const [item] = chosen(parked, task)
      alone(config, task, [item!], (writer) => writer.unpark(task.sink, String(task.seq)))
      return `${task.sink} never gets entry ${task.seq}, which the ledger keeps. It was refused: ${item!.reason}`
    }
  }
}

/** Those of the sink and number asked for; throws when there are none. */
function chosen(parked: Parked, wanted: { readonly sink?: string; readonly seq?: number }): Parked {
  const items = parked.filter(({ sink, seq }) => (wanted.sink ?? sink) === sink && (wanted.seq ?? seq) === seq)
  if (items.length === 0) throw refused('nothing of the kind is set aside; `latchkey sinks list` shows what is')
  return items
}

function listed(parked: Parked): string {
  if (parked.length === 0) return 'Nothing is set aside.'
  return parked
    .map(({ sink, seq, reason, atMs }) => `${sink} ${seq} ${new Date(atMs).toISOString()} ${reason}`)
    .join('\n')
}

/** Writes as the only one, and first what is done. */
function alone(
  config: SiteConfig,
  { do: what, by = 'command', reason = 'none was given' }: Who & { readonly do: 'release' | 'drop' },
  items: Parked,
  work: (writer: Writer) => void,
): void {
  const dir = openDataDir(config.dataDir, config.site)
  try {
    const options = { ...writerOptions(config), log: logOf(readLogKeys(dir.log.path)) }
    const writer = createWriter(openWriter(dir.ledgerPath), options)
    try {
      const clock = createClock({})
      const at = clock.stamp(clock.now())
      const entries = items.map(({ sink, seq, reason: refusal }): Change => {
        const data = { sink, entry: seq, what, refused: refusal, by, reason }
        return { kind: 'entry', entry: { kind: 'ParkedHandled', version: 1, at, data } }
      })
      writer.commit([entries])
      work(writer)
      writer.checkpoint(at.wallMs)
    } finally {
      writer.close()
    }
  } finally {
    dir.unlock()
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'sinks', message)
}
