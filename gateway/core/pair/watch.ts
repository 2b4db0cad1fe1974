/**
 * Whether the spare of a pair may take over. Pure. It may when it had all that the active box ever answered for, has
 * not heard it for `TAKE_MS`, and most machines that judge show that nobody wrote to them meanwhile. A sign of life at
 * any machine, or too few machines that can be read, leaves it to a person: the copy may lack something by now. A word
 * counts from the answer that it refers to: one that waited in a socket is as old as it is.
 *
 *   behind ─ granted ─► following ─ silence ─► silent ─ no machine shows life ─► due
 *      ▲                    │ ▲                  │
 *      └── told to let go ──┘ └─ heard           └─ a sign of life, or too few machines ─► behind
 *
 * Read next: hold.ts (the other side of each argument), times.ts.
 */
import { NS_PER_MS } from '../ground/moment.ts'
import { isMost } from './hold.ts'
import { BASE_FROM_MS, BASE_TO_MS, LOOK_MS, TAKE_MS } from './times.ts'

/** What a machine shows of whoever writes to it. */
type Trace = {
  readonly bootId: number
  readonly acknowledgedSeq: number
  readonly ownerToken: number
  readonly leaseLeftMs: number
}

/** One reading, between two moments. */
export type Look = { readonly machine: string; readonly fromNs: bigint; readonly toNs: bigint; readonly trace: Trace }

export type Watch =
  /** It does not have everything, or cannot know. `why`: for people, when it was close to taking over. */
  { readonly kind: 'behind'; readonly why?: 'life' | 'blind' } | Following | { readonly kind: 'due' }

type Following = {
  readonly kind: 'following'
  readonly heardNs: bigint
  readonly judges: readonly string[]
  /** The first reading of each machine in the silence. */
  readonly base: readonly Look[]
  /** Machines that showed no life until it is time. */
  readonly still: readonly string[]
}

export type WatchEvent =
  /** `atNs`: when this box sent the answer that the word refers to, so that the word is younger than that. */
  | { readonly kind: 'granted' | 'heard'; readonly judges: readonly string[]; readonly atNs: bigint }
  /** The active box leaves the site to this one. */
  | { readonly kind: 'handed' }
  /** The active box is there again, or this one is told to let go. */
  | { readonly kind: 'let-go' }
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'tick' }

/** Two readings of one lease may differ by this much, ms. */
const LEASE_SLACK_MS = 500

export function watchStep(watch: Watch, event: WatchEvent, nowNs: bigint): Watch {
  if (event.kind === 'granted') return watch.kind === 'due' ? watch : follow(event)
  if (watch.kind !== 'following') return watch
  switch (event.kind) {
    case 'heard':
      return event.atNs > watch.heardNs ? follow(event) : watch
    case 'handed':
      return { kind: 'due' }
    case 'let-go':
      return { kind: 'behind' }
    case 'look':
      return judged(watch, event.look)
    case 'tick':
      return since(watch, nowNs) >= TAKE_MS + LOOK_MS ? { kind: 'behind', why: 'blind' } : watch
  }
}

const follow = ({ judges, atNs }: { judges: readonly string[]; atNs: bigint }): Following => ({
  kind: 'following',
  heardNs: atNs,
  judges,
  base: [],
  still: [],
})

const since = ({ heardNs }: Following, atNs: bigint) => Number((atNs - heardNs) / NS_PER_MS)

function judged(watch: Following, look: Look): Watch {
  if (!watch.judges.includes(look.machine) || since(watch, look.fromNs) < BASE_FROM_MS) return watch
  const base = watch.base.find(({ machine }) => machine === look.machine)
  if (base === undefined)
    return since(watch, look.toNs) <= BASE_TO_MS ? { ...watch, base: [...watch.base, look] } : watch
  if (showsLife(base, look)) return { kind: 'behind', why: 'life' }
  if (since(watch, look.fromNs) < TAKE_MS || watch.still.includes(look.machine)) return watch
  const still = [...watch.still, look.machine]
  return isMost(still, watch.judges) ? { kind: 'due' } : { ...watch, still }
}

/** Whether somebody wrote to the machine between the two readings, or it was started anew and cannot say. */
function showsLife({ toNs, trace: before }: Look, { fromNs, trace }: Look): boolean {
  if (trace.bootId !== before.bootId || trace.acknowledgedSeq !== before.acknowledgedSeq) return true
  if (trace.leaseLeftMs === 0) return false
  const endedBeforeMs = Number(toNs / NS_PER_MS) + before.leaseLeftMs
  return Number(fromNs / NS_PER_MS) + trace.leaseLeftMs > endedBeforeMs + LEASE_SLACK_MS
}
