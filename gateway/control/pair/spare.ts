/**
 * The spare of a pair: it keeps a copy of the data folder of the active box, change by change, and looks at the
 * machines. It writes to none of them and serves nobody. Whether it takes over is decided in core/pair/watch.ts.
 * Read next: active.ts (the other end), kept.ts (the copy), machines.ts, pair.ts (who starts it).
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { Moment } from '../../core/ground/moment.ts'
import { NS_PER_MS } from '../../core/ground/moment.ts'
import { type Watch, type WatchEvent, watchStep } from '../../core/pair/watch.ts'
import { createKept, type Kept } from './kept.ts'
import { lookAtMachines } from './machines.ts'
import type { Frame, Wire } from './wire.ts'

export type Spare = {
  /** Resolves when this box is to take over, and nothing of it is in use any more; or when it has to ask again. */
  run(): Promise<'due' | 'lost'>
  /** Whether this box is still a spare, as the other one asks. `toActive`: its active box starts anew, and goes on. */
  answers(toActive: boolean): boolean
}

type Options = {
  readonly config: SiteConfig
  readonly log: Logger
  now(): Moment
  /** To the active box, with the hello said; undefined: it does not answer. `answers` is called before the hello. */
  call(follow: Kept['has'], answers: () => void): Promise<Wire | undefined>
}

type State = Options & {
  watch: Watch
  readonly kept: Kept
  readonly seenNs: Map<string, bigint>
  /** When each answer was sent, by the ping that it answers. */
  readonly answeredNs: Map<number, bigint>
  wire?: Wire
  heardNs: bigint
}

const TICK_MS = 100
const CALL_EVERY_MS = 500
/** A wire on which nothing comes for this long is closed: it may be of a box that is gone. */
const SILENT_MS = 3000
/** A machine was read lately. */
const SEES_MS = 2000

export function createSpare(options: Options): Spare {
  const { config } = options
  const state: State = {
    ...options,
    ...{
      watch: { kind: 'behind' },
      kept: createKept(config.dataDir),
      seenNs: new Map(),
      answeredNs: new Map(),
      heardNs: 0n,
    },
  }
  return {
    async run() {
      const looking = await lookAtMachines(config, options.now, (look) => {
        state.seenNs.set(look.machine, look.toNs)
        advance(state, { kind: 'look', look })
      })
      const timer = setInterval(() => tick(state), TICK_MS)
      try {
        return await follow(state)
      } finally {
        clearInterval(timer)
        state.wire?.close()
        void looking.stop() // it only reads
        state.kept.close()
      }
    },
    answers(toActive) {
      if (state.watch.kind === 'due') return false
      if (toActive) letGo(state)
      return true
    },
  }
}

function letGo(state: State): void {
  advance(state, { kind: 'let-go' })
  state.wire?.close()
  state.log.info({}, 'the active box is there again')
}

function tick(state: State): void {
  advance(state, { kind: 'tick' })
  if (state.watch.kind === 'due' || state.now().ns - state.heardNs > BigInt(SILENT_MS) * NS_PER_MS) state.wire?.close()
}

const notes = {
  life: 'the active box is out of reach and works on at the machines; this one does not take over',
  blind: 'the active box is out of reach and too few machines can be read to take over; a person decides',
} as const

function advance(state: State, event: WatchEvent): void {
  const { kind } = state.watch
  state.watch = watchStep(state.watch, event, state.now().ns)
  if (state.watch.kind === kind) return
  if (state.watch.kind === 'following') state.log.info({}, 'this box has everything, and stands by')
  else if (state.watch.kind === 'due') state.log.warn({}, 'the active box is lost; this one takes over')
  else if (state.watch.why !== undefined) state.log.error({ why: state.watch.why }, notes[state.watch.why])
}

/** Calls the active box again as long as this one may take over from it; `lost`: somebody has to be asked anew. */
async function follow(state: State): Promise<'due' | 'lost'> {
  const isDue = () => state.watch.kind === 'due'
  do {
    const wire = await state.call(state.kept.has, () => advance(state, { kind: 'let-go' }))
    if (wire !== undefined && !isDue()) await listen(state, wire)
    else wire?.close()
    if (!isDue()) await pause(CALL_EVERY_MS)
  } while (state.watch.kind === 'following')
  return isDue() ? 'due' : 'lost'
}

/** Until the wire is closed, or this box is due. */
function listen(state: State, wire: Wire): Promise<void> {
  state.wire = wire
  state.heardNs = state.now().ns
  state.answeredNs.clear()
  state.kept.begin()
  return new Promise((resolve) => {
    wire.onClose(resolve)
    wire.onFrame((frame, bytes) => {
      try {
        takeFrame(state, wire, frame, bytes)
      } catch (error) {
        state.log.error({ err: error }, 'what the active box sent could not be kept; a new copy is asked for')
        state.kept.forget()
        advance(state, { kind: 'let-go' })
        wire.close()
      }
    })
  })
}

function takeFrame(state: State, wire: Wire, frame: Frame, bytes: Buffer): void {
  const { kept, log } = state
  state.heardNs = state.now().ns
  switch (frame.kind) {
    case 'said':
      if (frame.refused !== undefined)
        log.error({ why: frame.refused }, 'the active box does not take this one as its spare')
      if (frame.refused !== undefined || frame.said.now !== 'active') wire.close()
      return
    case 'file':
      return kept.takeFile(frame, bytes)
    case 'copied': {
      const tail = kept.takeCopied(frame)
      if (tail !== undefined) log.warn({ folder: tail }, 'this box had entries that the pair has not; they are kept')
      return
    }
    case 'changes':
      kept.takeChanges(frame.n, bytes)
      return answer(state, wire)
    case 'ping':
      heard(state, frame)
      return answer(state, wire, frame.k)
    case 'handed':
      advance(state, { kind: 'handed' })
      return wire.close()
  }
}

function heard(state: State, { echo, judges, granted }: Extract<Frame, { kind: 'ping' }>): void {
  const { answeredNs } = state
  const atNs = echo === undefined ? undefined : answeredNs.get(echo)
  for (const k of answeredNs.keys()) if (echo !== undefined && k < echo) answeredNs.delete(k)
  if (!granted || atNs === undefined) return
  advance(state, { kind: state.watch.kind === 'behind' ? 'granted' : 'heard', judges, atNs })
}

function answer(state: State, wire: Wire, k?: number): void {
  const { ns } = state.now()
  const sees = [...state.seenNs].filter(([, at]) => ns - at < BigInt(SEES_MS) * NS_PER_MS).map(([machine]) => machine)
  if (k !== undefined) state.answeredNs.set(k, ns)
  wire.send({ kind: 'answer', n: state.kept.n(), ...(k === undefined ? {} : { k }), sees })
}
