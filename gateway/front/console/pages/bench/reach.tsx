/** Whether broker, store, feed and keys are there and take us, asked once when somebody presses. */
import { useState } from 'preact/hooks'
import type { Problem } from '../../model/wire.ts'
import { Empty, Refused, Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useWords } from '../../shell/context.ts'

type Finding = { readonly what: string; readonly ok: boolean; readonly detail: string }

export function Reach() {
  const { t } = useWords()
  const connected = useConnected()
  const [findings, setFindings] = useState<readonly Finding[]>()
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  const [busy, setBusy] = useState(false)

  async function test(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<{ findings: readonly Finding[] }>('POST', '/v1/bench/tests', { body: {} })
    setBusy(false)
    if (answer.ok) setFindings(answer.body.findings)
    else setRefused({ problem: answer.problem })
  }

  return (
    <Section title={t('reach.title')} note={t('reach.note')}>
      <button type="button" disabled={!connected || busy} onClick={() => void test()}>
        {t(busy ? 'reach.busy' : 'reach.do')}
      </button>
      {findings?.length === 0 ? <Empty>{t('reach.none')}</Empty> : null}
      <div role="status">
        <ul class="findings">
          {(findings ?? []).map(({ what, ok, detail }) => (
            <li key={what} data-ok={String(ok)}>
              <strong>
                <Said text={what} />
              </strong>{' '}
              {t(ok ? 'reach.ok' : 'reach.failed')}
              <span class="small">
                <Said text={detail} />
              </span>
            </li>
          ))}
        </ul>
      </div>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </Section>
  )
}
