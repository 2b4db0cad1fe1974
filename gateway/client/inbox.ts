/**
 * For a program that takes events of a gateway: each is handed on once, in the order of its chain, however often and in
 * whatever order it was delivered. It works for MQTT, server-sent events (with `chained=true`) and webhooks alike, and
 * knows nothing of them.
 * It asks nobody for what is missing; it says what that is. Pure, and takes nothing from elsewhere, so that it can be
 * copied.
 *
 *   put(event) ─► what may be handed on now        gaps() ─► what to read with GET /v1/ledger/entries
 *                                                  fill(gap, entries) ─► what may be handed on now
 *
 * A gap shows when a later event comes. A broker drops what nobody listens to, and says that it has it: so whoever was
 * away from one also reads the log from `unread()` on, once it has subscribed again, and gives `read` the pages.
 *
 * What is to outlive the program is `positions()`: written down after what it hands on was worked on, an event comes
 * again after a crash, and none is left out.
 * Read next: gateway/INTEGRATE.md (how it is used).
 */

/** An event, as MQTT carries it. `machine` is absent in the chain of those that are about no machine. */
export type Chained = { readonly seq: number; readonly prevSeq: number | null; readonly machine?: string }

/** An entry as `GET /v1/ledger/entries` has it. */
type Listed = { readonly seq: number; readonly machine?: string }

/** Entries of this chain after one sequence and before another have not come. `after` -1: from the begin of the log. */
type Gap = { readonly chain: string; readonly after: number; readonly before: number }

/** By chain, the sequence of the last event that was handed on; under `*`, `unread()`. */
type Positions = Readonly<Record<string, number>>

type Inbox<E extends Chained> = {
  put(event: E): readonly (E | Listed)[]
  /** The first gap of each chain. */
  gaps(): readonly Gap[]
  /** `entries`: those after `gap.after` of all chains, in order and without a hole; as many of the gap as there are. */
  fill(gap: Gap, entries: readonly Listed[]): readonly (E | Listed)[]
  /** Where the log goes on after what was read of it; undefined: nothing came yet, and nothing before is wanted. */
  unread(): number | undefined
  /** `entries`: those from `unread()` on of all chains, in order and without a hole. */
  read(entries: readonly Listed[]): readonly (E | Listed)[]
  positions(): Positions
  /** Deliveries that were passed over because they had been handed on. */
  doubles(): number
  /** Events that wait for a gap to be filled. */
  waiting(): number
}

type Chain<E> = { last: number; readonly waiting: Map<number, E> }

/** The chain of events that are about no machine. No machine has this name. */
const OF_THE_SITE = ''
/** Begins before the first entry of a log. */
const NOTHING = -1
/** Nor this one. */
const UNREAD = '*'

/**
 * `begin`: a chain of which nothing is known begins with the first entry of the log, so that all before is missing, or
 * with whatever comes first.
 */
export function createInbox<E extends Chained>(known: Positions = {}, begin: 'log' | 'now' = 'log'): Inbox<E> {
  const chains = new Map<string, Chain<E>>()
  const { [UNREAD]: begun = begin === 'log' ? 0 : undefined, ...lasts } = known
  for (const [chain, last] of Object.entries(lasts)) chains.set(chain, { last, waiting: new Map() })
  let unread = begun
  let doubles = 0

  function chainOf({ machine = OF_THE_SITE, prevSeq }: E): Chain<E> {
    const there = chains.get(machine)
    if (there !== undefined) return there
    const chain: Chain<E> = { last: begin === 'log' ? NOTHING : (prevSeq ?? NOTHING), waiting: new Map() }
    chains.set(machine, chain)
    return chain
  }

  return {
    put(event) {
      unread ??= event.seq + 1
      const chain = chainOf(event)
      if (event.seq <= chain.last || chain.waiting.has(event.seq)) {
        doubles += 1
        return []
      }
      chain.waiting.set(event.seq, event)
      return ready(chain)
    },
    gaps: () =>
      [...chains].flatMap(([name, chain]) => {
        const before = firstOf(chain)
        return before === undefined ? [] : [{ chain: name, after: chain.last, before }]
      }),
    fill({ chain: name, after, before }, entries) {
      const chain = chains.get(name)
      // It was filled meanwhile, or by more than was asked for.
      if (chain === undefined || chain.last < after || chain.last >= before) return []
      const missing = entries.filter(
        ({ seq, machine = OF_THE_SITE }) => machine === name && seq > chain.last && seq < before,
      )
      // A page may end before the gap does: then the rest of it is still missing.
      chain.last = missing.at(-1)?.seq ?? chain.last
      for (const { seq } of missing) chain.waiting.delete(seq)
      return [...missing, ...ready(chain)]
    },
    unread: () => unread,
    read: (entries) =>
      entries.flatMap((entry) => {
        const { seq, machine = OF_THE_SITE } = entry
        unread = Math.max(unread ?? 0, seq + 1)
        const chain = chains.get(machine) ?? { last: NOTHING, waiting: new Map<number, E>() }
        chains.set(machine, chain)
        if (seq <= chain.last) return []
        chain.waiting.delete(seq)
        chain.last = seq
        return [entry, ...ready(chain)]
      }),
    positions: () => ({
      ...Object.fromEntries([...chains].map(([name, { last }]) => [name, last])),
      ...(unread === undefined ? {} : { [UNREAD]: unread }),
    }),
    doubles: () => doubles,
    waiting: () => [...chains.values()].reduce((sum, { waiting }) => sum + waiting.size, 0),
  }
}

function firstOf({ waiting }: Chain<unknown>): number | undefined {
  let first: number | undefined
  for (const seq of waiting.keys()) if (first === undefined || seq < first) first = seq
  return first
}

/** Those that follow the last one without a hole. */
function ready<E extends Chained>(chain: Chain<E>): E[] {
  const taken: E[] = []
  for (let first = firstOf(chain); first !== undefined; first = firstOf(chain)) {
    const event = chain.waiting.get(first)!
    if ((event.prevSeq ?? NOTHING) > chain.last) break
    chain.waiting.delete(first)
    chain.last = first
    taken.push(event)
  }
  return taken
}
