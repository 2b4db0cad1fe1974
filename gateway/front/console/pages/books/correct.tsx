/** A correction of one entry, by an auditor: a new entry that names it, with who and why; the entry stays as it is. */
import { useState } from 'preact/hooks'
import type { OpenProblem } from '../../model/wire.ts'
import { WithReason } from '../../parts/with-reason.tsx'
import { useWords } from '../../shell/context.ts'

export function Correct({ problem, done }: { readonly problem: OpenProblem; readonly done: () => void }) {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState<CorrectionReason>('accepted')
  const field = `reason-${problem.original}`
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        {t('correct.open')}
      </button>
    )
  return (
    <div class="correct">
      <ReasonChoice field={field} reason={reason} choose={setReason} />
      <WithReason
        word="correct.do"
        path="/v1/corrections"
        body={{ original: problem.original, reason }}
        why="text"
        of={String(problem.original)}
        done={done}
      />
    </div>
  )
}

type ReasonProps = {
  readonly field: string
  readonly reason: CorrectionReason
  readonly choose: (reason: CorrectionReason) => void
}

/** What kind of correction it is. */
export function ReasonChoice({ field, reason, choose }: ReasonProps) {
  const { t } = useWords()
  return (
    <>
      <label for={field}>{t('correct.reason')}</label>
      <select
        id={field}
        value={reason}
        onChange={({ currentTarget }) => choose(currentTarget.value as CorrectionReason)}
      >
        {reasons.map((each) => (
          <option key={each} value={each}>
            {t(`correct.reason.${each}`)}
          </option>
        ))}
      </select>
    </>
  )
}

/** As the gateway takes them (core/session/correction.ts). */
const reasons = ['accepted', 'reading', 'attribution', 'exchange', 'other'] as const
export type CorrectionReason = (typeof reasons)[number]
