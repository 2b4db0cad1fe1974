/**
 * The spare of a pair: it keeps a copy of the data folder of the active box, change by change, and looks at the
 * machines. It writes to none of them and serves nobody. Whether it takes over is decided in core/pair/watch.ts.
 * Read next: active.ts (the other end), kept.ts (the copy), machines.ts, pair.ts (who starts it).
 */
import { statfs } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { Moment } from '../../core/ground/moment.ts'
import { NS_PER_MS } from '../../core/ground/moment.ts'
import { isWhy, type Why } from '../../core/pair/stand-by.ts'
import { type Watch, type WatchEvent, watchStep } from '../../core/pair/watch.ts'
import { createKept, type Kept } from './kept.ts'
import { lookAtMachines } from './machines.ts'
import type { Frame, Wire } from './wire.ts'

export type Spare = {
  /**
   * Resolves when this box is to take over, and nothing of it is in use any more; when it has to ask again; or when the
   * active box has another configuration, which is kept here now.
   */
  run(): Promise<SpareEnd>
  /** How far behind it is, and why it could not take over. */
  view(): { readonly behind?: number; readonly why?: Why }
  /** What is here of the run of the active box. */
  has(): Kept['has']
  /** Whether this box is still a spare, as the other one asks. `toActive`: its active box starts anew, and goes on. */
  answers(toActive: boolean): boolean
}

type SpareEnd = { readonly kind: 'due' | 'lost' } | { readonly kind: 'other'; readonly configurationId: string }

/** What a box knows of the other one, whatever it is itself. */
export type Contact = {
  heardNs?: bigint
  /** What keeps this box from following; undefined: nothing that is known. */
  why?: Why | undefined
  /** Copies that came to nothing, one after the other. */
  failures: number
}

type Options = {
  readonly config: SiteConfig
  readonly log: Logger
  readonly contact: Contact
  /** What an earlier spare of this process has kept. */
  readonly goesOn: Kept['has']
  now(): Moment
  /** To the active box, with the hello said. `answers` is called before the hello. */
  call(follow: Kept['has'], answers: () => void): Promise<Wire | 'absent' | 'key'>
}

type State = Options & {
  watch: Watch
  readonly kept: Kept
  readonly seenNs: Map<string, bigint>
  /** When each answer was sent, by the ping that it answers. */
  readonly answeredNs: Map<number, bigint>
  wire?: Wire
  heardNs: bigint
  /** The newest change that the active box has said it has. */
  last: number
  /** What the active box has in force, where it is not what is in force here. */
  other?: string
}

const TICK_MS = 100
const CALL_EVERY_MS = 500
/** A wire on which nothing comes for this long is closed: it may be of a box that is gone. */
const SILENT_MS = 3000
/** After a copy that came to nothing; each further one doubles it. */
const FAILED_MS = 1000
const FAILED_MOST_MS = 60_000
/** A machine was read lately. */
const SEES_MS = 2000

export function createSpare(options: Options): Spare {
  const { config } = options
  const state: State = {
    ...options,
    ...{
      watch: { kind: 'behind' },
      kept: createKept(config.dataDir, options.goesOn),
      seenNs: new Map(),
      answeredNs: new Map(),
      heardNs: 0n,
      last: 0,
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
    view: () => viewOf(state),
    has: () => state.kept.has,
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
  if (state.watch.kind === 'following') {
    Object.assign(state.contact, { failures: 0, why: undefined })
    state.log.info({}, 'this box has everything, and stands by')
  }
  if (state.watch.kind === 'due') state.log.warn({}, 'the active box is lost; this one takes over')
  if (state.watch.kind === 'behind' && state.watch.why !== undefined)
    state.log.error({ why: state.watch.why }, notes[state.watch.why])
}

function viewOf({ watch, kept, contact, wire, last }: State): ReturnType<Spare['view']> {
  const behind = kept.has === undefined || wire === undefined ? {} : { behind: Math.max(0, last - kept.n()) }
  if (watch.kind !== 'behind') return behind
  return { ...behind, why: contact.why ?? (wire === undefined ? 'absent' : 'copying') }
}

/** Calls the active box again as long as this one may take over from it; `lost`: somebody has to be asked anew. */
async function follow(state: State): Promise<SpareEnd> {
  const { contact, kept, config } = state
  const isDue = () => state.watch.kind === 'due'
  do {
    if (kept.has === undefined && (await isFull(config))) Object.assign(contact, failed(contact, 'disk'))
    else {
      const wire = await state.call(kept.has, () => advance(state, { kind: 'let-go' }))
      if (typeof wire === 'string') contact.why = wire
      else if (isDue()) wire.close()
      else await listen(state, wire)
    }
    if (state.other !== undefined) return { kind: 'other', configurationId: state.other }
    if (!isDue()) await pause(contact.failures === 0 ? CALL_EVERY_MS : failedMs(contact.failures))
  } while (state.watch.kind === 'following')
  if (state.watch.kind === 'behind' && state.watch.why !== undefined) contact.why = state.watch.why
  return { kind: isDue() ? 'due' : 'lost' }
}

export const failed = ({ failures }: Contact, why: Why): Contact => ({ failures: failures + 1, why })

export const failedMs = (failures: number) => Math.min(FAILED_MOST_MS, FAILED_MS * 2 ** (failures - 1))

async function isFull({ dataDir, bounds }: SiteConfig): Promise<boolean> {
  const { bavail, bsize } = await statfs(dataDir)
  return bavail * bsize < bounds.diskReserve
}

/** Until the wire is closed, or this box is due. */
function listen(state: State, wire: Wire): Promise<void> {
  state.wire = wire
  state.heardNs = state.now().ns
  state.answeredNs.clear()
  state.kept.begin()
  return new Promise((resolve) => {
    wire.onClose(() => {
      delete state.wire
      resolve()
    })
    wire.onFrame((frame, bytes) => {
      try {
        takeFrame(state, wire, frame, bytes)
      } catch (error) {
        state.log.error({ err: error }, 'what the active box sent could not be kept; a new copy is asked for')
        state.kept.forget()
        Object.assign(state.contact, failed(state.contact, 'failed'))
        advance(state, { kind: 'let-go' })
        wire.close()
      }
    })
  })
}

function takeFrame(state: State, wire: Wire, frame: Frame, bytes: Buffer): void {
  const { kept, log, contact } = state
  state.heardNs = state.now().ns
  contact.heardNs = state.heardNs
  switch (frame.kind) {
    case 'said':
      return takeSaid(state, wire, frame)
    case 'configuration':
      return kept.takeConfiguration(frame.id, bytes)
    case 'file':
      return kept.takeFile(frame, bytes)
    case 'gone':
      return kept.takeGone(frame.path)
    case 'copied': {
      const tail = kept.takeCopied(frame)
      if (tail !== undefined) log.warn({ folder: tail }, 'this box had entries that the pair has not; they are kept')
      return
    }
    case 'changes':
      state.last = Math.max(state.last, frame.n)
      kept.takeChanges(frame.n, bytes)
      return answer(state, wire)
    case 'ping':
      state.last = frame.n
      heard(state, frame)
      return answer(state, wire, frame.k)
    case 'handed':
      advance(state, { kind: 'handed' })
      return wire.close()
  }
}

function takeSaid(
  state: State,
  wire: Wire,
  { said, refused, configurationId }: Extract<Frame, { kind: 'said' }>,
): void {
  const { contact, log } = state
  if (refused === undefined) {
    if (contact.why !== 'failed') contact.why = undefined
    if (said.now !== 'active') wire.close()
    return
  }
  contact.why = isWhy(refused) ? refused : 'version'
  if (refused === 'configuration') state.other = configurationId
  else log.error({ why: refused }, 'the active box does not take this one as its spare')
  wire.close()
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
