/** Deadlines of our own: no promise of a library is waited for without one. */

/** Settles like `work`, or rejects with `late()` when it takes longer. What `work` does then is nobody's concern. */
export function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Resolves when `work` has settled, or when it takes longer. */
export function settled(work: Promise<unknown>, ms: number): Promise<void> {
  return within(work, ms, () => new Error('late')).then(
    () => undefined,
    () => undefined,
  )
}
