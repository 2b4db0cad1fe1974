/** What the use has cost so far, and in the end: the bill itself, so that nobody sees another amount later. */
import type { Cost, Session } from '../../model/wire.ts'
import { useAnswer, useWords } from '../../shell/context.ts'

const EVERY_MS = 5_000

export function CostOf({ session }: { readonly session: Session }) {
  const { t, of, tag } = useWords()
  const { body } = useAnswer<Cost>(`/v1/sessions/${session.id}/cost`, EVERY_MS)
  if (body === undefined) return null
  const { bill, final, unbilled } = body
  if (bill === undefined) return <p class="small">{t('cost.none')}</p>
  return (
    <p class="cost">
      <span>{t(final ? 'tenant.cost' : 'cost.soFar')}</span>{' '}
      <strong>{moneyText(bill.total, bill.currency, tag)}</strong>
      {unbilled === undefined ? null : (
        <span class="small block">{t('cost.unbilled', { why: of('unbilled', unbilled, 'unbilled.other') })}</span>
      )}
    </p>
  )
}

/** Exact, however many digits there are. */
function moneyText(total: string, currency: string, tag: string): string {
  const digits = total.split('.')[1]?.length ?? 0
  const format = { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const
  return new Intl.NumberFormat(tag, format).format(total as Intl.StringNumericLiteral)
}
