/**
 * What a sink reads, for tests: the ledger thread of the gateway on a file of its own with a reader, and the queue of
 * samples with its folder.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { EntryDraft, EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { createDrops } from '../../../gateway/front/sinks/samples/drops.ts'
import { openKept } from '../../../gateway/front/sinks/samples/kept.ts'
import { createWaiting, type Waiting } from '../../../gateway/front/sinks/samples/waiting.ts'
import { createLedgerClient, type LedgerClient } from '../../../gateway/ledger/client.ts'
import { createReader, type Reader } from '../../../gateway/ledger/store/reader.ts'
import type { LedgerThreadData } from '../../../gateway/ledger/worker.ts'
import type { LivePoint } from '../../../gateway/live/point.ts'
import type { LiveValue } from '../../../gateway/live/sample.ts'
import { until } from '../../support/process.ts'
import { batches, type Taken } from '../../support/samples.ts'

export const SITE = 'prep-centre'

export type TestLedger = {
  readonly client: LedgerClient
  readonly reader: Reader
  commit(...changes: Change[]): Promise<void>
  /** The samples that wait for the sink; opened again from its folder after the sink has closed them. */
  waiting(): Waiting
  /** The control thread has taken these. */
  sample(...samples: Taken[]): void
  /** Called when there are samples. */
  onSample(sampled: () => void): void
  /** Puts a sample into the ledger, as an older gateway did. */
  store(value: string): void
  close(): Promise<void>
}

/** What the samples of these tests are of. */
const POINTS: readonly LivePoint[] = [
  { kind: 'signal', machine: 'saw', id: 'saw/energy.power', unit: 'W' },
  { kind: 'signal', machine: 'mixed', id: 'mixed/a.x', unit: 'W' },
]
/** Samples in memory; more go to the disk. */
const IN_MEMORY = 10_000

/** `kept`: samples that its ring on disk holds. */
export async function openLedger(kept = 100_000): Promise<TestLedger> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-ledger-'))
  const path = join(folder, 'ledger.sqlite')
  const data: LedgerThreadData = { path, writer: { site: SITE, simulated: new Set(['toy']) }, ports: [] }
  const worker = new Worker(new URL('../../../gateway/ledger/worker.ts', import.meta.url), { workerData: data })
  const failures: Error[] = []
  const client = createLedgerClient(worker, 10_000, (error) => failures.push(error))
  await once(worker, 'message')
  const reader = createReader(path)
  const batch = batches(POINTS)
  let waiting: Waiting | undefined
  let sampled: () => void = () => undefined

  function openWaiting(): Waiting {
    const drops = createDrops(POINTS, new Uint32Array(POINTS.length))
    const log = { warn: (fields: object, text: string) => void failures.push(new Error(text, { cause: fields })) }
    const options = { folder: join(folder, 'samples'), points: POINTS, most: kept, maxAgeMs: 3_600_000, diskReserve: 0 }
    const opened = createWaiting(POINTS, IN_MEMORY, openKept({ ...options, drops, log }), drops)
    return {
      ...opened,
      close() {
        opened.close()
        waiting = undefined
      },
    }
  }
  const waitingNow = () => {
    waiting ??= openWaiting()
    return waiting
  }

  return {
    client,
    reader,
    async commit(...changes) {
      await client.commit(changes)
      const { nextSeq } = reader.head()
      await until(() => client.head().nextSeq >= nextSeq, 5_000, 'the head does not follow')
    },
    waiting: waitingNow,
    sample(...samples) {
      waitingNow().put(batch(...samples))
      sampled()
    },
    onSample(listener) {
      sampled = listener
    },
    store(value) {
      const db = new DatabaseSync(path, { timeout: 1000 })
      db.prepare(
        `INSERT INTO sample (kind, machine, id, at, quality, unit, value) VALUES ('signal', 'saw', 'saw/energy.power', ?, 'good', 'W', ?)`,
      ).run(Date.now(), value)
      db.close()
    },
    async close() {
      waiting?.close()
      reader.close()
      await client.close()
      await worker.terminate()
      await rm(folder, { recursive: true, force: true })
      if (failures[0] !== undefined) throw failures[0]
    },
  }
}

type EntryMore = { readonly machine?: string; readonly session?: string; readonly atMs?: number }

export function entry(kind: EntryKind, data: JsonObject, more: EntryMore = {}): Change {
  const at = { wallMs: more.atMs ?? Date.now(), monoNs: '1', bootId: 'boot', clock: 'synchronised' as const }
  const draft: EntryDraft = {
    kind,
    version: 1,
    at,
    data,
    ...(more.machine === undefined ? {} : { machine: more.machine }),
    ...(more.session === undefined ? {} : { session: more.session }),
  }
  return { kind: 'entry', entry: draft }
}

/** An entry that every sink shows: the total is its mark. */
export function metered(total: number, machine = 'saw', unit = 'Wh'): Change {
  const meter = { meter: `${machine}/energy.total`, unit, raw: String(total), epoch: 1, total: String(total), at: 1 }
  return entry('MeterSampled', { meters: [meter] }, { machine })
}

export function signal(value: LiveValue, more: Partial<Taken> = {}): Taken {
  return { kind: 'signal', id: 'saw/energy.power', atMs: Date.now(), quality: 'good', value, ...more }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
