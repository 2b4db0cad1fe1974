/**
 * Deadlines of our own: no promise of a library is awaited without one, since several of them can stay pending for
 * ever.
 */

/** Rejects when `work` takes longer or the signal aborts. The caller then ends `work` itself. */
export async function within<T>(work: Promise<T>, ms: number, what: string, signal?: AbortSignal): Promise<T> {
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms)
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

/** Resolves once `work` has settled, or when it takes longer. Never rejects. */
export function settled(work: Promise<unknown>, ms: number): Promise<void> {
  return within(work, ms, 'it').then(
    () => undefined,
    () => undefined,
  )
}
