/**
 * Who is to be looked at when: a heap of due times with one timer, armed for the earliest. A place is held at most once
 * per name, so it is bounded by them. It knows nothing of what is due.
 * Read next: core/board/due.ts (when a machine is), ticks.ts (what happens then).
 */
import { NS_PER_MS } from '../core/ground/moment.ts'

/** What is due so soon after is done together, ns: better one step too early than a timer for each. */
const TOGETHER_NS = 5n * NS_PER_MS
/** A timer waits no longer than this, ms; then it is armed anew. */
const LONGEST_MS = 60_000

export type Agenda = {
  /** Sets when this name is due, monotonic ns; it replaces what was set before. */
  put(name: string, dueNs: bigint): void
  /** From now on `run` is called for each name when it is due. It is off the agenda then, and may be put again. */
  start(run: (name: string) => void): void
  stop(): void
}

type Place = { readonly name: string; dueNs: bigint; at: number }

export function createAgenda(nowNs: () => bigint): Agenda {
  const heap: Place[] = []
  const places = new Map<string, Place>()
  let run: ((name: string) => void) | undefined
  let timer: NodeJS.Timeout | undefined
  let armedNs = 0n

  function put(name: string, dueNs: bigint): void {
    const known = places.get(name)
    const place = known ?? { name, dueNs, at: heap.length }
    place.dueNs = dueNs
    if (known === undefined) {
      places.set(name, place)
      heap.push(place)
    }
    settle(heap, place)
    arm()
  }

  function take(now: bigint): string[] {
    const due: string[] = []
    for (let first = heap[0]; first !== undefined && first.dueNs <= now; first = heap[0]) {
      const last = heap.pop()!
      if (last !== first) {
        last.at = 0
        heap[0] = last
        settle(heap, last)
      }
      places.delete(first.name)
      due.push(first.name)
    }
    return due
  }

  function arm(): void {
    const first = heap[0]
    if (run === undefined || first === undefined || (timer !== undefined && armedNs <= first.dueNs)) return
    clearTimeout(timer)
    const now = nowNs()
    const waitMs = first.dueNs <= now ? 0 : Math.min(LONGEST_MS, Number((first.dueNs - now) / NS_PER_MS) + 1)
    armedNs = now + BigInt(waitMs) * NS_PER_MS
    timer = setTimeout(ring, waitMs)
  }

  function ring(): void {
    timer = undefined
    for (const name of take(nowNs() + TOGETHER_NS)) run?.(name)
    arm()
  }

  return {
    put,
    start(then) {
      run = then
      arm()
    },
    stop() {
      clearTimeout(timer)
      run = undefined
    },
  }
}

/** Moves a place up or down until no parent is due after its child. */
function settle(heap: Place[], place: Place): void {
  const move = (other: Place) => {
    const at = other.at
    heap[place.at] = other
    other.at = place.at
    heap[at] = place
    place.at = at
  }
  for (let up = heap[(place.at - 1) >> 1]; up !== undefined && up.dueNs > place.dueNs; up = heap[(place.at - 1) >> 1])
    move(up)
  for (let down = earlierChild(heap, place.at); down !== undefined && down.dueNs < place.dueNs; ) {
    move(down)
    down = earlierChild(heap, place.at)
  }
}

function earlierChild(heap: readonly Place[], at: number): Place | undefined {
  const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
  return right !== undefined && left !== undefined && right.dueNs < left.dueNs ? right : left
}
