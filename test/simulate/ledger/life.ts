/**
 * A generated life of a ledger and of a sink that reads it: the writer, the reads, the log and the loop of the sink as
 * they are, over a database in memory and in virtual time. Processes die between any two steps; at the end everything
 * must have been taken, and the ledger be what was committed.
 */

import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { type SinkDeps, type SinkHandle, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { createSigner } from '../../../gateway/ledger/evidence/note.ts'
import type { Sql } from '../../../gateway/ledger/store/database.ts'
import { migrations } from '../../../gateway/ledger/store/migrations/index.ts'
import { entryReads } from '../../../gateway/ledger/store/read-entries.ts'
import { rowReads } from '../../../gateway/ledger/store/read-rows.ts'
import { createWriter, type Writer } from '../../../gateway/ledger/store/writer.ts'
import { noSamples } from '../../support/samples.ts'
import type { Step } from './command.ts'
import { createLedgerJudge } from './judge.ts'
import { createReceiver } from './receiver.ts'

export type LedgerVerdict = { readonly fault: string | undefined; readonly happened: Readonly<Record<string, number>> }

const ORIGIN = 'floor/log'
const SLICE_MS = 100
const DISK_MS = 5
const { key } = createSigner(ORIGIN, new Uint8Array(32).fill(7))
/** What it signs is looked at, its signature is not. */
const signer = { key, sign: () => new Uint8Array(64) }
const log = { info() {}, warn() {}, error() {} }

export async function playLedger(steps: readonly Step[]): Promise<LedgerVerdict> {
  const db = new DatabaseSync(':memory:')
  for (const step of migrations) db.exec(step)
  const receiver = createReceiver()
  const judge = createLedgerJudge(db, receiver.acknowledged)
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    await live(db, steps, receiver, judge)
  } catch (error) {
    judge.broke('threw', (error as Error).stack ?? String(error))
  } finally {
    mock.timers.reset()
    db.close()
  }
  return { fault: judge.fault, happened: judge.happened }
}

async function live(
  db: DatabaseSync,
  steps: readonly Step[],
  receiver: ReturnType<typeof createReceiver>,
  judge: ReturnType<typeof createLedgerJudge>,
): Promise<void> {
  let ms = 0
  let entries = 0
  let writer: Writer
  let handle: SinkHandle
  let life = 0
  let onHead: Parameters<SinkDeps['ledger']['onHead']>[0] | undefined
  /** On its way to the disk. */
  let under: (() => void)[] = []
  const prepared = new Map<string, ReturnType<Sql>>()
  const sql: Sql = (text) => {
    const known = prepared.get(text) ?? db.prepare(text)
    prepared.set(text, known)
    return known
  }
  const { entries: read, mapEntries, previousOf } = entryReads(sql)
  const { cursor, parked } = rowReads(sql)

  await start()
  for (const step of steps) {
    judge.note(`did ${step.kind}`)
    await happen(step)
    if (judge.fault !== undefined) return
  }
  receiver.behave('accept')
  receiver.lose()
  for (let left = 200; left > 0 && judge.cursor < judge.size; left -= 1) await pass(SLICE_MS)
  if (judge.cursor < judge.size) judge.broke('stuck', `the cursor stays at ${judge.cursor} of ${judge.size}`)
  if (receiver.holes > 0) judge.broke('I7', 'a delivery with a hole')
  if (receiver.repeated > 0) judge.note('I7 delivered twice')
  judge.compare()
  await die(false)

  async function start(): Promise<void> {
    writer = createWriter(db, {
      site: 'floor',
      simulated: new Set(),
      log: { origin: ORIGIN, signers: [signer] },
    })
    if (writer.nextSeq !== judge.size) judge.broke('I8', `it goes on at ${writer.nextSeq} of ${judge.size}`)
    const mine = life
    const isAlive = () => mine === life
    handle = startSink(receiver.sink(isAlive), {
      reader: { head, entries: read, mapEntries, previousOf, samples: () => [], cursor, parked },
      ledger: {
        head,
        onHead(listener) {
          onHead = listener
          return () => undefined
        },
        setCursor: (sink, next, sample) =>
          write(isAlive, () => {
            writer.setCursor(sink, next, sample)
            judge.saved()
          }),
        park: (sink, item, reason) =>
          write(isAlive, () => {
            writer.park(sink, item, reason, 0)
            judge.parked.add(Number(item))
            judge.note('I7 parked')
          }),
        unpark: (sink, item) => write(isAlive, () => writer.unpark(sink, item)),
      },
      waiting: noSamples(),
      snapshot: () => ({ rows: [], meters: [] }),
      log,
      clock: { now: () => ({ ms, ns: BigInt(ms) * 1_000_000n }) },
      reconnectMaxMs: 400,
      reconnectMinMs: 100,
    })
    await drain()
  }

  function head() {
    return { nextSeq: writer.nextSeq, nextSample: writer.nextSample, signed: writer.signed }
  }

  /** Durable a moment later, unless the process dies before. */
  function write(isAlive: () => boolean, work: () => void): Promise<void> {
    return new Promise((resolve) => {
      if (!isAlive()) return
      const land = () => {
        if (!under.includes(land)) return
        under = under.filter((other) => other !== land)
        work()
        resolve()
      }
      under.push(land)
      setTimeout(land, DISK_MS)
    })
  }

  async function die(landed: boolean): Promise<void> {
    if (under.length > 0) judge.note('I7 killed with a cursor on its way')
    if (landed) for (const land of [...under]) land()
    under = []
    life += 1
    void handle.stop()
    await pass(SLICE_MS)
  }

  async function happen(step: Step): Promise<void> {
    switch (step.kind) {
      case 'commit':
        return commit(Array.from({ length: step.groups }, () => Array.from({ length: step.entries }, entry)))
      case 'broken':
        return broken()
      case 'checkpoint':
        writer.checkpoint(ms)
        return judge.checkpoint()
      case 'tamper':
        return tamper()
      case 'receiver':
        return receiver.behave(step.does)
      case 'lose':
        receiver.lose()
        return drain()
      case 'pass':
        return pass(step.ms)
      case 'stop': {
        const stopped = handle.stop()
        await pass(3500)
        await stopped
        life += 1
        under = []
        return start()
      }
      case 'kill':
        await die(step.landed)
        judge.compare()
        return start()
    }
  }

  function entry(): Change {
    entries += 1
    const at = { wallMs: ms, monoNs: String(ms), bootId: 'boot', clock: 'synchronised' } as const
    const draft: EntryDraft = { kind: 'MeterSampled', version: 1, machine: 'saw', at, data: { n: entries } }
    return { kind: 'entry', entry: draft }
  }

  async function commit(groups: Change[][]): Promise<void> {
    writer.commit(groups)
    judge.committed(groups.flat().length)
    onHead?.(head())
    await drain()
  }

  /** The second of two entries is larger than an entry may be: neither is there, and the process ends. */
  async function broken(): Promise<void> {
    const [first, second] = [entry(), entry()]
    const large = {
      ...second,
      entry: { ...(second as Extract<Change, { kind: 'entry' }>).entry, data: { n: 'x'.repeat(70_000) } },
    }
    try {
      writer.commit([[first, large as Change]])
      judge.broke('I8', 'an entry that is too large was taken')
    } catch {
      judge.note('I8 a commit that failed')
    }
    await die(false)
    judge.compare()
    return start()
  }

  /** Nobody changes or removes what is there. */
  function tamper(): void {
    for (const text of [`UPDATE entry SET at = 1 WHERE seq = 0`, 'DELETE FROM entry WHERE seq = 0'])
      try {
        if (db.prepare(text).run().changes > 0) judge.broke('I8', `it lets ${text}`)
      } catch {
        judge.note('I8 a change refused')
      }
  }

  async function pass(forMs: number): Promise<void> {
    for (let left = forMs; left > 0; left -= SLICE_MS) {
      ms += SLICE_MS
      mock.timers.tick(SLICE_MS)
      await drain()
    }
  }
}

/** All that follows without time passing. */
async function drain(): Promise<void> {
  for (let round = 0; round < 2; round += 1) await new Promise((resolve) => setImmediate(resolve))
}
