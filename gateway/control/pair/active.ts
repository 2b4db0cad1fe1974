/**
 * The active box of a pair: each change of the ledger goes to the spare before anybody hears that it is durable. When
 * the spare is out of reach it marks the machines, and goes on alone once they show it; else it ends the process, which
 * is safe before the spare begins. Whether it may go on is decided in core/pair/hold.ts.
 * Read next: copy.ts (how a spare gets what it lacks), spare.ts (the other end), pair.ts (who starts it).
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from '../../../adapters/adapter.ts'
import type { PairBox, SiteConfig } from '../../../config/site.ts'
import type { Health } from '../../core/board/message.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { NS_PER_MS } from '../../core/ground/moment.ts'
import type { Standing } from '../../core/pair/begin.ts'
import { type Hold, type HoldEvent, holdStep } from '../../core/pair/hold.ts'
import { BLIND_MS, PING_MS, TAKE_MS } from '../../core/pair/times.ts'
import type { OnChanges } from '../../ledger/client.ts'
import { sendConfiguration, sendCopy, watchFiles } from './copy.ts'
import { writeStanding } from './standing.ts'
import type { Frame, Hello, Wire } from './wire.ts'

/** What it needs of the ledger, and of the process. */
type Keeper = { kept(n: number): void; settle(): Promise<void>; fatal(error: Error): void }

/** What it needs of the machines. */
export type Ground = {
  /** Machines that an interlock with a lease guards: those that can be read now, and those that judge. */
  sees(): readonly string[]
  judges(): readonly string[]
  /** Whether the machine shows that this box has written to it. */
  mark(machine: string): Promise<boolean>
  /** To be marked, if they can be. */
  readonly machines: readonly string[]
}

export type Active = {
  readonly onChanges: OnChanges
  /** The ledger is open. */
  keep(keeper: Keeper): void
  /** The machines are there: from now on another box may follow. */
  serve(ground: Ground): void
  /**
   * Whether another box than this one follows, or has been told that it has everything and may still go by that: what a
   * third box says of itself says nothing of that one.
   */
  isTaken(folder: string): boolean
  /** A spare has called, and has let go before. `refused`: it may not follow. */
  called(wire: Wire, hello: Hello, refused: boolean): void
  /** A configuration is kept, and its entry is about to be written: the spare has its texts before. */
  offer(configurationId: string): void
  /** Leaves the site to the spare, if that has everything; the gateway here is over. */
  handOver(): Promise<void>
  notes(): string[]
  health(): NonNullable<Health['pair']>
}

type Options = {
  /** As it is by now: another configuration takes its place in this very object. */
  readonly config: Pick<SiteConfig, 'dataDir' | 'configurationId' | 'bounds'>
  /** The names of this box and of the other one. */
  readonly box: string
  readonly other: PairBox
  readonly standing: Standing
  readonly log: Logger
  nowNs(): bigint
}

type Follower = {
  readonly wire: Wire
  readonly folder: string
  readonly configurationId: string
  /** It gets each change as it comes. */
  isLive: boolean
  n: number
  heardNs: bigint
  /** Since then it lacks something; undefined: it has everything. */
  behindNs: bigint | undefined
  echo?: number
  sees: readonly string[]
  readonly sentNs: Map<number, bigint>
}

type State = Options & {
  readonly run: string
  keeper?: Keeper
  ground?: Ground
  hold: Hold
  standing: Standing
  follower?: Follower
  /** Whom the last grant was for. */
  granted?: string
  /** One copy at a time: it is a file of the data folder. */
  copies: Promise<void>
  /** When the last one that followed was heard. */
  heardNs?: bigint
  last: number
  k: number
  readonly recent: { readonly n: number; readonly bytes: Uint8Array }[]
  recentBytes: number
  /** It marks until then: a spare that was held still may begin to look late. */
  markUntilNs: bigint
  readonly marking: Set<string>
  sawNs: bigint
}

/** Changes that are kept for a spare that comes back; of more it takes a new copy. */
const MOST_RECENT_BYTES = 16 * 2 ** 20
const TICK_MS = 100
const MARK_EVERY_MS = 500
const MARKS_ON_MS = 3 * TAKE_MS
const HANDED_MS = 500
/** A follower that says nothing for this long gives its place to another. */
const TAKEN_MS = 10_000

export function createActive(options: Options): Active {
  const at = options.nowNs()
  const state: State = {
    ...options,
    ...{ run: randomUUID(), hold: { kind: 'alone' }, last: 0, k: 0, recent: [], recentBytes: 0 },
    ...{ markUntilNs: 0n, marking: new Set<string>(), sawNs: at, copies: Promise.resolve() },
  }
  const timers: NodeJS.Timeout[] = []
  const stop = () => {
    for (const timer of timers) clearInterval(timer)
  }
  return {
    onChanges: (n, bytes) => takeChanges(state, n, bytes),
    keep(keeper) {
      state.keeper = keeper
      if (state.last > 0) keeper.kept(state.last)
    },
    serve(ground) {
      state.ground = ground
      state.sawNs = options.nowNs()
      timers.push(
        setInterval(() => tick(state), TICK_MS),
        setInterval(() => ping(state), PING_MS),
        setInterval(() => void markAll(state), MARK_EVERY_MS),
      )
    },
    isTaken(folder) {
      const { kind } = advance(state, { kind: 'tick' })
      const { granted, follower } = state
      if (kind !== 'alone' && granted !== undefined && granted !== folder) return true
      const isHeard = follower && options.nowNs() - follower.heardNs < BigInt(TAKEN_MS) * NS_PER_MS
      return isHeard === true && follower?.folder !== folder
    },
    called(wire, hello, isRefused) {
      if (isRefused) advance(state, { kind: 'freed' })
      else void follow(state, wire, hello)
    },
    offer(configurationId) {
      if (state.follower !== undefined) sendConfiguration(options.config.dataDir, configurationId, state.follower.wire)
    },
    async handOver() {
      stop()
      await handOver(state)
    },
    notes: () => notesOf(state),
    health: () => healthOf(state),
  }
}

/** Every event goes through here, so that a box that was held still finds out before it does anything. */
function advance(state: State, event: HoldEvent): Hold {
  const before = state.hold
  const hold = holdStep(before, event, state.nowNs())
  state.hold = hold
  if (hold.kind === before.kind) return hold
  if (hold.kind === 'cut') leaveFollower(state, 'the spare is out of reach; the machines are asked who may go on')
  if (hold.kind === 'alone') goAlone(state)
  if (hold.kind === 'over') {
    const why = 'neither the spare nor the machines vouch for this box any more; the spare may take over'
    state.keeper?.fatal(new GatewayError('pair', 'hold', why))
  }
  return hold
}

function leaveFollower(state: State, why: string): void {
  state.follower?.wire.close()
  delete state.follower
  state.markUntilNs = state.nowNs() + BigInt(MARKS_ON_MS) * NS_PER_MS
  state.log.warn({ term: state.standing.term }, why)
}

function goAlone(state: State): void {
  stand(state, { ...state.standing, alone: true })
  state.keeper?.kept(state.last)
  state.log.warn({ term: state.standing.term }, 'this box goes on alone: the spare cannot take over any more')
}

function stand(state: State, standing: Standing): void {
  writeStanding(state.config.dataDir, standing)
  state.standing = standing
}

function takeChanges(state: State, n: number, bytes: Uint8Array): void {
  const { recent, follower, keeper } = state
  state.last = n
  recent.push({ n, bytes })
  state.recentBytes += bytes.length
  while (state.recentBytes > MOST_RECENT_BYTES && recent.length > 1) state.recentBytes -= recent.shift()!.bytes.length
  if (follower?.isLive) {
    follower.behindNs ??= state.nowNs()
    follower.wire.send({ kind: 'changes', n }, bytes)
  }
  if (advance(state, { kind: 'tick' }).kind === 'alone') keeper?.kept(n)
}

/* ── the spare ── */

async function follow(state: State, wire: Wire, { follow: has, folder, configurationId }: Hello): Promise<void> {
  if (state.ground === undefined) return wire.close() // it begins; the spare calls again
  state.follower?.wire.close()
  delete state.follower
  if (advance(state, { kind: 'freed' }).kind !== 'alone') return wire.close()
  const nowNs = state.nowNs()
  const since = { heardNs: nowNs, behindNs: nowNs }
  const follower: Follower = {
    wire,
    folder,
    configurationId,
    isLive: false,
    n: 0,
    sees: [],
    sentNs: new Map(),
    ...since,
  }
  state.follower = follower
  wire.onFrame((frame) => state.follower === follower && takeFrame(state, follower, frame))
  wire.onClose(() => {
    if (state.follower !== follower) return
    delete state.follower
    advance(state, { kind: 'lost' })
  })
  sendConfiguration(state.config.dataDir, configurationId, wire)
  try {
    const from = await bring(state, follower, has)
    if (state.follower !== follower) return
    const first = state.recent[0]?.n ?? state.last + 1
    if (first > from + 1 && state.last > from) return wire.close()
    for (const { n, bytes } of state.recent) if (n > from) wire.send({ kind: 'changes', n }, bytes)
    follower.isLive = true
    follower.n = from
  } catch (error) {
    state.log.warn({ err: error }, 'the spare could not be given a copy; it asks again')
    wire.close()
  }
}

/** What it lacks; the change from which on it takes all. */
async function bring(state: State, follower: Follower, has: Hello['follow']): Promise<number> {
  const { wire } = follower
  const first = state.recent[0]?.n ?? 1
  if (has?.run === state.run && has.n + 1 >= first && has.n <= state.last) {
    wire.send({ kind: 'copied', run: state.run, from: has.n, to: has.n })
    return has.n
  }
  let from = state.last
  const copied = state.copies.then(async () => {
    from = state.last
    if (state.follower === follower) await sendCopy(state.config, wire)
  })
  state.copies = copied.catch(() => undefined)
  await copied
  await state.keeper?.settle()
  wire.send({ kind: 'copied', run: state.run, from, to: state.last })
  return from
}

function takeFrame(state: State, follower: Follower, frame: Frame): void {
  if (frame.kind !== 'answer') return
  if (!(frame.n <= state.last)) return follower.wire.close() // nobody has what was never written
  follower.n = frame.n
  follower.heardNs = state.nowNs()
  state.heardNs = follower.heardNs
  if (follower.isLive && frame.n === state.last) follower.behindNs = undefined
  follower.sees = frame.sees
  if (frame.k !== undefined) {
    follower.echo = frame.k
    const atNs = follower.sentNs.get(frame.k)
    for (const k of follower.sentNs.keys()) if (k < frame.k) follower.sentNs.delete(k)
    if (atNs !== undefined) advance(state, { kind: 'answered', atNs })
  }
  const { kind } = advance(state, { kind: 'tick' })
  if (kind === 'paired') state.keeper?.kept(frame.n)
  else if (kind === 'alone' && follower.isLive && frame.n === state.last && frame.k !== undefined) grant(state)
}

/** From now on nothing is answered for that the spare does not have. */
function grant(state: State): void {
  if (state.ground === undefined || state.follower === undefined) return
  state.granted = state.follower.folder
  stand(state, { ...state.standing, alone: false })
  ping(state, true)
  state.log.info({ term: state.standing.term }, 'the spare has everything, and follows')
}

function ping(state: State, isGrant = false): void {
  const { follower, ground } = state
  if (follower === undefined || ground === undefined) return
  // It would take over with the configuration before: it calls again, and is told so.
  if (follower.configurationId !== state.config.configurationId) return follower.wire.close()
  if (follower.isLive) watchFiles(state.config.dataDir, follower.wire, Number(state.nowNs() / NS_PER_MS))
  const told = { atNs: state.nowNs(), judges: ground.judges() }
  const { kind } = advance(state, { kind: isGrant ? 'granted' : 'told', told })
  if (kind === 'cut' || kind === 'over') return
  state.k += 1
  follower.sentNs.set(state.k, told.atNs)
  const echo = follower.echo === undefined ? {} : { echo: follower.echo }
  follower.wire.send({
    kind: 'ping',
    k: state.k,
    n: state.last,
    ...echo,
    judges: told.judges,
    granted: kind === 'paired',
  })
}

/* ── time, and the machines ── */

function tick(state: State): void {
  const hold = advance(state, { kind: 'tick' })
  const { ground, follower } = state
  const nowNs = state.nowNs()
  if (ground === undefined || ground.machines.length === 0 || ground.sees().length > 0) state.sawNs = nowNs
  if (hold.kind !== 'paired' || nowNs - state.sawNs < BigInt(BLIND_MS) * NS_PER_MS) return
  if (follower === undefined || follower.sees.length === 0) return
  void handOver(state).then(() =>
    state.keeper?.fatal(
      new GatewayError('pair', 'machines', 'this box reaches no machine, and the spare does: it takes over'),
    ),
  )
}

async function markAll(state: State): Promise<void> {
  const { ground, hold, marking } = state
  const isDue = hold.kind === 'cut' || (hold.kind === 'alone' && state.nowNs() < state.markUntilNs)
  if (ground === undefined || !isDue) return
  await Promise.all(ground.machines.filter((machine) => !marking.has(machine)).map((machine) => mark(state, machine)))
}

async function mark(state: State, machine: string): Promise<void> {
  state.marking.add(machine)
  const writtenNs = state.nowNs()
  const isSeen = await state.ground!.mark(machine).catch(() => false)
  state.marking.delete(machine)
  if (isSeen) advance(state, { kind: 'marked', machine, writtenNs })
}

async function handOver(state: State): Promise<void> {
  const { follower, hold } = state
  if (hold.kind !== 'paired' || follower === undefined) return
  stand(state, { ...state.standing, role: 'spare', alone: false })
  state.hold = { kind: 'over' }
  follower.wire.send({ kind: 'handed' })
  await Promise.race([follower.wire.drained(), new Promise((resolve) => setTimeout(resolve, HANDED_MS))])
}

function healthOf({ hold, follower, standing, box, other, nowNs, heardNs, last }: State): NonNullable<Health['pair']> {
  const ms = (sinceNs: bigint) => Number((nowNs() - sinceNs) / NS_PER_MS)
  return {
    ...{ box, other: other.id, term: standing.term, followed: hold.kind === 'paired' },
    ...(other.url === undefined ? {} : { otherUrl: other.url }),
    spare: hold.kind === 'paired' ? 'follows' : follower === undefined ? 'absent' : 'copies',
    ...(heardNs === undefined ? {} : { heardAgoMs: ms(heardNs) }),
    ...(follower === undefined
      ? {}
      : {
          behindMs: follower.behindNs === undefined ? 0 : ms(follower.behindNs),
          ...(follower.isLive ? { behind: last - follower.n } : {}),
        }),
  }
}

function notesOf({ hold, follower }: State): string[] {
  if (hold.kind === 'paired') return []
  return [
    follower === undefined
      ? 'the other box of the pair does not follow: if this one is lost, nobody takes over'
      : 'the other box of the pair takes a copy, and cannot take over yet',
  ]
}
