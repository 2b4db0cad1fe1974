/**
 * The books, for auditors and owners: what was used, added up as one likes, and the way down to the two readings it
 * came from; that every unit is in one account; statements, problems, receipts, tables, the ledger.
 * Read next: model/books.ts (how it is added), books/ (each part).
 */
import { useState } from 'preact/hooks'
import { type By, sums, type Total, totalsOf } from '../model/books.ts'
import { type Period, timesOf } from '../model/period.ts'
import type { Meter, UsageLine } from '../model/wire.ts'
import { Empty, Heads, Scroll, Section } from '../parts/parts.tsx'
import { Problems } from '../parts/problems.tsx'
import { useAnswer, useDesk, useNameOf, useViewer, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import { Behind } from './books/behind.tsx'
import { Conservation } from './books/conservation.tsx'
import { Correct } from './books/correct.tsx'
import { History } from './books/history.tsx'
import { Ledger } from './books/ledger.tsx'
import { Statements } from './books/statements.tsx'
import { Amount } from './machine/meters.tsx'
import { Gate } from './sign-in.tsx'

export function Books() {
  return (
    <Gate roles={['auditor', 'owner']} word="books.title" whose="books.for">
      <Open />
    </Gate>
  )
}

type Usage = { readonly usage: readonly UsageLine[]; readonly conservation: readonly Meter[]; readonly next?: string }

function Open() {
  const { t } = useWords()
  const viewer = useViewer()
  const zone = viewer?.timezone ?? 'UTC'
  const auditor = viewer?.role === 'auditor'
  const [period, setPeriod] = useState<Period>({ from: '', to: '' })
  const [machine, setMachine] = useState('')
  const [by, setBy] = useState<By>('machine')
  const times = timesOf(period, zone)
  const query = new URLSearchParams({ ...times, ...(machine && { machine }) })
  const { body, failed } = useAnswer<Usage>(`/v1/usage?${new URLSearchParams([...query, ['limit', '1000']])}`)
  return (
    <>
      <div class="title">
        <h1>{t('books.title')}</h1>
        <div class="tools">
          {(['from', 'to'] as const).map((side) => (
            <label class="filter" key={side}>
              <span>{t(`books.${side}`)}</span>
              <input
                type="date"
                value={period[side]}
                onChange={({ currentTarget }) => setPeriod({ ...period, [side]: currentTarget.value })}
              />
            </label>
          ))}
          <MachineFilter value={machine} choose={setMachine} />
          <label class="filter">
            <span>{t('books.by')}</span>
            <select value={by} onChange={({ currentTarget }) => setBy(currentTarget.value as By)}>
              {sums.map((each) => (
                <option key={each} value={each}>
                  {t(`books.by.${each}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body === undefined ? null : <UsageTable usage={body} by={by} query={query} zone={zone} />}
      {body === undefined ? null : <Conservation meters={body.conservation} />}
      <Statements times={times} />
      <Problems {...(auditor ? { act: (problem, again) => <Correct problem={problem} done={again} /> } : {})} />
      <Section title={t('books.check')} note={t('books.check.note')}>
        <p class="actions-line">
          <a class="button" href="/verify" target="_blank" rel="noreferrer">
            {t('books.check')}
          </a>
          {auditor ? (
            <a class="button" href="/v1/ledger/evidence" download>
              {t('books.evidence')}
            </a>
          ) : null}
        </p>
      </Section>
      {auditor ? <Ledger /> : null}
      {auditor ? <History /> : null}
    </>
  )
}

function MachineFilter({ value, choose }: { readonly value: string; readonly choose: (id: string) => void }) {
  const { t, name } = useWords()
  const cards = useStore(useDesk().live, (live) => live.cards)
  return (
    <label class="filter">
      <span>{t('books.machine')}</span>
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">{t('floor.filter.all')}</option>
        {Object.values(cards).map(({ machine }) => (
          <option key={machine.id} value={machine.id}>
            {name(machine.name, machine.id)}
          </option>
        ))}
      </select>
    </label>
  )
}

type UsageProps = {
  readonly usage: Usage
  readonly by: By
  readonly query: URLSearchParams
  readonly zone: string
}

function UsageTable({ usage, by, query, zone }: UsageProps) {
  const { t } = useWords()
  const [open, setOpen] = useState<string>()
  const totals = totalsOf(usage.usage, by, zone)
  const table = (format: string) =>
    `/v1/usage?${new URLSearchParams([...query, ['limit', '1000'], ...formats[format]!])}`
  const side = (
    <p class="actions-line">
      <a class="button" href={table('csv')} download="usage.csv">
        {t('books.csv')}
      </a>
      <a class="button" href={table('json')} download="usage.json">
        {t('books.json')}
      </a>
    </p>
  )
  return (
    <Section title={t('books.usage')} side={side}>
      {totals.length === 0 ? <Empty>{t('books.none')}</Empty> : null}
      {usage.next === undefined ? null : <p class="warned">{t('books.more')}</p>}
      {totals.length === 0 ? null : (
        <Scroll label={t('books.usage')}>
          <table class="usage">
            <Heads columns={[t(`books.${by}`), { number: t('books.total') }, { hidden: t('books.down') }]} />
            {totals.map((total) => (
              <TotalRows
                key={total.key}
                total={total}
                meter={usage.conservation.find((each) => each.meter === total.meter)}
                by={by}
                open={open === total.key}
                toggle={() => setOpen(open === total.key ? undefined : total.key)}
              />
            ))}
          </table>
        </Scroll>
      )}
    </Section>
  )
}

const formats: Readonly<Record<string, [string, string][]>> = {
  csv: [
    ['format', 'csv'],
    ['table', 'sessions'],
  ],
  json: [],
}

type TotalProps = {
  readonly total: Total
  readonly meter: Meter | undefined
  readonly by: By
  readonly open: boolean
  readonly toggle: () => void
}

function TotalRows({ total, meter, by, open, toggle }: TotalProps) {
  const { t, title } = useWords()
  const nameOf = useNameOf()
  return (
    <tbody data-open={open ? '' : undefined}>
      <tr>
        <th scope="row">
          <bdi>{by === 'machine' ? nameOf(total.of) : total.of}</bdi>
          {total.meter === undefined ? null : (
            <span class="small">{title(meter ?? {}, total.meter.slice(total.meter.indexOf('/') + 1))}</span>
          )}
        </th>
        <td class="number strong">
          <Amount quantity={total.quantity} unit={total.unit} />
        </td>
        <td class="number">
          <button type="button" class="link" aria-expanded={open} onClick={toggle}>
            {open ? t('books.close') : t('books.down')}
          </button>
        </td>
      </tr>
      {open ? (
        <tr class="behind">
          <td colSpan={3}>
            <Behind lines={total.lines} />
          </td>
        </tr>
      ) : null}
    </tbody>
  )
}
