/**
 * `latchkey sinks list|show|release|drop <site.yaml>`: entries that a broker or a store refused for good.
 * `release` puts the cursor of the sink back to the first of them, so that all from there on is sent again, in order:
 * InfluxDB overwrites, and readers of MQTT know a repeat by its `seq`. What is refused again is set aside again.
 * To release or to drop, the gateway must be stopped; the ledger itself keeps every entry.
 * Read next: front/sinks/inlets.ts (what sets aside).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { takeLock } from '../control/host/lock.ts'
import { LEDGER, LOCK } from '../control/host/names.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader, type Reader } from '../ledger/store/reader.ts'
import { createWriter, type Writer } from '../ledger/store/writer.ts'
import { type Io, withSite } from './site.ts'

export type SinksTask =
  | { readonly do: 'list'; readonly json: boolean }
  | { readonly do: 'show'; readonly seq: number }
  | { readonly do: 'release'; readonly sink: string }
  | { readonly do: 'drop'; readonly sink: string; readonly seq: number }

type Parked = ReturnType<Reader['parkedItems']>

/** The exit code: 0 done, 1 not. */
export function sinksCommand(sitePath: string, task: SinksTask, io: Io): Promise<number> {
  return withSite(sitePath, io, (config) => {
    const path = join(config.dataDir, LEDGER)
    if (!existsSync(path)) throw refused(`there is no ledger at ${path}`)
    const reader = createReader(path)
    try {
      io.stdout.write(`${answer(task, config, reader)}\n`)
      return 0
    } finally {
      reader.close()
    }
  })
}

function answer(task: SinksTask, config: SiteConfig, reader: Reader): string {
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
      alone(config, (writer) => {
        // The cursor first: a crash in between sends again, and forgets nothing.
        writer.setCursor(task.sink, from, nextSample)
        for (const { seq } of items) writer.unpark(task.sink, String(seq))
      })
      return `${task.sink} sends again from entry ${from} on once the gateway runs: ${items.length} were set aside.`
    }
    case 'drop': {
      const [item] = chosen(parked, task)
      alone(config, (writer) => writer.unpark(task.sink, String(task.seq)))
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

/** Writes as the only one. */
function alone(config: SiteConfig, work: (writer: Writer) => void): void {
  const lock = takeLock(join(config.dataDir, LOCK), 'a gateway. Stop it first')
  try {
    const writer = createWriter(openWriter(join(config.dataDir, LEDGER)), writerOptions(config))
    try {
      work(writer)
    } finally {
      writer.close()
    }
  } finally {
    lock.close()
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'sinks', message)
}
