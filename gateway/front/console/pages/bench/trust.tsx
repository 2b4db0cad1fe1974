/** Certificates of the links, both ways: whom the gateway trusts, and what the servers think of it. */
import { useState } from 'preact/hooks'
import { acceptable, type Certificate, orderOf, type Trusted } from '../../model/trust.ts'
import { Empty, Facts, Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'

const PATH = '/v1/bench/trust'
const EVERY_MS = 5_000

export function Trust() {
  const { t } = useWords()
  const { body, failed, again } = useAnswer<{ links: readonly Trusted[] }>(PATH, EVERY_MS)
  if (body === undefined) return <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty>
  if (body.links.length === 0) return <Empty>{t('trust.none')}</Empty>
  return (
    <>
      {body.links.map((link) => (
        <LinkTrust key={link.link} trusted={link} again={again} />
      ))}
    </>
  )
}

type LinkProps = { readonly trusted: Trusted; readonly again: () => void }

function LinkTrust({ trusted, again }: LinkProps) {
  const { t } = useWords()
  const { link, ours, applicationUri, namedEndpoint, certificates } = trusted
  return (
    <Section title={t('trust.link', { link })}>
      <p class="trust-ours" data-ours={ours ?? 'unasked'}>
        {t(`trust.ours.${ours ?? 'unasked'}`)}
      </p>
      <Facts
        rows={[
          ...(applicationUri === undefined
            ? []
            : [[t('trust.application'), <bdi key="uri">{applicationUri}</bdi>] as const]),
          ...(namedEndpoint === undefined ? [] : [[t('trust.endpoint'), <bdi key="at">{namedEndpoint}</bdi>] as const]),
        ]}
      />
      <ul class="certificates">
        {orderOf(certificates).map((certificate) => (
          <li key={`${certificate.place} ${certificate.thumbprint}`}>
            <One link={link} certificate={certificate} again={again} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

type OneProps = { readonly link: string; readonly certificate: Certificate; readonly again: () => void }

function One({ link, certificate, again }: OneProps) {
  const { t, date } = useWords()
  const { place, subject, issuer, thumbprint, from, to, applicationUri, hosts, seen, faults } = certificate
  return (
    <article class="certificate" data-place={place}>
      <h3>
        {t(`trust.place.${place}`)}
        {seen ? <span class="muted"> {t('trust.seen')}</span> : null}
      </h3>
      <p class="thumbprint">
        <code>{thumbprint.match(/.{4}/g)?.join(' ')}</code>
      </p>
      <Facts
        rows={[
          [t('trust.subject'), <bdi key="subject">{subject}</bdi>],
          [t('trust.issuer'), <bdi key="issuer">{issuer}</bdi>],
          [t('trust.valid'), `${date(Date.parse(from))} – ${date(Date.parse(to))}`],
          [t('trust.application'), <bdi key="uri">{applicationUri ?? '–'}</bdi>],
          [t('trust.hosts'), <bdi key="hosts">{hosts.join(', ') || '–'}</bdi>],
        ]}
      />
      {faults.length === 0 ? null : (
        <ul class="faults">
          {faults.map(({ kind, what, todo }) => (
            <li key={kind}>
              <Said text={`${what}: ${todo}`} />
            </li>
          ))}
        </ul>
      )}
      <Acts {...{ link, certificate, again }} />
    </article>
  )
}

function Acts({ link, certificate, again }: OneProps) {
  const { t } = useWords()
  const { place, thumbprint, faults } = certificate
  const [compared, setCompared] = useState(false)
  const despite = acceptable(faults)
  if (place === 'issuer') return null
  if (place === 'own')
    return (
      <details>
        <summary>{t('trust.renew')}</summary>
        <p class="small">{t('trust.renew.note')}</p>
        <WithReason word="trust.renew.do" path={PATH} body={{ link, what: 'renew' }} done={again} />
      </details>
    )
  if (place === 'trusted')
    return (
      <details>
        <summary>{t('trust.reject')}</summary>
        <WithReason word="trust.reject.do" path={PATH} body={{ link, what: 'reject', thumbprint }} done={again} />
      </details>
    )
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={compared}
          onChange={({ currentTarget }) => setCompared(currentTarget.checked)}
        />
        <span>{t('trust.compared')}</span>
      </label>
      {despite.length === 0 ? null : <p class="warned">{t('trust.despite', { faults: despite.join(', ') })}</p>}
      {compared ? (
        <WithReason
          word="trust.approve.do"
          path={PATH}
          body={{ link, what: 'approve', thumbprint, ...(despite.length === 0 ? {} : { despite }) }}
          done={again}
        />
      ) : null}
    </>
  )
}
