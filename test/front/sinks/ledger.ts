/** A real ledger for sink tests: the worker thread of the gateway on a file of its own, and a reader. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { EntryDraft, EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import type { Change, SampleDraft } from '../../../gateway/core/machine/change.ts'
import { createLedgerClient, type LedgerClient } from '../../../gateway/ledger/client.ts'
import { createReader, type Reader } from '../../../gateway/ledger/store/reader.ts'
import type { LedgerThreadData } from '../../../gateway/ledger/worker.ts'
import { until } from '../../support/process.ts'

export const SITE = 'prep-centre'

export type TestLedger = {
  readonly client: LedgerClient
  readonly reader: Reader
  commit(...changes: Change[]): Promise<void>
  close(): Promise<void>
}

export async function openLedger(samples = 100_000): Promise<TestLedger> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-ledger-'))
  const path = join(folder, 'ledger.sqlite')
  const data: LedgerThreadData = { path, writer: { site: SITE, simulated: new Set(['toy']), samples }, ports: [] }
  const worker = new Worker(new URL('../../../gateway/ledger/worker.ts', import.meta.url), { workerData: data })
  const failures: Error[] = []
  const client = createLedgerClient(worker, 10_000, (error) => failures.push(error))
  await once(worker, 'message')
  const reader = createReader(path)
  return {
    client,
    reader,
    async commit(...changes) {
      await client.commit(changes)
      const { nextSeq, nextSample } = reader.head()
      const known = () => client.head().nextSeq >= nextSeq && client.head().nextSample >= nextSample
      await until(known, 5_000, 'the head does not follow')
    },
    async close() {
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

export function signal(n: number, more: Partial<SampleDraft> = {}): Change {
  const sample: SampleDraft = {
    kind: 'signal',
    machine: 'saw',
    id: 'saw/energy.power',
    atMs: Date.now(),
    quality: 'good',
    unit: 'W',
    value: String(n),
    ...more,
  }
  return { kind: 'sample', sample }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
