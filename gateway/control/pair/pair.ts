/**
 * One of two boxes that are one gateway. It finds out which of them works, stands by as the spare as long as the other
 * does, and comes back when this one is the active box. Read next: core/pair/begin.ts (which one), spare.ts, active.ts,
 * decisions/031-a-pair.md.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { beginAs, type Said, type Standing } from '../../core/pair/begin.ts'
import { migrations } from '../../ledger/store/migrations/index.ts'
import { createClock } from '../host/clock.ts'
import { KEEP_EVERY_MS, takeLock } from '../host/lock.ts'
import { LOCK } from '../host/names.ts'
import { type Active, createActive } from './active.ts'
import { createSpare, type Spare } from './spare.ts'
import { readStanding, writeStanding } from './standing.ts'
import { call, type Frame, type Hello, listenAt, type Wire } from './wire.ts'

type PairOptions = {
  readonly config: SiteConfig
  /** The name of this box. */
  readonly box: string
  readonly log: Logger
  /** This box stands by, for the first time. */
  standsBy(): void
}

const ASK_EVERY_MS = 500
/** For an answer to a hello, ms. */
const ANSWER_MS = 1500

type State = PairOptions & {
  readonly pair: NonNullable<SiteConfig['pair']>
  readonly other: NonNullable<SiteConfig['pair']>['boxes'][number]
  readonly isFirst: boolean
  phase: Said['now']
  hasStoodBy: boolean
  standing: Standing | undefined
  spare?: Spare
  active?: Active
}

/** Resolves when this box is the active one. */
export async function openPair(options: PairOptions): Promise<Active> {
  const { config, box, log } = options
  const { dataDir } = config
  const state = stateOf(options)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = takeLock(join(dataDir, LOCK), 'another gateway. Stop it first, or use another dataDir')
  const keeping = setInterval(() => lock.keep(), KEEP_EVERY_MS)
  state.standing = readStanding(dataDir)
  const own = state.pair.boxes.find(({ id }) => id === box)!
  await listenAt(own, state.pair.key, (wire) => welcome(state, wire))
  log.info({ box, other: state.other.id, term: state.standing?.term ?? 0 }, 'this box is one of a pair')
  await untilActive(state)
  clearInterval(keeping)
  lock.close()
  const { now } = createClock({})
  const active = createActive({ config, standing: state.standing!, log, nowNs: () => now().ns })
  state.active = active
  return active
}

function stateOf(options: PairOptions): State {
  const { pair } = options.config
  const other = pair?.boxes.find(({ id }) => id !== options.box)
  if (pair === undefined || other === undefined || !pair.boxes.some(({ id }) => id === options.box))
    throw new GatewayError('config', 'pair', `the site file has no pair with a box ${options.box}`)
  return {
    ...options,
    pair,
    other,
    isFirst: pair.boxes[0]!.id === options.box,
    phase: 'undecided',
    hasStoodBy: false,
    standing: undefined,
  }
}

function stand(state: State, standing: Standing): void {
  writeStanding(state.config.dataDir, standing)
  state.standing = standing
}

async function untilActive(state: State): Promise<void> {
  let isSaid = false
  for (;;) {
    const other = await ask(state)
    switch (beginAs(state.standing, state.isFirst, other)) {
      case 'active':
        // Nobody follows yet, and nobody else can have gone on.
        stand(state, { term: state.standing?.term ?? 1, role: 'active', alone: true })
        state.phase = 'active'
        return
      case 'spare':
        if (await standBy(state, other!.standing!)) return
        break
      case 'wait':
        if (!isSaid && other === undefined)
          state.log.warn(
            { other: state.other.id },
            'the other box does not answer; this one cannot know whether it went on',
          )
        isSaid = true
    }
    await pause(ASK_EVERY_MS)
  }
}

/** True: this box has taken over. */
async function standBy(state: State, { term }: Standing): Promise<boolean> {
  const { config, log } = state
  stand(state, { term, role: 'spare', alone: false })
  const { now } = createClock({})
  const spare = createSpare({
    ...{ config, log, now },
    call: async (follow, answers) => {
      const wire = await call(state.other, state.pair.key)
      if (wire === undefined) return undefined
      answers()
      wire.send(helloOf(state, follow ?? { run: '', n: 0 }))
      return wire
    },
  })
  state.spare = spare
  state.phase = 'spare'
  if (!state.hasStoodBy) state.standsBy()
  state.hasStoodBy = true
  const end = await spare.run()
  delete state.spare
  state.phase = 'undecided'
  if (end === 'lost') return false
  stand(state, { term: term + 1, role: 'active', alone: true })
  state.phase = 'active'
  return true
}

const said = ({ phase, standing }: State): Said => ({ now: phase, standing })

function helloOf(state: State, follow?: Hello['follow']): Hello {
  const { configurationId } = state.config
  return { kind: 'hello', said: said(state), configurationId, schema: migrations.length, ...(follow && { follow }) }
}

/** What the other box says of itself; undefined: it does not answer. */
async function ask(state: State): Promise<Said | undefined> {
  const wire = await call(state.other, state.pair.key)
  if (wire === undefined) return undefined
  return new Promise((resolve) => {
    const end = (answer: Said | undefined) => {
      clearTimeout(timer)
      wire.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(undefined), ANSWER_MS)
    wire.onClose(() => end(undefined))
    wire.onFrame((frame) => frame.kind === 'said' && end(frame.said))
    wire.send(helloOf(state))
  })
}

/** Somebody with the key of the pair has called. */
function welcome(state: State, wire: Wire): void {
  const timer = setTimeout(() => wire.close(), ANSWER_MS)
  wire.onFrame((frame) => {
    clearTimeout(timer)
    if (frame.kind !== 'hello') return wire.close()
    const { standing } = frame.said
    const isItsActive = standing?.role === 'active' && standing.term === state.standing?.term
    // It is about to begin, or to take over, and no answer is true any more when it arrives: the other box asks again.
    if (state.phase === 'active' && state.active === undefined) return wire.close()
    if (state.spare !== undefined && !state.spare.answers(isItsActive)) return wire.close()
    const refused = frame.follow && whyRefused(state, frame)
    const answer: Frame = { kind: 'said', said: said(state), ...(refused === undefined ? {} : { refused }) }
    wire.send(answer)
    if (frame.follow !== undefined) state.active?.called(wire, frame, refused !== undefined)
  })
}

function whyRefused({ config }: State, { configurationId, schema }: Hello): string | undefined {
  if (schema !== migrations.length) return 'the boxes run versions whose ledgers differ: give both the same'
  if (configurationId !== config.configurationId) return 'the site files of the boxes differ: give both the same'
  return undefined
}
