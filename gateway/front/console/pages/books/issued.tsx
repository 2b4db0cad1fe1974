/** Statements that were issued: the file of each, and what the offline verifier says of it in this browser. */
import { useState } from 'preact/hooks'
import type { Problem } from '../../model/wire.ts'
import type { IssuedStatement } from '../../model/wire-statement.ts'
import { Empty, Refused, Section } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useViewer, useWords } from '../../shell/context.ts'
import { type Recomputed, recompute } from '../../shell/recompute.ts'

type IssuedProps = { readonly statements: readonly IssuedStatement[] | undefined; readonly failed: boolean }

export function Issued({ statements, failed }: IssuedProps) {
  const { t, time } = useWords()
  return (
    <Section title={t('issued.title')} note={t('issued.note')}>
      {statements === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {statements?.length === 0 ? <Empty>{t('issued.none')}</Empty> : null}
      <ul class="credits issued">
        {statements?.map(({ sha256, from, to, tenant, owner, issuedAt }) => (
          <li key={`${sha256} ${issuedAt}`}>
            <div>
              <strong>{t('issued.span', { from: time(Date.parse(from), 0), to: time(Date.parse(to), 0) })}</strong>
              <span class="small block">
                <bdi>{tenant ?? owner ?? t('issued.all')}</bdi> ·{' '}
                {t('issued.at', { time: time(Date.parse(issuedAt), Date.now()) })}
              </span>
              <span class="small block id">{sha256}</span>
            </div>
            <Recompute sha256={sha256} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

type Outcome = { readonly recomputed: Recomputed } | { readonly problem: Problem | undefined }

function Recompute({ sha256 }: { readonly sha256: string }) {
  const { t } = useWords()
  const connected = useConnected()
  const keys = useViewer()?.logKeys ?? []
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<Outcome>()

  async function act(): Promise<void> {
    setBusy(true)
    setOutcome(undefined)
    setOutcome(await outcomeOf(sha256, keys))
    setBusy(false)
  }

  return (
    <>
      <p class="actions-line">
        <a class="button" href={`/v1/statements/${sha256}`} download={`statement-${sha256.slice(0, 8)}.json`}>
          {t('statement.file')}
        </a>
        <button type="button" disabled={busy || !connected} onClick={() => void act()}>
          {t(busy ? 'recompute.doing' : 'recompute.do')}
        </button>
      </p>
      <div class="wide" role="status">
        {outcome !== undefined && 'recomputed' in outcome ? <Verdict of={outcome.recomputed} /> : null}
        {outcome !== undefined && !('recomputed' in outcome) && outcome.problem?.status === 404 ? (
          <p class="small">{t('recompute.unsigned')}</p>
        ) : null}
      </div>
      {outcome !== undefined && !('recomputed' in outcome) && outcome.problem?.status !== 404 ? (
        <div class="wide">
          <Refused problem={outcome.problem} />
        </div>
      ) : null}
    </>
  )
}

async function outcomeOf(sha256: string, keys: readonly string[]): Promise<Outcome> {
  const file = await ask<string>('GET', `/v1/statements/${sha256}`, { verbatim: true })
  if (!file.ok) return { problem: file.problem }
  // The verifier is a part of the pages that is loaded now; without the gateway it is not there.
  return recompute(file.body, keys).then(
    (recomputed) => ({ recomputed }),
    () => ({ problem: undefined }),
  )
}

function Verdict({ of: { ok, uses, faults } }: { readonly of: Recomputed }) {
  const { t, lang } = useWords()
  return (
    <div class="verdict" data-good={ok ? '' : undefined}>
      <p>
        <strong>{t(ok ? 'recompute.good' : 'recompute.bad')}</strong>
      </p>
      <ul class="notes">
        {faults.map(({ code, said, detail }) => (
          <li key={`${code} ${detail}`}>
            {said[lang]} {detail === undefined ? null : <span class="small id">{detail}</span>}
          </li>
        ))}
      </ul>
      <p class="small">
        {t('recompute.of', { count: uses })} {t('recompute.keys')}
      </p>
    </div>
  )
}
