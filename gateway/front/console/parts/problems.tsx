/** What somebody should look at: entries that are not as they should be and that no correction has closed. */
import type { ComponentChildren } from 'preact'
import type { OpenProblem } from '../model/wire.ts'
import { useAnswer, useNameOf, useWords } from '../shell/context.ts'
import { Empty, Section } from './parts.tsx'

const EVERY_MS = 15_000
const SHOWN = 50

type ProblemsProps = {
  /** Of this machine alone. */
  readonly machine?: string
  /** What can be done about one. */
  readonly act?: (problem: OpenProblem, again: () => void) => ComponentChildren
  readonly children?: ComponentChildren
}

export function Problems({ machine, act, children }: ProblemsProps) {
  const { t } = useWords()
  const query = new URLSearchParams({ limit: String(SHOWN), ...(machine && { machine }) })
  const { body, failed, again } = useAnswer<{ problems: readonly OpenProblem[]; next?: number }>(
    `/v1/problems?${query}`,
    EVERY_MS,
  )
  return (
    <Section title={t('problems.title')} {...(machine === undefined ? { note: t('problems.note') } : {})}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body?.problems.length === 0 ? <Empty>{t('problems.none')}</Empty> : null}
      <ul class="problems">
        {body?.problems.map((problem) => (
          <li key={problem.original}>
            <Said problem={problem} named={machine === undefined} />
            {act?.(problem, again)}
          </li>
        ))}
      </ul>
      {body?.next === undefined ? null : <p class="small">{t('problems.more')}</p>}
      {children}
    </Section>
  )
}

function Said({ problem, named }: { readonly problem: OpenProblem; readonly named: boolean }) {
  const { t, of, time } = useWords()
  const nameOf = useNameOf()
  const { kind, at, machine, meter, change, original } = problem
  const what =
    kind === 'counter'
      ? t('problems.counter', {
          meter: meter?.slice(meter.indexOf('/') + 1) ?? '',
          change: of('change', change ?? '', 'change.other'),
        })
      : t(`problems.${kind}`)
  return (
    <p>
      <strong>{what}</strong>
      <span class="small block">
        {named ? (
          <>
            <bdi>{nameOf(machine)}</bdi> ·{' '}
          </>
        ) : null}
        {time(Date.parse(at), Date.now())} · {t('problems.open')} · {t('books.entry', { seq: original })}
      </span>
    </p>
  )
}
