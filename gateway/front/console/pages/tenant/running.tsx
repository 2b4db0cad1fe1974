/** While it is unlocked: how long yet, what is used, and the end. */
import { useState } from 'preact/hooks'
import { clockText } from '../../model/quantity.ts'
import type { Problem, Session } from '../../model/wire.ts'
import { Refused } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useDesk, useNow, useViewer, useWords } from '../../shell/context.ts'
import { Amount } from '../machine/meters.tsx'
import { CostOf } from './cost.tsx'
import { Extend } from './extend.tsx'

export function Running({ session, again }: { readonly session: Session; readonly again: () => void }) {
  const { t, time } = useWords()
  const now = useNow()
  const endMs = Date.parse(session.bookedUntil)
  const finishing = session.status === 'finishing'
  const { lockedBy, notMetered = [] } = session
  // A PIN is not enough to ask how far.
  const mayExtend = useViewer()?.booking?.pin === false
  return (
    <section class="stage" data-running={finishing ? undefined : ''}>
      {finishing ? (
        <h2>
          {lockedBy === undefined
            ? t('tenant.finishing.soon')
            : t('tenant.finishing', { time: time(Date.parse(lockedBy), now) })}
        </h2>
      ) : (
        <>
          <h2>{t('tenant.running')}</h2>
          <p class="clock">
            <span>{clockText(endMs - now)}</span>
            <span class="small">{t('tenant.left', { time: time(endMs, now) })}</span>
          </p>
          {session.warned === undefined ? null : <p class="warned">{t('tenant.warned')}</p>}
        </>
      )}
      {notMetered.length === 0 ? null : (
        <p class="warned">{t('tenant.notMetered', { meters: notMetered.join(', ') })}</p>
      )}
      <Used session={session} />
      <CostOf session={session} />
      {finishing ? null : (
        <>
          {mayExtend ? <Extend session={session} again={again} /> : null}
          <End session={session} again={again} />
        </>
      )}
    </section>
  )
}

export function Used({ session }: { readonly session: Session }) {
  const { t, of, duration } = useWords()
  const { use, clocks } = session
  return (
    <dl class="used">
      {use
        .filter(({ unit }) => unit !== 'ms')
        .map(({ meter, unit, quantity }) => (
          <div key={meter}>
            <dt title={meter}>{of('use', unit, 'use.other')}</dt>
            <dd>
              <Amount quantity={quantity} unit={unit} />
            </dd>
          </div>
        ))}
      {clocks === undefined ? null : (
        <>
          <div>
            <dt>{t('tenant.occupied')}</dt>
            <dd>{duration(clocks.occupiedMs)}</dd>
          </div>
          <div>
            <dt>{t('tenant.executing')}</dt>
            <dd>{duration(clocks.executingMs)}</dd>
          </div>
        </>
      )}
    </dl>
  )
}

/** From here on it is worth while to give the rest of a booking back. */
const WORTH_MINUTES = 5

/** Asks once more, since an end cannot be taken back. The rest of the booking can be given back with it. */
export function End({ session, again }: { readonly session: Session; readonly again: () => void }) {
  const { t } = useWords()
  const desk = useDesk()
  const connected = useConnected()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const left = Math.floor((Date.parse(session.bookedUntil) - useNow()) / 60_000)

  async function end(query = ''): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<Session>('POST', `/v1/sessions/${session.id}/end${query}`, { body: {} })
    setBusy(false)
    setAsking(false)
    if (!answer.ok) setRefused({ problem: answer.problem })
    await desk.refresh()
    again()
  }

  return (
    <div class="end">
      {asking ? (
        <fieldset class="confirm">
          <legend>{t('tenant.end.confirm')}</legend>
          <button type="button" class="primary large" disabled={busy || !connected} onClick={() => void end()}>
            {t(busy ? 'tenant.ending' : 'tenant.end.yes')}
          </button>
          {left < WORTH_MINUTES ? null : (
            <button type="button" class="large" disabled={busy || !connected} onClick={() => void end('?release=true')}>
              {t('tenant.end.release', { n: left })}
            </button>
          )}
          <button type="button" class="large" disabled={busy} onClick={() => setAsking(false)}>
            {t('tenant.end.no')}
          </button>
        </fieldset>
      ) : (
        <button type="button" class="large" disabled={!connected} onClick={() => setAsking(true)}>
          {t('tenant.end')}
        </button>
      )}
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </div>
  )
}
