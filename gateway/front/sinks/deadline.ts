/** A deadline of our own: no promise of a library is awaited without one. */

/** Resolves once `work` has settled, or when it takes longer. Never rejects. */
export function settled(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    work.then(done, done)
  })
}
