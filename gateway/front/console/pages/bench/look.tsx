/**
 * What a device has: registers of Modbus, nodes of OPC UA, read over the link that the gateway has to it. What a
 * display shows is typed, and the place that holds it is found. Nothing is written.
 * Read next: model/look.ts (the rows, and what is claimed), nodes.tsx.
 */
import { useState } from 'preact/hooks'
import {
  type Block,
  blocksOf,
  type Candidate,
  foundIn,
  halvesOf,
  type Looked,
  looked,
  rowsOf,
} from '../../model/look.ts'
import type { Problem, Ready } from '../../model/wire.ts'
import { Empty, Heads, Refused, Scroll, Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useWords } from '../../shell/context.ts'
import { Nodes } from './nodes.tsx'
import { type Drafts, MakeProfile, NameIt } from './profile.tsx'

type LookProps = {
  readonly links: Ready['links']
  readonly drafts: Drafts
  readonly draft: (next: Drafts) => void
}

export function Look({ links, drafts, draft }: LookProps) {
  const { t } = useWords()
  const [chosen, setChosen] = useState('')
  const link = links.find(({ id }) => id === chosen) ?? links[0]
  if (link === undefined) return <Empty>{t('do.loading')}</Empty>
  return (
    <Section title={t('look.title')} note={t('look.note')}>
      <label class="filter">
        <span>{t('bench.link')}</span>
        <select value={link.id} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          {links.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <MakeProfile drafts={drafts} change={draft} />
      {link.protocol === 'modbus' ? (
        <Registers key={link.id} link={link.id} drafts={drafts} draft={draft} />
      ) : (
        <Nodes key={link.id} link={link.id} />
      )}
    </Section>
  )
}

type Where = {
  readonly unit: string
  readonly table: 'holding' | 'input'
  readonly start: string
  readonly count: string
}
type ReadBlock = Omit<Block, 'words'> & {
  readonly words?: readonly number[]
  readonly cause?: string
  readonly detail?: string
}
type Read = { readonly blocks: readonly ReadBlock[] }

/** In one request. */
const MOST_BLOCKS = 16
const MOST_REGISTERS = 1_000

/** Reads, and keeps what was read; another place is another search. */
function useRegisters(link: string) {
  const [where, setWhere] = useState<Where>({ unit: '1', table: 'holding', start: '0', count: '40' })
  const [read, setRead] = useState<Read>()
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  const [found, setFound] = useState<Looked>({ samples: [] })
  const [unit, start, count] = [where.unit, where.start, where.count].map(Number) as [number, number, number]
  const isWhole = [unit, start, count].every((each) => Number.isInteger(each) && each >= 0)
  const isGood = isWhole && unit <= 255 && count >= 1 && count <= MOST_REGISTERS && start + count <= 65_536

  async function look(): Promise<readonly Block[] | undefined> {
    setRefused(undefined)
    const blocks: ReadBlock[] = []
    for (let left = blocksOf(where.table, start, count); left.length > 0; ) {
      const asked = left.slice(0, MOST_BLOCKS)
      const answer = await ask<Read>('POST', '/v1/bench/registers', { body: { link, unit, blocks: asked } })
      if (!answer.ok) {
        setRefused({ problem: answer.problem })
        return undefined
      }
      const isCut = (at: number) => answer.body.blocks[at]?.cause === 'refused' && asked[at]!.count > 1
      blocks.push(...answer.body.blocks.filter((_, at) => !isCut(at)))
      left = [...asked.flatMap((block, at) => (isCut(at) ? halvesOf(block) : [])), ...left.slice(MOST_BLOCKS)]
    }
    setRead({ blocks: blocks.toSorted((a, b) => a.start - b.start) })
    return blocks.flatMap(({ words, ...block }) => (words === undefined ? [] : [{ ...block, words }]))
  }

  return {
    ...{ where, read, refused, found, isGood, look },
    go(next: Partial<Where>) {
      setWhere({ ...where, ...next })
      setFound({ samples: [] })
    },
    /** Another number on the display is another search. */
    forget: () => setFound({ samples: [] }),
    async compare(shown: string) {
      const blocks = await look()
      if (blocks !== undefined) setFound(looked(found.samples, shown, blocks))
    },
  }
}

type RegistersProps = Pick<LookProps, 'drafts' | 'draft'> & { readonly link: string }

function Registers({ link, drafts, draft }: RegistersProps) {
  const { t } = useWords()
  const connected = useConnected()
  const { where, read, refused, found, isGood, look, go, compare, forget } = useRegisters(link)
  const [shown, setShown] = useState('')
  const [picked, pick] = useState<Candidate>()
  const one = foundIn(found, picked)
  return (
    <>
      <div class="row">
        <Digits name="unit" where={where} go={go} />
        <label>
          <span class="small">{t('look.table')}</span>
          <select
            value={where.table}
            onChange={({ currentTarget }) => go({ table: currentTarget.value as Where['table'] })}
          >
            <option value="holding">{t('look.holding')}</option>
            <option value="input">{t('look.input')}</option>
          </select>
        </label>
        <Digits name="start" where={where} go={go} />
        <Digits name="count" where={where} go={go} />
        <button type="button" disabled={!connected || !isGood} onClick={() => void look()}>
          {t('look.do')}
        </button>
      </div>
      <form
        class="reason"
        onSubmit={(event) => {
          event.preventDefault()
          void compare(shown)
          setShown('')
        }}
      >
        <label for="look-shown">{t('look.shown')}</label>
        <div class="row">
          <input
            id="look-shown"
            inputMode="decimal"
            value={shown}
            onInput={({ currentTarget }) => setShown(currentTarget.value)}
          />
          <button type="submit" disabled={!connected || !isGood || shown.trim() === ''}>
            {t('look.match')}
          </button>
        </div>
        <Match found={found} pick={pick} />
      </form>
      {one === undefined ? null : (
        <NameIt
          key={JSON.stringify(one)}
          found={one}
          add={(signal) => {
            const others = drafts.signals.filter(({ name }) => name !== signal.name)
            draft({ ...drafts, signals: [...others, signal] })
            forget()
          }}
        />
      )}
      {refused === undefined ? null : <Refused problem={refused.problem} />}
      {read === undefined ? null : <Rows read={read} />}
    </>
  )
}

type DigitsProps = {
  readonly name: 'unit' | 'start' | 'count'
  readonly where: Where
  readonly go: (next: Partial<Where>) => void
}

function Digits({ name, where, go }: DigitsProps) {
  const { t } = useWords()
  return (
    <label>
      <span class="small">{t(`look.${name}`)}</span>
      <input
        inputMode="numeric"
        size={6}
        value={where[name]}
        onInput={({ currentTarget }) => go({ [name]: currentTarget.value })}
      />
    </label>
  )
}

const MOST_SHOWN = 6

/** What may be behind the display so far. */
type MatchProps = { readonly found: Looked; readonly pick: (candidate: Candidate) => void }

function Match({ found, pick }: MatchProps) {
  const { t } = useWords()
  const { samples, verdict, why } = found
  if (why !== undefined)
    return (
      <p class="small" role="status">
        <Said text={why} />
      </p>
    )
  if (verdict === undefined) return <p class="small">{t('look.match.note')}</p>
  const candidates = verdict.kind === 'none' ? [] : verdict.kind === 'one' ? [verdict.candidate] : verdict.candidates
  return (
    <div role="status" data-verdict={verdict.kind} class="match">
      <p>{t(`look.match.${verdict.kind}`, { count: candidates.length, samples: samples.length })}</p>
      <ul>
        {candidates.slice(0, MOST_SHOWN).map((candidate) => (
          <li key={placeIn(candidate)}>
            <code>{placeIn(candidate)}</code>
            {verdict.kind === 'several' ? (
              <button
                type="button"
                class="quiet"
                aria-label={t('look.match.pick.it', { place: placeIn(candidate) })}
                onClick={() => pick(candidate)}
              >
                {t('look.match.pick')}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {verdict.kind === 'one' ? null : (
        <p class="small">
          <Said text={verdict.advice} />
        </p>
      )}
    </div>
  )
}

const placeIn = ({ table, address, type, order, scale, offset }: Candidate) =>
  `${table} ${address} ${type} ${order} × ${scale}${offset === 0 ? '' : ` + ${offset}`}`

function Rows({ read }: { readonly read: Read }) {
  const { t } = useWords()
  return (
    <Scroll label={t('look.title')}>
      <table class="registers">
        <Heads
          columns={[
            t('look.address'),
            { number: 'hex' },
            { number: 'u16' },
            { number: 's16' },
            { number: 'u32' },
            { number: 'f32' },
          ]}
        />
        <tbody>
          {read.blocks.flatMap(({ table, start, words, cause = '', detail = '' }) =>
            words === undefined
              ? [
                  <tr key={`${table} ${start}`}>
                    <th scope="row">{start}</th>
                    <td colSpan={5}>
                      <Said text={detail === '' ? cause : detail} />
                    </td>
                  </tr>,
                ]
              : rowsOf({ table, start, words }).map(({ address, hex, u16, s16, u32, f32 }) => (
                  <tr key={`${table} ${address}`}>
                    <th scope="row">{address}</th>
                    <td class="number">
                      <code>{hex}</code>
                    </td>
                    <td class="number">{u16}</td>
                    <td class="number">{s16}</td>
                    <td class="number">{u32}</td>
                    <td class="number">{f32}</td>
                  </tr>
                )),
          )}
        </tbody>
      </table>
    </Scroll>
  )
}
