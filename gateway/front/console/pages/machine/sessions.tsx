/** The sessions of a machine, newest first: when, and what each used. */
import type { UsageLine } from '../../model/wire.ts'
import { Empty, Heads, Scroll, Section, Tenant } from '../../parts/parts.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'
import { Amount } from './meters.tsx'

const EVERY_MS = 10_000
const SHOWN = 12

export function Sessions({ id }: { readonly id: string }) {
  const { t, of, time } = useWords()
  const { body, failed } = useAnswer<{ usage: readonly UsageLine[] }>(`/v1/usage?machine=${id}&limit=1000`, EVERY_MS)
  const sessions = [...Map.groupBy(body?.usage ?? [], ({ session }) => session).values()].toReversed().slice(0, SHOWN)
  return (
    <Section title={t('machine.sessions')}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body !== undefined && sessions.length === 0 ? <Empty>{t('machine.sessions.none')}</Empty> : null}
      {sessions.length === 0 ? null : (
        <Scroll label={t('machine.sessions')}>
          <table>
            <Heads columns={[t('books.when'), t('books.tenant'), { number: t('books.quantity') }]} />
            <tbody>
              {sessions.map((lines) => {
                const line = lines[0]!
                const from = line.startedAt === undefined ? undefined : Date.parse(line.startedAt)
                const to = line.endedAt === undefined ? undefined : Date.parse(line.endedAt)
                return (
                  <tr key={line.session}>
                    <th scope="row">
                      {from === undefined ? '' : time(from, Date.now())}
                      {to === undefined ? '' : `–${time(to, from)}`}
                      <span class="small">{of('status', line.status, 'status.open')}</span>
                    </th>
                    <td>
                      <Tenant id={line.tenant ?? line.tenantRef} />
                    </td>
                    <td class="number">
                      {lines.map((each) => (
                        <span class="block" key={each.meter}>
                          <Amount quantity={each.quantity} unit={each.unit} />
                        </span>
                      ))}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  )
}
