/**
 * The front thread: API, streams and sinks. Started last, since a session that is still held cannot wait for an API,
 * and stopped first. It is told the board and asked nothing; what it sends are commands and news of the outside.
 * Read next: front/front.ts (what runs there), core/command/command.ts (what is said).
 */

import { Worker } from 'node:worker_threads'
import type { ToControl, ToFront } from '../core/board/message.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { guard } from './ledger-thread.ts'

const START_MS = 20_000
const STOP_MS = 8000

/** What the thread is given (`FrontThreadData`), and what of it moves there. */
export type FrontThreadStart = Pick<WorkerOptions, 'workerData' | 'transferList'>
type WorkerOptions = NonNullable<ConstructorParameters<typeof Worker>[1]>

/** What it sends once it listens; how it starts and stops is seen to here. */
export type FrontMessage = Exclude<ToControl, { kind: 'listening' | 'stopped' }>

export type FrontThread = {
  /** The address of the API. */
  start(what: FrontThreadStart): Promise<string>
  isStarted(): boolean
  tell(message: ToFront): void
  /** No more requests; those under way may finish within a bound. */
  stop(): Promise<void>
  terminate(): Promise<void>
}

export function createFrontThread(take: (message: FrontMessage) => void, fatal: (error: Error) => void): FrontThread {
  let thread: Worker | undefined
  let onStopped: () => void = () => undefined
  const tell = (message: ToFront) => thread?.postMessage(message)

  function start(what: FrontThreadStart): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new GatewayError('thread', 'front', `the API did not start within ${START_MS} ms`)),
        START_MS,
      )
      thread = new Worker(new URL('../front/front.ts', import.meta.url), what)
      guard(thread, 'front', (error) => {
        clearTimeout(timer)
        reject(error)
        fatal(error)
      })
      thread.on('message', (message: ToControl) => {
        if (message.kind === 'stopped') onStopped()
        else if (message.kind === 'listening') {
          clearTimeout(timer)
          resolve(message.url)
        } else take(message)
      })
    })
  }

  return {
    start,
    isStarted: () => thread !== undefined,
    tell,
    async stop() {
      const stopped = new Promise<void>((resolve) => {
        onStopped = resolve
      })
      tell({ kind: 'stop' })
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_MS))])
    },
    async terminate() {
      await thread?.terminate()
    },
  }
}
