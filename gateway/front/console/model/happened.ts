/** An entry in plain words: which sentence, and what stands in it. Pure. Read next: words/en-states.ts (`event.…`). */
import type { Word, Words } from '../words/words.ts'
import { reasonWord } from './state.ts'
import type { Entry } from './wire.ts'

export function sayEntry({ kind, data }: Entry, { t, of, has }: Pick<Words, 't' | 'of' | 'has'>): string {
  const word = `event.${kind}`
  if (!has(word)) return kind
  const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : '')
  switch (word as Word) {
    case 'event.AvailabilityChanged': {
      const state = of('state', text('to'), 'state.Unknown')
      const reason = text('reason')
      // That a tenant uses it is what the state says already.
      if (reason === '' || reason === 'session') return t('event.AvailabilityChanged', { state })
      return t('event.because', { state, reason: of('reason', reasonWord(reason), 'reason.other') })
    }
    case 'event.MeterChanged': {
      const meter = text('meter')
      const change = of('change', text('change'), 'change.other')
      return t('event.MeterChanged', { meter: meter.slice(meter.indexOf('/') + 1), change })
    }
    case 'event.SessionSuspended':
      return t('event.SessionSuspended', { reason: of('suspension', text('reason'), 'suspension.other') })
    case 'event.LinkLost':
    case 'event.LinkRestored':
      return t(word, { link: text('link') })
    default:
      return t(word)
  }
}

/** Entries that belong to something somebody should have seen. */
export function isLoud({ kind, data }: Entry): boolean {
  return kind === 'AvailabilityChanged' ? data.to === 'OutOfOrder' : LOUD.has(kind)
}
const LOUD = new Set(['LinkLost', 'SessionSuspended', 'UnlockUnconfirmed', 'LockUnconfirmed', 'ForeignUse'])
