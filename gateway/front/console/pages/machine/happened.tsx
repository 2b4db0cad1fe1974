/** What happened at a machine lately, in plain words, newest first. */
import { useState } from 'preact/hooks'
import { isLoud, sayEntry } from '../../model/happened.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { useDesk, useNow, useWords } from '../../shell/context.ts'
import { useEntries } from '../../shell/entries.ts'
import { useStore } from '../../shell/store.ts'

const HOUR_MS = 3_600_000
/** At first; the others are asked for. */
const SHOWN = 12

export function Happened({ id }: { readonly id: string }) {
  const words = useWords()
  const head = useStore(useDesk().live, (live) => live.head)
  const now = useNow(30_000)
  const entries = useEntries(head, ({ machine }) => machine === id, id)
  const [all, setAll] = useState(false)
  const lately = entries.filter(({ at }) => now - Date.parse(at) < HOUR_MS)
  return (
    <Section title={words.t('machine.hour')}>
      {lately.length === 0 ? <Empty>{words.t('machine.hour.none')}</Empty> : null}
      <ol class="happened">
        {(all ? lately : lately.slice(0, SHOWN)).map((entry) => (
          <li key={entry.seq} data-loud={isLoud(entry) ? '' : undefined}>
            <time dateTime={entry.at}>{words.seconds(Date.parse(entry.at))}</time>
            <span>{sayEntry(entry, words)}</span>
          </li>
        ))}
      </ol>
      {all || lately.length <= SHOWN ? null : (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          {words.t('machine.hour.all', { count: lately.length })}
        </button>
      )}
    </Section>
  )
}
