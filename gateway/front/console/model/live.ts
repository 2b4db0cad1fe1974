/**
 * What is known of the floor now, as the stream says it, and whether the stream is alive. Pure: events and the time
 * come in, the next state comes out.
 * Read next: shell/stream.ts (where events come from).
 */
import type { Beat, Card } from './wire.ts'

/** A beat comes each second: with this long none the page says that it is cut off, before three seconds are over. */
export const LOST_AFTER_MS = 2_500

export type Live = {
  readonly connection: 'connecting' | 'live' | 'lost'
  /** When the last sign of life came, on the clock of the page, ms. */
  readonly heardAtMs: number
  /** UTC ms of the gateway minus the clock of the page. */
  readonly offsetMs: number
  readonly order: readonly string[]
  readonly cards: Readonly<Record<string, Card>>
  /** UTC ms of the oldest reading a card rests on; 0: never read. */
  readonly asOf: Readonly<Record<string, number>>
  /** W; null: not known now. */
  readonly power: Readonly<Record<string, number | null>>
  readonly head: number
}

export type LiveEvent =
  | { readonly kind: 'board'; readonly machines: readonly Card[] }
  | { readonly kind: 'card'; readonly card: Card }
  | { readonly kind: 'beat'; readonly beat: Beat }
  | { readonly kind: 'look' }
  | { readonly kind: 'closed' }

export const unheard: Live = {
  ...{ connection: 'connecting', heardAtMs: 0, offsetMs: 0, order: [], cards: {}, asOf: {}, power: {}, head: 0 },
}

/** `atMs`: the clock of the page, which only grows. */
export function takeEvent(live: Live, event: LiveEvent, atMs: number): Live {
  switch (event.kind) {
    case 'board': {
      const cards = Object.fromEntries(event.machines.map((card) => [card.machine.id, card]))
      const order = event.machines.map(({ machine }) => machine.id)
      return { ...live, connection: 'live', heardAtMs: atMs, order, cards }
    }
    case 'card': {
      const { id } = event.card.machine
      return { ...live, heardAtMs: atMs, cards: { ...live.cards, [id]: event.card } }
    }
    case 'beat':
      return takeBeat(live, event.beat, atMs)
    case 'look':
      if (live.connection === 'lost' || atMs - live.heardAtMs < LOST_AFTER_MS) return live
      return { ...live, connection: 'lost' }
    case 'closed':
      return live.connection === 'connecting' ? { ...live, heardAtMs: atMs } : { ...live, connection: 'lost' }
  }
}

function takeBeat(live: Live, { now, asOf, power, head }: Beat, atMs: number): Live {
  const byMachine = <T>(values: readonly T[]) =>
    Object.fromEntries(live.order.map((id, index) => [id, values[index]])) as Record<string, T>
  return {
    ...live,
    // Without its machines a stream is not whole.
    connection: live.order.length > 0 || asOf.length === 0 ? 'live' : live.connection,
    heardAtMs: atMs,
    offsetMs: now - atMs,
    asOf: byMachine(asOf),
    power: power === undefined ? {} : byMachine(power),
    head: head ?? live.head,
  }
}

/** UTC ms, as the gateway counts. */
export const nowOf = ({ offsetMs }: Live, atMs: number): number => atMs + offsetMs

/** How old what is shown of a machine is, ms; undefined: it was never read. */
export function ageOf(live: Live, machine: string, atMs: number): number | undefined {
  const asOf = live.asOf[machine]
  return asOf === undefined || asOf === 0 ? undefined : Math.max(0, nowOf(live, atMs) - asOf)
}
