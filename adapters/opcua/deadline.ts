/** No promise of the library is awaited without a deadline of our own: several of them can stay pending for ever. */

/** Rejects when `work` takes longer or the signal aborts. Whoever calls ends `work` itself. */
export async function within<T>(work: Promise<T>, timeoutMs: number, what: string, signal?: AbortSignal): Promise<T> {
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took more than ${timeoutMs} ms`)), timeoutMs)
    const onAbort = () => reject(new Error(`${what} was aborted`))
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    stop()
  }
}
