/**
 * Holds the ledger against what is known of it outside: the checkpoint at the broker, and the newest one that this
 * gateway remembers to have published. It looks until there is an answer, and until then no checkpoint of ours may take
 * the place of the one at the broker: after a rollback that one is the evidence, also for the next start. Then it looks
 * on, seldom: a copy of this gateway may have been restored elsewhere while this one never stopped.
 * Read next: ledger/anchor.ts (what contradicts), mqtt-anchor.ts (how it is found).
 */
import { type Anchor, holdAgainst } from '../../ledger/anchor.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import type { Found } from './mqtt-anchor.ts'

export type Outside = {
  /** Resolves after the first look, whatever came of it. */
  readonly looked: Promise<void>
  /** Whether a checkpoint of ours may replace the one at the broker. */
  mayPublish(): boolean
  stop(): void
}

type OutsideDeps = {
  find(): Promise<Found>
  /** A checkpoint that was published before, as this gateway remembers it. */
  readonly remembered: string | undefined
  readonly reader: Reader
  /** Public keys of the log. */
  readonly vkeys: readonly string[]
  /** Called with each answer that is another one than before; once there was one, with a contradiction alone. */
  anchored(anchor: Anchor): void
  /** Until there is an answer, and after it. */
  readonly againMs: number
  readonly onMs: number
}

export function watchOutside(deps: OutsideDeps): Outside {
  const { promise: looked, resolve } = Promise.withResolvers<void>()
  let isAnswered = false
  let isContradicted = false
  let told: string | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const found = await deps.find().catch((error: Error): Found => ({ kind: 'away', why: error.message }))
    if (stopped) return
    const anchor = judge(found, deps)
    isContradicted = anchor.kind === 'contradicted'
    const said = JSON.stringify(anchor)
    // A broker that is away later takes back nothing of what it has said.
    if (said !== told && (isContradicted || !isAnswered)) deps.anchored(anchor)
    told = said
    isAnswered ||= found.kind === 'found' || found.kind === 'nothing'
    if (!isContradicted) timer = setTimeout(() => void look(), isAnswered ? deps.onMs : deps.againMs)
    resolve()
  }

  void look()
  return {
    looked,
    mayPublish: () => isAnswered && !isContradicted,
    stop() {
      stopped = true
      clearTimeout(timer)
      resolve()
    },
  }
}

/** A contradiction by either of them counts. */
function judge(found: Found, { reader, vkeys, remembered }: OutsideDeps): Anchor {
  const outside = holdAgainst(reader, found.kind === 'found' ? found.note : undefined, vkeys)
  if (outside.kind !== 'unanchored') return outside
  const own = holdAgainst(reader, remembered, vkeys)
  if (own.kind === 'contradicted') return own
  const why = 'why' in found ? found.why : outside.why
  return own.kind === 'anchored'
    ? { kind: 'unanchored', why: `${why}. One of ${own.size} entries was published before: ask what became of it` }
    : { kind: 'unanchored', why }
}
