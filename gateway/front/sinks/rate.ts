/** How many per second, over the last while. Pure. */
type Rate = {
  /** So many since the start, at this monotonic time. */
  note(count: number, atMs: number): void
  perSecond(): number
}

type Mark = { readonly count: number; readonly atMs: number }

export function createRate(windowMs: number): Rate {
  let marks: readonly Mark[] = []
  return {
    note(count, atMs) {
      marks = [...marks.filter((mark) => atMs - mark.atMs <= windowMs), { count, atMs }]
    },
    perSecond() {
      const [first, last] = [marks[0], marks.at(-1)]
      if (first === undefined || last === undefined || last.atMs === first.atMs) return 0
      return ((last.count - first.count) * 1000) / (last.atMs - first.atMs)
    },
  }
}
