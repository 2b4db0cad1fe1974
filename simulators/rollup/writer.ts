/**
 * The one roll-up that may write. It holds a lock on the connection it writes with, so that one that was replaced
 * cannot write any more, and the order of a topic is the order of the rows. Another roll-up waits for the lock. Whoever
 * takes over knows nothing: all state is forgotten and asked for anew, and no message of before is waited for.
 * Read next: store.ts (what is written), asking.ts (who is asked).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { type Batch, emptyBatch } from './batch.ts'
import { forgetState, writeBatch } from './store.ts'

const FLUSH_MS = 100
const RETRY_MS = 500
/** PostgreSQL gives the lock of one that hangs to another after this. */
const SILENCE_MS = 5_000
const STATEMENT_MS = 10_000
const LOCK = 0x1a7c4
const SCHEMA = readFileSync(join(import.meta.dirname, 'schema.sql'), 'utf8')

type Writer = Readonly<{
  /** What is put in here is written soon; undefined: this one may not write. */
  batch(): Batch | undefined
  /** Nothing that is known holds any more: it was missed what happened. */
  forget(): void
  /** Batches written, and the rows in them. */
  counts(): Readonly<{ batches: number; rows: number; busyMs: number }>
  close(): Promise<void>
}>

type Deps = Readonly<{
  database: string
  log: (text: string) => void
  nowMs: () => number
  /** Everything that the broker took before this has been put in the batch. */
  heardMs: () => number
  /** Everything has been forgotten: ask. */
  onForgotten: () => void
}>

export function startWriter({ database, log, nowMs, heardMs, onForgotten }: Deps): Writer {
  const counts = { batches: 0, rows: 0, busyMs: 0 }
  let batch: Batch | undefined
  let isForgetting = false
  let isClosed = false

  async function lead(client: Client): Promise<void> {
    await client.query(SCHEMA)
    while (!isClosed && !(await holds(client))) await pause(RETRY_MS)
    isForgetting = true
    if (!isClosed) log('writes')
    while (!isClosed) {
      if (isForgetting) {
        isForgetting = false
        await forgetState(client)
        batch = emptyBatch()
        onForgotten()
      }
      const given = batch!
      batch = emptyBatch()
      const beganMs = nowMs()
      // Also without news: that there is none is news.
      await writeBatch(client, given, { nowMs: beganMs, heardMs: heardMs() })
      counts.batches += 1
      counts.rows += given.machines.size + given.gateways.size
      counts.busyMs += nowMs() - beganMs
      await pause(FLUSH_MS)
    }
  }

  async function run(): Promise<void> {
    while (!isClosed) {
      const client = new Client({ connectionString: database, ...settings })
      // A connection that breaks fails the next query as well.
      client.on('error', () => undefined)
      try {
        await client.connect()
        await lead(client)
      } catch (error) {
        log(`does not write: ${String(error)}`)
      }
      batch = undefined
      await client.end().catch(() => undefined)
      await pause(isClosed ? 0 : RETRY_MS)
    }
  }

  const running = run()
  return {
    batch: () => batch,
    forget() {
      isForgetting = true
    },
    counts: () => counts,
    async close() {
      isClosed = true
      await running
    },
  }
}

/** What is lost with the power is asked for anew, so that no commit waits for the disk. */
const settings = {
  application_name: 'latchkey-rollup',
  options: `-c synchronous_commit=off -c idle_session_timeout=${SILENCE_MS} -c idle_in_transaction_session_timeout=${SILENCE_MS}`,
  connectionTimeoutMillis: STATEMENT_MS,
  query_timeout: STATEMENT_MS,
}

async function holds(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
  return rows[0]?.held === true
}
