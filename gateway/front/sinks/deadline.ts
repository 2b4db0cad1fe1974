/** Deadlines of our own: no promise of a library is awaited without one. */

/** Settles like `work`, or rejects with `late()` when it takes longer; the result of `work` is then ignored. */
export function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Resolves once `work` has settled, or when it takes longer. Never rejects. */
export function settled(work: Promise<unknown>, ms: number): Promise<void> {
  return within(work, ms, () => new Error('late')).then(
    () => undefined,
    () => undefined,
  )
}
