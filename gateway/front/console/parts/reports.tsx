/** What people have reported of a machine and nobody has closed: how bad, what, who sees to it and until when. */
import { useState } from 'preact/hooks'
import type { Report } from '../model/wire.ts'
import { useAnswer, useViewer, useWords } from '../shell/context.ts'
import { Empty } from './parts.tsx'
import { ReportForm } from './report-form.tsx'
import { WithReason } from './with-reason.tsx'

const EVERY_MS = 15_000

type ReportsProps = {
  readonly machine: string
  /** What the viewer may do: look, make one, or see to them as well. */
  readonly may: 'look' | 'make' | 'see-to'
}

export function Reports({ machine, may }: ReportsProps) {
  const { t } = useWords()
  const path = `/v1/machines/${machine}/reports`
  const { body, again } = useAnswer<{ reports: readonly Report[] }>(path, EVERY_MS)
  const reports = body?.reports ?? []
  return (
    <div class="reports">
      {may !== 'make' && reports.length === 0 ? <Empty>{t('report.none')}</Empty> : null}
      <ul class="problems">
        {reports.map((report) => (
          <li key={report.id} data-severity={report.severity}>
            <Said report={report} machine={machine} />
            {may === 'see-to' ? <SeeTo report={report} path={`${path}/${report.id}`} again={again} /> : null}
          </li>
        ))}
      </ul>
      {may === 'look' ? null : <ReportForm machine={machine} done={again} />}
    </div>
  )
}

function Said({ report, machine }: { readonly report: Report; readonly machine: string }) {
  const { t, of, time } = useWords()
  const mayLook = useViewer()?.role !== 'tenant'
  const { severity, text, state, at, by, owner, expectedEnd, blocks, photos } = report
  return (
    <div>
      <strong>
        <bdi>{text}</bdi>
      </strong>
      <span class="small block">
        {[
          t(`report.mark.${severity}`),
          t(`report.state.${state}`),
          ...(owner === undefined ? [] : [t('report.owner', { who: owner })]),
          ...(expectedEnd === undefined
            ? []
            : [t('report.until', { time: time(Date.parse(expectedEnd), Date.now()) })]),
          ...(blocks ? [t('report.blocks')] : []),
          `${of('sign.as', by, 'report.somebody')}, ${time(Date.parse(at), Date.now())}`,
        ].join(' · ')}
      </span>
      {mayLook
        ? photos.map(({ sha256 }, index) => (
            <a key={sha256} href={`/v1/machines/${machine}/photos/${sha256}`} target="_blank" rel="noreferrer">
              {t('report.photo', { n: index + 1 })}
            </a>
          ))
        : null}
    </div>
  )
}

type SeeToProps = { readonly report: Report; readonly path: string; readonly again: () => void }

/** Taken with an expected end, then closed; both with what was done, for the ledger. */
function SeeTo({ report, path, again }: SeeToProps) {
  const { t } = useWords()
  const viewer = useViewer()
  const [open, setOpen] = useState(false)
  const [end, setEnd] = useState('')
  const field = `end-${report.id}`
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        {t('report.seeTo')}
      </button>
    )
  const expectedEnd = end === '' ? {} : { expectedEnd: new Date(end).toISOString() }
  const done = () => {
    setOpen(false)
    again()
  }
  return (
    <div class="correct">
      <label for={field}>{t('report.expected')}</label>
      <input
        id={field}
        type="datetime-local"
        value={end}
        onChange={({ currentTarget }) => setEnd(currentTarget.value)}
      />
      <WithReason
        word="report.take"
        path={path}
        body={{ state: 'taken', ...ownerOf(viewer?.id), ...expectedEnd }}
        why="text"
        of={report.id}
        done={done}
      />
      <WithReason word="report.close" path={path} body={{ state: 'closed' }} why="text" of={report.id} done={done} />
    </div>
  )
}

/** Who sees to it is an id: a name that cannot be one stands in the entry alone. */
function ownerOf(name = ''): { readonly owner?: string } {
  const owner = name.replaceAll(' ', '_')
  return /^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$/.test(owner) ? { owner } : {}
}
