/**
 * Loaded into a gateway before anything else (`NODE_OPTIONS=--import=…`): at SIGUSR2 the thread that keeps the leases
 * stands still for as many ms as `LATCHKEY_HANG` says, while the process and its other threads live on.
 */
import { isMainThread } from 'node:worker_threads'

const hangMs = Number(process.env.LATCHKEY_HANG)
if (isMainThread) process.on('SIGUSR2', () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangMs))
