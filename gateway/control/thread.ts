/** The other threads as the control thread sees them: however one ends, it is fatal. */
import type { Worker } from 'node:worker_threads'
import { GatewayError } from '../core/ground/failure.ts'

export function guard(thread: Worker, name: string, fatal: (error: Error) => void): void {
  thread.on('error', (error) =>
    fatal(new GatewayError('thread', name, `the ${name} thread failed: ${error.message}`, { cause: error })),
  )
  thread.on('exit', (code) => fatal(new GatewayError('thread', name, `the ${name} thread ended (${code})`)))
}
