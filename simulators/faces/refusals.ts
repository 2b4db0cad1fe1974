/** How many of the next writes a face refuses; the fault `refuse-write` sets it. */

type Refusals = Readonly<{
  /** Refuses the next `count` writes; 0 ends it, Infinity lasts. */
  refuseWrites(count: number): void
  /** Whether this write is refused; counts it if so. */
  take(): boolean
}>

export function createRefusals(): Refusals {
  let left = 0
  return {
    refuseWrites(count) {
      left = count
    },
    take() {
      if (left === 0) return false
      left -= 1
      return true
    },
  }
}
