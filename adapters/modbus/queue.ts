/**
 * What waits for its turn on one link: writes, then urgent reads, then polls, then polls of units that did not answer
 * the last time, each in the order of arrival. Bounded: a full queue refuses a poll, and a command takes the place of
 * the newest poll. Pure.
 */
export type Lane = 'write' | 'urgent' | 'poll' | 'suspect'

export type Queue<T extends { readonly lane: Lane }> = {
  /** The item that was refused for want of room: `item` itself, or a poll that made way. */
  add(item: T): T | undefined
  take(): T | undefined
  /** True if it was still waiting. */
  remove(item: T): boolean
  waiting(): readonly T[]
  isEmpty(): boolean
}

export function createQueue<T extends { readonly lane: Lane }>(limit: number): Queue<T> {
  const lanes: Record<Lane, T[]> = { write: [], urgent: [], poll: [], suspect: [] }
  const waiting = () => [...lanes.write, ...lanes.urgent, ...lanes.poll, ...lanes.suspect]
  const size = () => lanes.write.length + lanes.urgent.length + lanes.poll.length + lanes.suspect.length
  return {
    add(item) {
      let refused: T | undefined
      if (size() >= limit) {
        if (item.lane === 'poll' || item.lane === 'suspect') return item
        refused = lanes.suspect.pop() ?? lanes.poll.pop()
        if (refused === undefined) return item
      }
      lanes[item.lane].push(item)
      return refused
    },
    take: () => lanes.write.shift() ?? lanes.urgent.shift() ?? lanes.poll.shift() ?? lanes.suspect.shift(),
    remove(item) {
      const lane = lanes[item.lane]
      const index = lane.indexOf(item)
      if (index >= 0) lane.splice(index, 1)
      return index >= 0
    },
    waiting,
    isEmpty: () => size() === 0,
  }
}
