/**
 * Whether the active box of a pair may act. Pure. It may while the spare has all that is answered for; or once the
 * machines have shown, under a mark of this box, that the spare cannot begin. Neither: it stops before the spare may.
 *
 *   alone ◄──────── marks are seen ──────── cut ── HOLD_MS ──► over
 *     └─ the spare has all ─► paired ─ no answer ─┘
 *
 * Read next: watch.ts (the other side of each argument), times.ts.
 */
import { NS_PER_MS } from '../ground/moment.ts'
import { HOLD_MS, LOST_MS, SETTLE_MS } from './times.ts'

/** The machines that judge, as they were told to the spare at this moment. */
type Told = { readonly atNs: bigint; readonly judges: readonly string[] }

export type Hold =
  /** Nobody follows; what is stored here is all there is. */
  | { readonly kind: 'alone' }
  /** `told`: the last word that was answered, and those after it. */
  | { readonly kind: 'paired'; readonly told: readonly [Told, ...Told[]] }
  | {
      readonly kind: 'cut'
      readonly told: readonly [Told, ...Told[]]
      readonly sinceNs: bigint
      readonly marked: readonly string[]
    }
  /** It may do nothing any more. */
  | { readonly kind: 'over' }

export type HoldEvent =
  /** The spare has all that is stored here; `told` is the word that says so to it, which is about to be sent. */
  | { readonly kind: 'granted'; readonly told: Told }
  | { readonly kind: 'told'; readonly told: Told }
  /** The spare answered the word of this moment. */
  | { readonly kind: 'answered'; readonly atNs: bigint }
  | { readonly kind: 'lost' }
  /** The spare calls, and has let go before it did: it cannot take over until it is granted that again. */
  | { readonly kind: 'freed' }
  /** A machine shows a mark of this box that was written at this moment or later. */
  | { readonly kind: 'marked'; readonly machine: string; readonly writtenNs: bigint }
  | { readonly kind: 'tick' }

export function holdStep(before: Hold, event: HoldEvent, nowNs: bigint): Hold {
  const hold = timed(before, nowNs)
  switch (event.kind) {
    case 'granted':
      return hold.kind === 'alone' ? { kind: 'paired', told: [event.told] } : hold
    case 'told':
      return hold.kind === 'paired' ? { ...hold, told: [...hold.told, event.told] as [Told, ...Told[]] } : hold
    case 'answered':
      return hold.kind === 'paired' ? { ...hold, told: since(hold.told, event.atNs) } : hold
    case 'lost':
      return hold.kind === 'paired' ? cut(hold.told, nowNs) : hold
    case 'freed':
      return hold.kind === 'over' ? hold : { kind: 'alone' }
    case 'marked':
      return hold.kind === 'cut' ? judged(withMark(hold, event)) : hold
    case 'tick':
      return hold.kind === 'cut' && after(nowNs, hold.sinceNs, SETTLE_MS) ? judged(hold) : hold
  }
}

const after = (nowNs: bigint, sinceNs: bigint, ms: number) => nowNs - sinceNs >= BigInt(ms) * NS_PER_MS

/** What time alone has done, before anything else counts: a box that was held still finds out first. */
function timed(hold: Hold, nowNs: bigint): Hold {
  if (hold.kind !== 'paired' && hold.kind !== 'cut') return hold
  const { atNs } = hold.told[0]
  if (after(nowNs, atNs, HOLD_MS)) return { kind: 'over' }
  return hold.kind === 'paired' && after(nowNs, atNs, LOST_MS) ? cut(hold.told, nowNs) : hold
}

const cut = (told: readonly [Told, ...Told[]], sinceNs: bigint): Hold => ({ kind: 'cut', told, sinceNs, marked: [] })

function since(told: readonly [Told, ...Told[]], atNs: bigint): readonly [Told, ...Told[]] {
  const rest = told.filter((each) => each.atNs >= atNs)
  return rest.length > 0 ? (rest as [Told, ...Told[]]) : told
}

type Cut = Extract<Hold, { kind: 'cut' }>

function withMark(hold: Cut, { machine, writtenNs }: { machine: string; writtenNs: bigint }): Cut {
  if (!after(writtenNs, hold.sinceNs, SETTLE_MS) || hold.marked.includes(machine)) return hold
  return { ...hold, marked: [...hold.marked, machine] }
}

/** The spare may go by any of the words after the last one that it answered, so a majority of each has to be marked. */
function judged(hold: Cut): Hold {
  const isMarked = (machine: string) => hold.marked.includes(machine)
  const holds = hold.told.every(({ judges }) => judges.length === 0 || isMost(judges.filter(isMarked), judges))
  return holds ? { kind: 'alone' } : hold
}

/** More than half: of two such parts of the machines that judge, one machine at least is in both. */
export const isMost = (part: readonly string[], judges: readonly string[]): boolean => 2 * part.length > judges.length
