/**
 * Webhooks: how far each has come, what became of its last tries and, when asked for, of its deliveries, and an event
 * to see whether one arrives. Read next: front/sinks/webhook.ts (who delivers).
 */
import { useState } from 'preact/hooks'
import type { Problem, Webhook, WebhookAttempt, WebhookDelivery } from '../../model/wire.ts'
import { Empty, Heads, Refused, Scroll, Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { ask } from '../../shell/api.ts'
import { useAnswer, useConnected, useWords } from '../../shell/context.ts'

const EVERY_MS = 5_000
const SHOWN = 8
const DELIVERIES = 100

export function Webhooks() {
  const { t } = useWords()
  const { body, failed, again } = useAnswer<{ webhooks: readonly Webhook[] }>('/v1/webhooks', EVERY_MS)
  return (
    <Section title={t('webhook.title')} note={t('webhook.note')}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body?.webhooks.length === 0 ? <Empty>{t('webhook.none')}</Empty> : null}
      {body?.webhooks.map((webhook) => (
        <One key={webhook.id} webhook={webhook} again={again} />
      ))}
    </Section>
  )
}

function One({ webhook, again }: { readonly webhook: Webhook; readonly again: () => void }) {
  const { t } = useWords()
  const { id, host, connected, behind, parked, note, attempts } = webhook
  return (
    <article class="webhook" data-ok={String(connected)}>
      <h3>
        {id} <span class="muted">{host}</span>
      </h3>
      <p>
        {t(connected ? 'bench.sink.ok' : 'bench.sink.down')}
        {behind === 0 ? null : ` · ${t('bench.sink.behind', { count: behind })}`}
        {parked === 0 ? null : ` · ${t('webhook.parked', { count: parked })}`}
        {note === undefined ? null : (
          <span class="small block">
            <Said text={note} />
          </span>
        )}
      </p>
      <Test id={id} again={again} />
      {attempts.length === 0 ? (
        <Empty>{t('webhook.never')}</Empty>
      ) : (
        <>
          <Tries id={id} attempts={attempts.slice(-SHOWN).toReversed()} />
          <Deliveries id={id} />
        </>
      )}
    </article>
  )
}

function Test({ id, again }: { readonly id: string; readonly again: () => void }) {
  const { t } = useWords()
  const connected = useConnected()
  const [busy, setBusy] = useState(false)
  const [seen, setSeen] = useState<WebhookAttempt>()
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  async function test(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<WebhookAttempt>('POST', `/v1/webhooks/${id}/test`, { body: {} })
    setBusy(false)
    setSeen(answer.ok ? answer.body : undefined)
    if (!answer.ok) setRefused({ problem: answer.problem })
    again()
  }
  return (
    <>
      <button
        type="button"
        disabled={!connected || busy}
        aria-label={t('webhook.test', { id })}
        onClick={() => void test()}
      >
        {t(busy ? 'reach.busy' : 'reach.do')}
      </button>
      <p role="status" data-arrived={seen === undefined ? undefined : String(isTaken(seen))}>
        {seen === undefined ? null : <Outcome attempt={seen} />}
      </p>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </>
  )
}

type Answer = Pick<WebhookAttempt, 'status' | 'error' | 'ms'>

const isTaken = ({ status = 0 }: Answer) => status >= 200 && status < 300

function Outcome({ attempt }: { readonly attempt: Answer }) {
  const { t } = useWords()
  const { status, error, ms } = attempt
  const word = t(isTaken(attempt) ? 'webhook.taken' : 'webhook.failed')
  return (
    <>
      <span class={isTaken(attempt) ? undefined : 'failed'}>{word}</span>{' '}
      {status === undefined ? error === undefined ? null : <Said text={error} /> : status}{' '}
      <span class="muted">{`${ms} ms`}</span>
    </>
  )
}

type TriesProps = { readonly id: string; readonly attempts: readonly WebhookAttempt[] }

function Tries({ id, attempts }: TriesProps) {
  const { t, seconds } = useWords()
  return (
    <Scroll label={t('webhook.tries', { id })}>
      <table>
        <Heads columns={[t('webhook.at'), t('webhook.event'), t('webhook.answer')]} />
        <tbody>
          {attempts.map((attempt) => (
            <tr key={`${attempt.id} ${attempt.at}`}>
              <td>{seconds(Date.parse(attempt.at))}</td>
              <Event of={attempt} />
              <td>
                <Outcome attempt={attempt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

/** Read when asked for: the whole record is looked through. */
function Deliveries({ id }: { readonly id: string }) {
  const { t, seconds } = useWords()
  const connected = useConnected()
  const [seen, setSeen] = useState<readonly WebhookDelivery[]>()
  const label = t('webhook.deliveries', { id })
  async function look(): Promise<void> {
    const path = `/v1/webhooks/${id}/deliveries?limit=${DELIVERIES}`
    const answer = await ask<{ deliveries: readonly WebhookDelivery[] }>('GET', path)
    setSeen(answer.ok ? answer.body.deliveries : undefined)
  }
  return (
    <>
      <button type="button" disabled={!connected} onClick={() => void look()}>
        {label}
      </button>
      {seen === undefined ? null : (
        <Scroll label={label}>
          <table>
            <Heads columns={[t('webhook.at'), t('webhook.event'), t('webhook.count'), t('webhook.answer')]} />
            <tbody>
              {seen.map((delivery) => (
                <tr key={delivery.id}>
                  <td>{seconds(Date.parse(delivery.lastAt))}</td>
                  <Event of={delivery} />
                  <td>{delivery.tries}</td>
                  <td>
                    <Outcome attempt={delivery} />
                    {delivery.stopped === undefined ? null : (
                      <span class="small block">
                        <Said text={delivery.stopped} />
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  )
}

function Event({ of: { type, entry } }: { readonly of: { readonly type: string; readonly entry?: number } }) {
  return (
    <td>
      <code>{type}</code> {entry === undefined ? null : <span class="muted">{`#${entry}`}</span>}
    </td>
  )
}
