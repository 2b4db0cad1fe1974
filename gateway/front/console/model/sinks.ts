/**
 * What a person may do with an entry that a sink has set aside, what the page then asks the gateway for, and what the
 * answer means. Pure. Read next: front/api/sinks/sinks.ts (who answers).
 */
import type { Words } from '../words/words.ts'
import type { ParkedEntry, ParkedHandled } from './wire-sinks.ts'

export type Act = 'release' | 'mend' | 'drop'

/** Only where the gateway shows what is sent can other lines take its place. */
export const actsOn = ({ lines }: Pick<ParkedEntry, 'lines'>): readonly Act[] =>
  lines === undefined ? ['release', 'drop'] : ['release', 'mend', 'drop']

type Asked = { readonly what: Act; readonly lines?: string }

/** The request without its reason; undefined while the lines are none, or those that were refused. */
export function askedOf(what: Act, lines: string, refused: string | undefined): Asked | undefined {
  if (what !== 'mend') return { what }
  const mended = lines.trim()
  return mended === '' || mended === refused?.trim() ? undefined : { what, lines: mended }
}

/** Why the entry is still set aside; undefined: it is no more. */
export function notDoneBy(answer: unknown): string | undefined {
  const { done, note } = answer as ParkedHandled
  return done ? undefined : (note ?? '')
}

/** What happened, said without the data of the entry. */
export function kindIn(kind: string, { t, has }: Pick<Words, 't' | 'has'>): string {
  const word = [`sink.kind.${kind}`, `event.${kind}`].find(has)
  return word === undefined ? kind : t(word)
}
