/**
 * Virtual time: what is due, in order; between two things that are due nothing happens but what the machine does by
 * itself.
 */

type Due = { readonly atMs: number; readonly order: number; readonly run: () => void }

export type Timeline = ReturnType<typeof createTimeline>

export function createTimeline(passMachine: (ms: number) => void) {
  const heap: Due[] = []
  let ms = 0
  let order = 0
  let numbers = 0

  const before = (a: Due, b: Due) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

  function push(due: Due): void {
    let index = heap.push(due) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(due, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = due
  }

  function pop(): Due {
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return first
  }

  return {
    get ms() {
      return ms
    },
    next: () => ++numbers,
    later(delayMs: number, run: () => void) {
      push({ atMs: ms + Math.max(0, Math.round(delayMs)), order: order++, run })
    },
    /** Until `goesOn` says no. */
    passTo(untilMs: number, goesOn: () => boolean) {
      while (heap.length > 0 && heap[0]!.atMs <= untilMs) {
        const due = pop()
        if (due.atMs > ms) {
          ms = due.atMs
          passMachine(ms)
        }
        due.run()
        if (!goesOn()) return
      }
      ms = untilMs
      passMachine(ms)
      goesOn()
    },
  }
}
