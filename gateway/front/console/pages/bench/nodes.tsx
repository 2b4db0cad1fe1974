/** Nodes of an OPC UA server, a level at a time, with the values that stand there; a value that is typed is marked. */
import { useState } from 'preact/hooks'
import { isShown } from '../../model/look.ts'
import type { Problem } from '../../model/wire.ts'
import { Empty, Heads, Refused, Scroll } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useWords } from '../../shell/context.ts'

type Found = {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly type?: string
  readonly value?: string
  readonly cause?: string
}
type Step = { readonly id: string | undefined; readonly name: string }

export function Nodes({ link }: { readonly link: string }) {
  const { t } = useWords()
  const connected = useConnected()
  const [way, setWay] = useState<readonly Step[]>([])
  const [nodes, setNodes] = useState<readonly Found[]>()
  const [shown, setShown] = useState('')
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()

  async function go(next: readonly Step[]): Promise<void> {
    setRefused(undefined)
    const node = next.at(-1)?.id
    const answer = await ask<{ nodes: readonly Found[] }>('POST', '/v1/bench/nodes', {
      body: { link, ...(node === undefined ? {} : { node }) },
    })
    if (!answer.ok) return setRefused({ problem: answer.problem })
    setWay(next)
    setNodes(answer.body.nodes)
  }

  return (
    <>
      <p class="row way">
        <button type="button" disabled={!connected} onClick={() => void go([])}>
          {t('look.objects')}
        </button>
        {way.map(({ name }, at) => (
          <button
            type="button"
            key={way
              .slice(0, at + 1)
              .map(({ id }) => id)
              .join()}
            disabled={!connected}
            onClick={() => void go(way.slice(0, at + 1))}
          >
            {name}
          </button>
        ))}
      </p>
      <label class="filter">
        <span>{t('look.shown')}</span>
        <input inputMode="decimal" value={shown} onInput={({ currentTarget }) => setShown(currentTarget.value)} />
      </label>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
      {nodes?.length === 0 ? <Empty>{t('look.nothing')}</Empty> : null}
      {nodes === undefined || nodes.length === 0 ? null : (
        <Table nodes={nodes} shown={shown} into={connected ? (step) => void go([...way, step]) : undefined} />
      )}
    </>
  )
}

type TableProps = {
  readonly nodes: readonly Found[]
  readonly shown: string
  /** Goes down into one; absent while nobody can. */
  readonly into: ((step: Step) => void) | undefined
}

function Table({ nodes, shown, into }: TableProps) {
  const { t } = useWords()
  return (
    <Scroll label={t('look.title')}>
      <table class="nodes">
        <Heads columns={[t('look.node'), t('look.type'), { number: t('look.value') }, t('look.id')]} />
        <tbody>
          {nodes.map(({ id, name, kind, type, value, cause }) => (
            <tr key={id} data-shown={isShown(value, shown) ? '' : undefined}>
              <th scope="row">
                {kind === 'Object' || kind === 'Variable' ? (
                  <button type="button" class="link" disabled={into === undefined} onClick={() => into?.({ id, name })}>
                    {name}
                  </button>
                ) : (
                  name
                )}
              </th>
              <td>{type ?? kind}</td>
              <td class="number">
                {value ?? <span class="muted">{cause === undefined ? null : <Said text={cause} />}</span>}
              </td>
              <td>
                <code>{id}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
