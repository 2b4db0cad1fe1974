/**
 * The two other threads, loading: they begin to before what they work with is known, since on several cores that is
 * half of the start. On one core the front waits until it is needed, since a session that is still held cannot wait for
 * it. Read next: ledger-thread.ts, front-thread.ts (what becomes of them), ledger/begin.ts.
 */
import { availableParallelism } from 'node:os'
import { MessageChannel, type TransferListItem, Worker } from 'node:worker_threads'
import type { SiteConfig } from '../../config/site.ts'
import type { Later } from '../ledger/begin.ts'

/** Gives a thread what it works with. Called once. */
export type Begin = (data: object, transfer: readonly TransferListItem[]) => Worker

export type Threads = { readonly ledger: Begin; readonly front: Begin }

export function loadThreads({ bounds }: Pick<SiteConfig, 'bounds'>): Threads {
  const ledger = loadThread(new URL('../ledger/worker.ts', import.meta.url), bounds)
  const loadFront = () => loadThread(new URL('../front/front.ts', import.meta.url), bounds)
  const front = availableParallelism() > 1 ? loadFront() : undefined
  return { ledger, front: (data, transfer) => (front ?? loadFront())(data, transfer) }
}

function loadThread(file: URL, { youngMb, oldMb }: SiteConfig['bounds']): Begin {
  const resourceLimits = {
    maxYoungGenerationSizeMb: youngMb,
    ...(oldMb === undefined ? {} : { maxOldGenerationSizeMb: oldMb }),
  }
  const { port1, port2 } = new MessageChannel()
  const workerData: Later = { begin: port1 }
  const worker = new Worker(file, { workerData, transferList: [port1], resourceLimits })
  return (data, transfer) => {
    port2.postMessage(data, transfer)
    return worker
  }
}
