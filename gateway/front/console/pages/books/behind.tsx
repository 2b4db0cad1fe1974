/** What a total is made of: its sessions, and behind each quantity the two readings with their entries. */
import { useState } from 'preact/hooks'
import { isDifference } from '../../model/books.ts'
import type { UsageLine, UsageReading } from '../../model/wire.ts'
import { Tenant } from '../../parts/parts.tsx'
import { useWords } from '../../shell/context.ts'
import { Amount } from '../machine/meters.tsx'

export function Behind({ lines }: { readonly lines: readonly UsageLine[] }) {
  const { t, of, time } = useWords()
  const [open, setOpen] = useState<string>()
  const keyOf = ({ session, meter }: UsageLine) => `${session} ${meter}`
  return (
    <ul class="lines">
      {lines.toReversed().map((line) => {
        const from = line.startedAt === undefined ? undefined : Date.parse(line.startedAt)
        const shown = open === keyOf(line)
        return (
          <li key={keyOf(line)}>
            <button
              type="button"
              class="line"
              aria-expanded={shown}
              onClick={() => setOpen(shown ? undefined : keyOf(line))}
            >
              <span>
                {from === undefined ? '' : time(from, Date.now())}
                {line.endedAt === undefined ? '' : `–${time(Date.parse(line.endedAt), from)}`}
              </span>
              <span>
                <Tenant id={line.tenant ?? line.tenantRef} />
              </span>
              <span class="small">{of('status', line.status, 'status.open')}</span>
              <span class="number">
                <Amount quantity={line.quantity} unit={line.unit} />
              </span>
              <span class="hidden">{t('books.readings')}</span>
            </button>
            {shown ? <Readings line={line} /> : null}
          </li>
        )
      })}
    </ul>
  )
}

function Readings({ line }: { readonly line: UsageLine }) {
  const { t } = useWords()
  const { begin, end, entries, quantity, session, status, unit } = line
  const holds = isDifference(line)
  return (
    <div class="readings">
      <dl>
        <Reading name={t('books.begin')} reading={begin} entry={entries?.[0]} unit={unit} />
        <Reading name={t('books.end')} reading={end} entry={entries?.[1]} unit={unit} />
      </dl>
      {holds === undefined || begin === undefined || end === undefined ? null : (
        <p class="sum" data-holds={holds ? '' : undefined}>
          {t('books.minus', { end: end.total, begin: begin.total, quantity })} {unit}
          <span class="small"> · {t(holds ? 'books.adds' : 'books.addsNot')}</span>
        </p>
      )}
      {status === 'ended' ? (
        <a class="button" href={`/v1/sessions/${session}/receipt`} download={`receipt-${session}.json`}>
          {t('books.receipt')}
        </a>
      ) : null}
    </div>
  )
}

type ReadingProps = {
  readonly name: string
  readonly reading: UsageReading | undefined
  readonly entry: number | undefined
  readonly unit: string
}

function Reading({ name, reading, entry, unit }: ReadingProps) {
  const { t, seconds, date } = useWords()
  if (reading === undefined) return null
  const { total, raw, at } = reading
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>
          {total} {unit}
        </strong>
        {raw === undefined ? null : (
          <span class="block">
            {t('books.raw')}: {raw}
          </span>
        )}
        <span class="block small">
          {date(Date.parse(at))} {seconds(Date.parse(at))}
          {entry === undefined ? '' : ` · ${t('books.entry', { seq: entry })}`}
        </span>
      </dd>
    </div>
  )
}
