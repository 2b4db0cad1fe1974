/** Work that is slow on purpose: few run at a time and few wait; for one too many the answer is undefined. */

export type Gate = <T>(work: () => Promise<T>) => Promise<T | undefined>

export function createGate(most: number, waitingMost: number): Gate {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) {
      if (waiting.length >= waitingMost) return undefined
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
