/**
 * Labels for the machines, to be printed: the address of the tenant's page as a code, and the short code and picture
 * that the page shows too, so that a code that was pasted over is noticed. No secret is on them.
 */
import { useState } from 'preact/hooks'
import { qrOf } from '../../model/qr.ts'
import { tenantPath } from '../../model/route.ts'
import { Label } from '../../parts/label.tsx'
import { Empty } from '../../parts/parts.tsx'
import { useDesk, useViewer, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

export function Labels() {
  const { t, name } = useWords()
  const { live } = useDesk()
  const viewer = useViewer()
  const order = useStore(live, (value) => value.order)
  const cards = useStore(live, (value) => value.cards)
  const [origin, setOrigin] = useState(location.origin)
  const ids = order.filter((id) => cards[id]?.machine.failSafe !== undefined)
  if (viewer === undefined) return <Empty>{t('do.loading')}</Empty>
  return (
    <>
      <div class="unprinted">
        <p class="note">{t('label.note')}</p>
        {isOwn(origin) ? <p class="warned">{t('label.own')}</p> : null}
        <div class="row">
          <label>
            <span class="small">{t('label.address')}</span>
            <input
              value={origin}
              inputMode="url"
              onInput={({ currentTarget }) => setOrigin(currentTarget.value.trim())}
            />
          </label>
          <button type="button" onClick={() => print()}>
            {t('tenant.print')}
          </button>
        </div>
        {ids.length === 0 ? <Empty>{t('label.none')}</Empty> : null}
      </div>
      <ul class="labels">
        {ids.map((id) => (
          <li key={id}>
            <MachineLabel
              site={viewer.site}
              id={id}
              name={name(cards[id]?.machine.name ?? {}, id)}
              address={origin + tenantPath(id)}
            />
          </li>
        ))}
      </ul>
    </>
  )
}

/** Whether only this computer can open it. */
const isOwn = (origin: string) => /^https?:\/\/(localhost|127\.|\[::1\])/.test(origin)

type MachineLabelProps = {
  readonly site: string
  readonly id: string
  readonly name: string
  readonly address: string
}

function MachineLabel({ site, id, name, address }: MachineLabelProps) {
  const { t } = useWords()
  const qr = qrOf(address)
  return (
    <article class="sticker">
      <h2>{name}</h2>
      {qr === undefined ? (
        <Empty>{t('label.tooLong')}</Empty>
      ) : (
        <svg
          class="qr"
          viewBox={`-4 -4 ${qr.length + 8} ${qr.length + 8}`}
          role="img"
          aria-label={t('label.qr', { name })}
        >
          <rect x="-4" y="-4" width={qr.length + 8} height={qr.length + 8} class="light" />
          <path class="dark" d={pathOf(qr)} />
        </svg>
      )}
      <Label site={site} id={id} />
      <p class="address">
        {address.slice(0, -tenantPath(id).length)}
        <wbr />
        {tenantPath(id)}
      </p>
      <p class="small">{t('label.compare')}</p>
    </article>
  )
}

/** A square for each dark one, in one path. */
function pathOf(qr: readonly (readonly boolean[])[]): string {
  return qr.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
}
