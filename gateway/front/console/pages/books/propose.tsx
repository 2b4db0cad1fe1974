/** An auditor says that a bill is too high: all of it, or units between two readings. Another has to approve it. */
import { useState } from 'preact/hooks'
import { mostOf, type Takeable, takeablesOf, unitsOf } from '../../model/credit.ts'
import type { Bill } from '../../model/wire.ts'
import { WithReason } from '../../parts/with-reason.tsx'
import { useWords } from '../../shell/context.ts'
import { type CorrectionReason, ReasonChoice } from './correct.tsx'

type ProposeProps = { readonly bill: Bill; readonly done: () => void }

export function Propose({ bill, done }: ProposeProps) {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  if (!open)
    return (
      <p class="actions-line">
        <button type="button" onClick={() => setOpen(true)}>
          {t('credit.open')}
        </button>
      </p>
    )
  const proposed = () => {
    setOpen(false)
    done()
  }
  return <Form bill={bill} done={proposed} />
}

function Form({ bill, done }: ProposeProps) {
  const { t } = useWords()
  const takeables = takeablesOf(bill)
  const [how, setHow] = useState<'waive' | 'reduce'>('waive')
  const [reason, setReason] = useState<CorrectionReason>('reading')
  const [place, setPlace] = useState(0)
  const [many, setMany] = useState('')
  const taken = takeables[place]
  const quantity = taken && unitsOf(many, taken)
  const relief =
    how === 'waive' ? { waive: true } : { reduce: taken && quantity ? [{ of: taken.of, at: taken.at, quantity }] : [] }
  return (
    <div class="propose">
      <fieldset>
        <legend>{t('credit.how')}</legend>
        {(['waive', 'reduce'] as const).map((each) => (
          <label key={each}>
            <input
              type="radio"
              name={`how-${bill.id}`}
              value={each}
              checked={how === each}
              disabled={each === 'reduce' && takeables.length === 0}
              onChange={() => setHow(each)}
            />
            {t(`credit.how.${each}`)}
          </label>
        ))}
      </fieldset>
      {how === 'reduce' && taken !== undefined ? (
        <Units of={bill.id} takeables={takeables} place={place} choose={setPlace} many={many} write={setMany} />
      ) : null}
      <ReasonChoice field={`credit-reason-${bill.id}`} reason={reason} choose={setReason} />
      <WithReason
        word="credit.do"
        path="/v1/credits"
        body={{ bill: bill.id, reason, ...relief }}
        why="text"
        of={bill.id}
        ready={how === 'waive' || quantity !== undefined}
        done={done}
      />
    </div>
  )
}

type UnitsProps = {
  readonly of: string
  readonly takeables: readonly Takeable[]
  readonly place: number
  readonly choose: (place: number) => void
  readonly many: string
  readonly write: (text: string) => void
}

function Units({ of, takeables, place, choose, many, write }: UnitsProps) {
  const { t, seconds } = useWords()
  const [units, number] = [`units-${of}`, `many-${of}`]
  const taken = takeables[place]!
  const unit = taken.unit === 'ms' ? t('credit.minutes') : taken.unit
  return (
    <>
      <label for={units}>{t('credit.units')}</label>
      <select id={units} value={place} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
        {takeables.map((each, index) => (
          <option key={`${each.of} ${each.at}`} value={index}>
            {t('credit.units.from', { of: each.of, time: seconds(each.at) })}
          </option>
        ))}
      </select>
      <label for={number}>{t('credit.many', { most: mostOf(taken), unit })}</label>
      <input
        id={number}
        inputMode="decimal"
        autocomplete="off"
        value={many}
        aria-invalid={many !== '' && unitsOf(many, taken) === undefined}
        onInput={({ currentTarget }) => write(currentTarget.value)}
      />
    </>
  )
}
