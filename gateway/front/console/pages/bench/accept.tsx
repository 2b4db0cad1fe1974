/**
 * The acceptance of a machine: what its displays show is typed here, the gateway puts its readings beside it, and the
 * report is recorded and can be printed and kept. Read next: core/drill/acceptance.ts (what agrees).
 */
import { useState } from 'preact/hooks'
import { type Accepted, displayOf, reportIn } from '../../model/acceptance.ts'
import type { Signal } from '../../model/wire.ts'
import { Label } from '../../parts/label.tsx'
import { Empty, Facts, Heads, Scroll, Section } from '../../parts/parts.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { ask, keepFile } from '../../shell/api.ts'
import { useAnswer, useViewer, useWords } from '../../shell/context.ts'
import type { Word } from '../../words/words.ts'

export function Acceptance({ id }: { readonly id: string }) {
  const { t, has, title } = useWords()
  const viewer = useViewer()
  const path = `/v1/machines/${id}/acceptance`
  const { body: signals } = useAnswer<{ signals: readonly Signal[] }>(`/v1/machines/${id}/signals`)
  const { body: file, again } = useAnswer<object>(path, 5_000)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const counted = (signals?.signals ?? []).filter(({ counts }) => counts)
  const readings = counted.flatMap((signal) => displayOf(signal, typed[signal.id] ?? '') ?? [])
  const [made, setMade] = useState<Made>()
  const unitOf = ({ unit = '' }: Signal) => (has(`count.${unit}`) ? t(`count.${unit}` as Word) : unit)
  const kept = file === undefined ? undefined : reportIn(file)
  // What was just recorded is signed a moment later.
  const report =
    made !== undefined && kept?.id !== made.id ? { ...made, at: '', by: viewer?.id ?? '', reason: '' } : kept
  return (
    <>
      <Section title={t('accept.title')} note={t('accept.note')}>
        {counted.map((signal) => (
          <div class="field" key={signal.id}>
            <label for={`shown-${signal.id}`}>
              {t('accept.shown', { what: title(signal, signal.id), unit: unitOf(signal) })}
            </label>
            <input
              id={`shown-${signal.id}`}
              inputMode="decimal"
              autocomplete="off"
              value={typed[signal.id] ?? ''}
              aria-invalid={
                ((typed[signal.id] ?? '') !== '' && displayOf(signal, typed[signal.id]!) === undefined) || undefined
              }
              onInput={({ currentTarget }) => setTyped({ ...typed, [signal.id]: currentTarget.value })}
            />
          </div>
        ))}
        <WithReason
          word="accept.do"
          path={path}
          body={{ readings }}
          done={(body) => {
            setMade(body as Made)
            again()
          }}
        />
      </Section>
      {report === undefined ? null : <Report id={id} report={report} path={path} signed={report === kept} />}
    </>
  )
}

type Made = Omit<Accepted, 'at' | 'by' | 'reason'>
type ReportProps = { readonly id: string; readonly report: Accepted; readonly path: string; readonly signed: boolean }

function Report({ id, report, path, signed }: ReportProps) {
  const { t, time, date } = useWords()
  const viewer = useViewer()
  const { accepted, at, by, reason, lock, devices, says, configurationId } = report

  async function keep(): Promise<void> {
    const answer = await ask<object>('GET', path)
    // Its own order is that of the gateway, so that it is the file byte for byte.
    if (answer.ok) keepFile(`${id}-acceptance.json`, `${JSON.stringify(answer.body)}\n`, 'application/json')
  }

  return (
    <article class="section report">
      <header>
        <h2>{t(accepted ? 'accept.good' : 'accept.bad')}</h2>
      </header>
      {viewer === undefined ? null : (
        <Label site={viewer.site} id={id}>
          <span>{t('label.compare')}</span>
        </Label>
      )}
      <Facts
        rows={[
          [t('books.machine'), id],
          ...(at === '' ? [] : [[t('accept.when'), `${date(Date.parse(at))} ${time(Date.parse(at))}`] as const]),
          [t('accept.by'), <bdi key="by">{by}</bdi>],
          ...(reason === '' ? [] : [[t('bench.reason'), <bdi key="why">{reason}</bdi>] as const]),
          [t('accept.drill'), t(`accept.drill.${lock.drill}`)],
          [t('accept.configuration'), <code key="id">{configurationId.slice(0, 12)}</code>],
          ...devices.map(({ alias, profile, link, at: place }) => [alias, `${profile} · ${link} ${place}`] as const),
          ...says.map(({ signal, value }) => [signal, <bdi key={signal}>{value}</bdi>] as const),
        ]}
      />
      <Readings report={report} />
      <p class="row unprinted">
        <button type="button" onClick={() => print()}>
          {t('tenant.print')}
        </button>
        <button type="button" disabled={!signed} onClick={() => void keep()}>
          {t('accept.keep')}
        </button>
      </p>
    </article>
  )
}

function Readings({ report: { readings, missing } }: Pick<ReportProps, 'report'>) {
  const { t } = useWords()
  if (readings.length + missing.length === 0) return <Empty>{t('accept.noCounter')}</Empty>
  return (
    <Scroll label={t('accept.title')}>
      <table>
        <Heads
          columns={[
            t('books.meter'),
            { number: t('accept.display') },
            { number: t('accept.read') },
            { hidden: t('books.standing') },
          ]}
        />
        <tbody>
          {readings.map(({ signal, shown, unit, reported = '–', reportedIn = '', agrees }) => (
            <tr key={signal}>
              <th scope="row">{signal}</th>
              <td class="number">
                {shown} {unit ?? reportedIn}
              </td>
              <td class="number">
                {reported} {reportedIn}
              </td>
              <td class={agrees ? undefined : 'fails'}>{t(agrees ? 'accept.agrees' : 'accept.differs')}</td>
            </tr>
          ))}
          {missing.map((signal) => (
            <tr key={signal}>
              <th scope="row">{signal}</th>
              <td colSpan={2} />
              <td class="fails">{t('accept.missing')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
