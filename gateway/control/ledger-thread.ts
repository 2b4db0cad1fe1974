/**
 * The ledger thread: started before anything else, lost last. Its loss ends the process.
 * Read next: ledger/worker.ts (what runs there), ledger/client.ts, journal.ts (what waits for it).
 */
import { readFileSync } from 'node:fs'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import type { SiteConfig } from '../../config/site.ts'
import { createLedgerClient, type LedgerClient, type OnChanges } from '../ledger/client.ts'
import type { LedgerThreadData } from '../ledger/worker.ts'
import type { DataDir } from './host/data-dir.ts'
import { writerOptions } from './host/writer-options.ts'
import { guard } from './thread.ts'
import type { Begin } from './threads.ts'

export type LedgerThread = {
  readonly client: LedgerClient
  /** The front's own line to it. */
  readonly frontPort: MessagePort
  stop(): Promise<void>
}

/** Resolves when it is open and its head is known. */
export async function startLedger(
  config: SiteConfig,
  dir: DataDir,
  begin: Begin,
  fatal: (error: Error) => void,
  onChanges?: OnChanges,
): Promise<LedgerThread> {
  const { bounds } = config
  const { port1, port2 } = new MessageChannel()
  const data: LedgerThreadData = {
    path: dir.ledgerPath,
    writer: { ...writerOptions(config), paired: onChanges !== undefined },
    log: { origin: dir.log.origin, keys: readFileSync(dir.log.path, 'utf8'), everyMs: bounds.checkpointEveryMs },
    ports: [port1],
  }
  const thread = begin(data, [port1])
  guard(thread, 'ledger', fatal)
  const client = createLedgerClient(thread, bounds.ledgerTimeoutMs, fatal, onChanges)
  await firstHead(client, thread)
  return {
    client,
    frontPort: port2,
    async stop() {
      await client.close()
      await thread.terminate()
    },
  }
}

function firstHead(client: LedgerClient, thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = client.onHead(() => {
      stop()
      resolve()
    })
    thread.once('error', reject)
  })
}
