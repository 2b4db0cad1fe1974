/** Times in which a machine takes nobody new, because its owner or a technician says so. */
import { useState } from 'preact/hooks'
import type { Block } from '../../model/wire.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { ask, pressKey } from '../../shell/api.ts'
import { useAnswer, useConnected, useNow, useWords } from '../../shell/context.ts'

export function Blocks({ id }: { readonly id: string }) {
  const { t, time } = useWords()
  const now = useNow(10_000)
  const connected = useConnected()
  const [name, setName] = useState(pressKey)
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const { body, again } = useAnswer<{ blocks: readonly Block[] }>(`/v1/machines/${id}/blocks`)
  const [start, end] = [Date.parse(from), Date.parse(to)]

  async function remove(block: string): Promise<void> {
    await ask('DELETE', `/v1/machines/${id}/blocks/${encodeURIComponent(block)}`)
    again()
  }

  return (
    <Section title={t('bench.block')}>
      {body?.blocks.length === 0 ? <Empty>{t('bench.blocks.none')}</Empty> : null}
      <ul class="blocks">
        {(body?.blocks ?? []).map((block) => (
          <li key={block.id}>
            <span>
              {time(Date.parse(block.start), now)}–{time(Date.parse(block.end), Date.parse(block.start))}
              <span class="small">
                <bdi>{block.reason}</bdi> · <bdi>{block.by}</bdi>
              </span>
            </span>
            <button type="button" disabled={!connected} onClick={() => void remove(block.id)}>
              {t('bench.block.remove')}
            </button>
          </li>
        ))}
      </ul>
      <div class="row">
        <label>
          <span class="small">{t('bench.block.from')}</span>
          <input type="datetime-local" value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)} />
        </label>
        <label>
          <span class="small">{t('bench.block.to')}</span>
          <input type="datetime-local" value={to} onChange={({ currentTarget }) => setTo(currentTarget.value)} />
        </label>
      </div>
      <WithReason
        word="bench.block.do"
        method="PUT"
        path={`/v1/machines/${id}/blocks/${name}`}
        ready={end > start}
        body={end > start ? { start: new Date(start).toISOString(), end: new Date(end).toISOString() } : {}}
        done={() => {
          setName(pressKey())
          again()
        }}
      />
    </Section>
  )
}
