/**
 * What a simulator remembers so that it can be the judge: edges of the output, commands accepted and refused, writes
 * seen on the wire. It keeps the last 1000 of each and counts all of them. It never decides anything.
 */
import type { Effect } from './lease.ts'
import { rejectReasons } from './lease-state.ts'

/** Wall time for people, and monotonic milliseconds (`process.hrtime`, the same in all processes) for arithmetic. */
export type Moment = Readonly<{ at: string; atMs: number }>

/**
 * One write request as it came over the wire: a register address (null when the frame was too short to hold one) or a
 * node id. `outcome` is `ok` or the refusal the client got.
 */
export type WriteFrame = Readonly<{
  unit: number
  function: string
  address: number | string | null
  words: number[]
  outcome: string
}>

export type Journal = Readonly<{
  effect(effect: Effect, moment: Moment): void
  edge(on: boolean, cause: string, token: number, moment: Moment): void
  request(kind: string): void
  write(frame: WriteFrame, moment: Moment): void
  /** A plain copy for the judge. */
  view(): Record<string, unknown> & { leaseFacts: Record<string, unknown> }
}>

const bound = 1000

export function createJournal(): Journal {
  const outputEdges: unknown[] = []
  const accepted: unknown[] = []
  const rejects: unknown[] = []
  const writes: unknown[] = []
  const requests: Record<string, number> = {}
  const ignored: Record<string, number> = { torn: 0, unchanged: 0, 'old-seq': 0, 'lease-ended': 0 }
  const counts = { writes: 0, heartbeats: 0, enables: 0, rejects: 0 }

  const journal: Journal = {
    effect(effect, moment) {
      switch (effect.kind) {
        case 'permission':
          return journal.edge(effect.on, effect.cause, effect.token, moment)
        case 'accepted': {
          if (effect.command === 1) counts.enables += 1
          const { seq, command, token, tag } = effect
          return push(accepted, { ...moment, seq, command, token, tag })
        }
        case 'rejected': {
          counts.rejects += 1
          const { reason, seq, command, token, tag } = effect
          return push(rejects, {
            ...moment,
            reason: rejectReasons.indexOf(reason),
            text: reason,
            seq,
            command,
            token,
            tag,
          })
        }
        case 'ignored':
          ignored[effect.why] = (ignored[effect.why] ?? 0) + 1
          return
        case 'renewed':
          counts.heartbeats += 1
          return
        case 'retain':
          return
      }
    },
    edge: (on, cause, token, moment) => push(outputEdges, { ...moment, on, cause, token }),
    request(kind) {
      requests[kind] = (requests[kind] ?? 0) + 1
    },
    write(frame, moment) {
      counts.writes += 1
      push(writes, { ...moment, ...frame })
    },
    view: () => ({
      outputEdges: [...outputEdges],
      accepted: [...accepted],
      enables: counts.enables,
      heartbeats: counts.heartbeats,
      requests: { ...requests },
      writeFrames: { count: counts.writes, last: [...writes] },
      leaseFacts: { rejectCount: counts.rejects, rejects: [...rejects], ignored: { ...ignored } },
    }),
  }
  return journal
}

function push(list: unknown[], item: unknown): void {
  list.push(item)
  if (list.length > bound) list.shift()
}
