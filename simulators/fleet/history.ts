/**
 * What was true, second by second, and what an answer of a stranger may be: nobody can know at once what changes
 * elsewhere, so there is what an answer must name and what it may name. Pure. Times are by the clock of this computer.
 *
 *   must   it was free for the whole of the delay, its plan did not change, and its gateway was there
 *   may    it was free at some moment within the delay; of a gateway that is silent: within the time to notice that
 *
 * Read next: fleet.ts, which writes it down and serves the judgement.
 */
import type { ShownState, Slot } from './machine.ts'

/** How a machine was from then on. `plan` counts the plans it has had. */
type Span = Readonly<{ atMs: number; state: ShownState; plan: number; bookings: readonly Slot[] }>
/** `silent`: nobody was told that it went. */
export type Presence = 'there' | 'gone' | 'silent'
type Stay = Readonly<{ atMs: number; presence: Presence }>

type History<T> = T[]
export type MachineHistory = History<Span>
export type GatewayHistory = History<Stay>

/** What is older is forgotten but for the last of it. */
const KEPT_MS = 180_000

export function note<T extends { readonly atMs: number }>(history: History<T>, entry: T): void {
  history.push(entry)
  while (history.length > 1 && history[1]!.atMs < entry.atMs - KEPT_MS) history.shift()
}

export type Asked = Readonly<{
  /** Between these the answer was made. */
  sinceMs: number
  untilMs: number
  /** Absent: now. */
  fromMs?: number
  lastMs: number
  /** After which news has to be in the answer; after which silence has to be. */
  delayMs: number
  silenceMs: number
}>

export function mustName(machine: MachineHistory, gateway: GatewayHistory, asked: Asked): boolean {
  const window = { fromMs: asked.sinceMs - asked.delayMs, untilMs: asked.untilMs }
  const wanted = { fromMs: asked.fromMs ?? asked.sinceMs, untilMs: (asked.fromMs ?? asked.untilMs) + asked.lastMs }
  const spans = within(machine, window)
  return (
    spans.length > 0 &&
    spans.every((span) => span.plan === spans[0]!.plan && isFree(span, wanted, asked)) &&
    within(gateway, window).every(({ presence }) => presence === 'there')
  )
}

export function mayName(machine: MachineHistory, gateway: GatewayHistory, asked: Asked): boolean {
  const { sinceMs, untilMs, delayMs, silenceMs, lastMs } = asked
  const now = gateway.at(-1)
  if (now === undefined) return false
  const goneMs = lastLoss(gateway)
  // What it is now nobody can know; what it was when it was heard last may be said for a while.
  const isUnnoticed = sinceMs - now.atMs <= (now.presence === 'silent' ? silenceMs : delayMs)
  if (now.presence !== 'there' && !isUnnoticed) return false
  const beginMs = isUnnoticed && goneMs !== undefined ? Math.min(goneMs, sinceMs) : sinceMs
  const begins = asked.fromMs === undefined ? [sinceMs, untilMs] : [asked.fromMs, asked.fromMs]
  return within(machine, { fromMs: beginMs - delayMs, untilMs }).some((span) =>
    begins.some((fromMs) => isFree(span, { fromMs, untilMs: fromMs + lastMs }, asked)),
  )
}

function isFree({ state, bookings }: Span, wanted: Slot, { fromMs, untilMs }: Asked): boolean {
  const isToCome = fromMs !== undefined && fromMs > untilMs
  return (
    (isToCome || state === 'Available') &&
    bookings.every((booking) => booking.untilMs <= wanted.fromMs || booking.fromMs >= wanted.untilMs)
  )
}

/** When it was there last, of the newest time away. */
function lastLoss(gateway: GatewayHistory): number | undefined {
  const there = gateway.findLastIndex(({ presence }, index) => presence === 'there' && index < gateway.length - 1)
  return gateway[there + 1]?.atMs
}

/** What held at some moment of the window. */
function within<T extends { readonly atMs: number }>(history: History<T>, { fromMs, untilMs }: Slot): T[] {
  return history.filter(
    ({ atMs }, index) => atMs <= untilMs && (history[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) > fromMs,
  )
}
