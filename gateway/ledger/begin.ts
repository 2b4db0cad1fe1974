/**
 * How a thread begins. It gets what it works with at once, or over a port once that is known, so that it can load while
 * the others still read the site file; and when it has begun, it gives back what only the start needed.
 * Read next: control/threads.ts (the other end).
 */
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type MessagePort, workerData } from 'node:worker_threads'

/** In place of what a thread works with: it comes over this port, as the one message. */
export type Later = { readonly begin: MessagePort }

export async function begun<T extends object>(): Promise<T> {
  const given = workerData as T | Later
  if (!('begin' in given)) return given
  const { begin } = given
  const data = await new Promise<T>((resolve) => begin.once('message', resolve))
  begin.close()
  return data
}

type Collect = (how: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void

/**
 * Once, when all is loaded: what was compiled is kept for the next start, and the memory in which it was done goes back
 * to the host. V8 would keep it for as long as nobody else asks: some 20 MB a thread.
 */
export function hasBegun(): void {
  flushCompileCache()
  // The flag is that of all threads: it stays, since another one may be about to use it.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('globalThis.gc') as Collect | undefined
  collect?.({ type: 'major', flavor: 'last-resort' })
}
