/** The ledger, for auditors: the newest signed checkpoint, and the newest entries in plain words. */
import { signersOf } from '../../model/books.ts'
import { sayEntry } from '../../model/happened.ts'
import type { Entry } from '../../model/wire.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { useAnswer, useDesk, useNameOf, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

const SHOWN = 15
const EVERY_MS = 15_000

export function Ledger() {
  const words = useWords()
  const { t, date, seconds } = words
  const nameOf = useNameOf()
  const head = useStore(useDesk().live, (live) => Math.floor(live.head / SHOWN) * SHOWN)
  const checkpoint = useAnswer<string>('/v1/ledger/checkpoint', EVERY_MS)
  const from = Math.max(0, head - SHOWN)
  const { body } = useAnswer<{ entries: readonly Entry[] }>(
    head === 0 ? '' : `/v1/ledger/entries?from=${from}&limit=${2 * SHOWN}`,
    EVERY_MS,
  )
  return (
    <Section title={t('books.ledger')} note={t('books.ledger.note')}>
      <h3>{t('books.checkpoint')}</h3>
      {checkpoint.body === undefined ? (
        <Empty>{t('books.checkpoint.none')}</Empty>
      ) : (
        <>
          <pre class="checkpoint">{checkpoint.body}</pre>
          <Signers note={checkpoint.body} />
        </>
      )}
      <h3>{t('books.entries')}</h3>
      <ol class="happened entries">
        {(body?.entries ?? []).toReversed().map((entry) => (
          <li key={entry.seq}>
            <span class="id">{entry.seq}</span>
            <time dateTime={entry.at}>
              {date(Date.parse(entry.at))} {seconds(Date.parse(entry.at))}
            </time>
            <span>
              {sayEntry(entry, words)}{' '}
              {entry.machine === undefined ? null : <bdi class="small">{nameOf(entry.machine)}</bdi>}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}

/** The log signs first; who else does has seen that it only grows. */
function Signers({ note }: { readonly note: string }) {
  const { t } = useWords()
  const [log = '', ...witnesses] = signersOf(note)
  return (
    <p class="note">
      {t('books.signed', { log })}{' '}
      {witnesses.length === 0 ? t('books.witness.none') : t('books.witness', { names: witnesses.join(t('list.and')) })}
    </p>
  )
}
