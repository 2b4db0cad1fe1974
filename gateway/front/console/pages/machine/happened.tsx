/** What happened at a machine lately, in plain words, newest first. */
import { isLoud, sayEntry } from '../../model/happened.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { useDesk, useNow, useWords } from '../../shell/context.ts'
import { useEntries } from '../../shell/entries.ts'
import { useStore } from '../../shell/store.ts'

const HOUR_MS = 3_600_000
const SHOWN = 40

export function Happened({ id }: { readonly id: string }) {
  const words = useWords()
  const head = useStore(useDesk().live, (live) => live.head)
  const now = useNow(30_000)
  const entries = useEntries(head, ({ machine }) => machine === id, id)
  const lately = entries.filter(({ at }) => now - Date.parse(at) < HOUR_MS).slice(0, SHOWN)
  return (
    <Section title={words.t('machine.hour')}>
      {lately.length === 0 ? <Empty>{words.t('machine.hour.none')}</Empty> : null}
      <ol class="happened">
        {lately.map((entry) => (
          <li key={entry.seq} data-loud={isLoud(entry) ? '' : undefined}>
            <time dateTime={entry.at}>{words.seconds(Date.parse(entry.at))}</time>
            <span>{sayEntry(entry, words)}</span>
          </li>
        ))}
      </ol>
    </Section>
  )
}
