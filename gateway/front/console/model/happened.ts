/** An entry in plain words: which sentence, and what stands in it. Pure. Read next: words/en.ts (`event.…`). */
import type { Word, Words } from '../words/words.ts'
import type { Entry } from './wire.ts'

export function sayEntry({ kind, data }: Entry, { t, of, has }: Pick<Words, 't' | 'of' | 'has'>): string {
  const word = `event.${kind}`
  if (!has(word)) return kind
  const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : '')
  switch (word as Word) {
    case 'event.AvailabilityChanged':
      return t('event.AvailabilityChanged', { state: of('state', text('state'), 'state.Unknown') })
    case 'event.MeterChanged':
      return t('event.MeterChanged', { change: text('change') })
    case 'event.SessionSuspended':
      return t('event.SessionSuspended', { reason: suspensionOf(text('reason'), of) })
    default:
      return t(word)
  }
}

/** Reasons of a suspension that are states of the machine have a word there. */
const suspensionOf = (reason: string, of: Words['of']) => of('reason', reason, 'reason.other')

/** Entries that belong to something somebody should have seen. */
export function isLoud({ kind, data }: Entry): boolean {
  if (kind === 'AvailabilityChanged') return data.state === 'OutOfOrder'
  return LOUD.has(kind)
}
const LOUD = new Set(['LinkLost', 'SessionSuspended', 'UnlockUnconfirmed', 'LockUnconfirmed', 'ForeignUse'])
