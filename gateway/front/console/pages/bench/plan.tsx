/** What a changed site file would do, before anything is done. */
import type { Planned, Saving } from '../../model/form.ts'
import { Empty } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { useWords } from '../../shell/context.ts'

export function Plan({ planned, saving }: { readonly planned: Planned; readonly saving: Saving }) {
  const { t } = useWords()
  if (saving.kind === 'nothing') return <Empty>{t('file.same')}</Empty>
  return (
    <div class="planned" role="status">
      <h3>{t('file.changes')}</h3>
      <ul class="changes">
        {planned.changes.map(({ what, from, to }) => (
          <li key={what}>
            <code>{what}</code> {from === undefined ? null : <del>{from}</del>}{' '}
            {to === undefined ? null : <ins>{to}</ins>}
          </li>
        ))}
      </ul>
      {planned.steps.length === 0 ? null : (
        <>
          <h3>{t('file.steps')}</h3>
          <Lines lines={planned.steps} />
        </>
      )}
      {saving.kind === 'save-anyway' ? (
        <div class="warned">
          <h3>{t('file.doubts')}</h3>
          <Lines lines={saving.doubts} />
        </div>
      ) : null}
      {saving.kind === 'cannot' ? (
        <div class="warned">
          <h3>{t(planned.needsRestart.length > 0 ? 'file.restart' : 'file.waits')}</h3>
          <Lines lines={saving.why} />
        </div>
      ) : null}
    </div>
  )
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ul class="notes">
      {lines.map((line) => (
        <li key={line}>
          <Said text={line} />
        </li>
      ))}
    </ul>
  )
}
