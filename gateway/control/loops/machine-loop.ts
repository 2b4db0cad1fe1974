/**
 * One machine at run time: feeds events to the pure core and carries out what it answers. All order is the order of
 * `dispatch`; every effect that takes time comes back as another event.
 * Read next: core/step.ts (what it calls), points.ts (what it reads), link-loop.ts (how).
 */
import { LinkError } from '../../../adapters/adapter.ts'
import type { Outcome } from '../../core/command/outcome.ts'
import { assert } from '../../core/ground/failure.ts'
import * as interlock from '../../core/interlock/interlock.ts'
import { markWords, nextWord } from '../../core/interlock/lease.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Effect, MachineEvent } from '../../core/machine/event.ts'
import { type Env, interlockOf, type MachineState } from '../../core/machine/state.ts'
import type { Reading } from '../../core/reading/reading.ts'
import { step, takeUneventful } from '../../core/step.ts'
import type { Live } from '../live.ts'
import type { LinkLoop } from './link-loop.ts'
import { decidesIn, interlockBlock, type PointsByLink, toCycle, toMachine, urgentPoints } from './points.ts'

export type MachineLoop = {
  readonly state: MachineState
  dispatch(event: MachineEvent): void
  /** Another takes its place: whatever still comes for it is passed over. */
  retire(): void
  /** Readings as a link brought them: unscaled, by point id of the link. */
  take(readings: readonly Reading[]): void
  /** What has happened to it since this was asked last: something, or it was read and says what it said. */
  takeNews(): 'moved' | 'read' | undefined
  /** For a drill under way: what the interlock shows now; undefined: it could not be read. */
  readInterlock(): Promise<interlock.Shown | undefined>
  /** For a drill under way: one write of its block, with the same care as any other. */
  writeInterlock(words: readonly number[]): Promise<Sent['result']>
  /** Of a pair: writes that this gateway is there, and asks for nothing; whether the machine shows that. */
  mark(): Promise<boolean>
}

type LinkLoops = ReadonlyMap<string, LinkLoop>
type Sent = { readonly result: 'accepted' | 'refused' | 'unsent' | 'unknown'; readonly detail?: string }

export type MachineLoopDeps = {
  readonly state: MachineState
  readonly links: LinkLoops
  readonly live: Pick<Live, 'of'>
  env(): Env
  append(change: Change): void
  flush(): Promise<void>
  /** A machine has to be stepped at this moment if nothing happens before, monotonic ns. */
  wait(machine: string, dueNs: bigint): void
  /** Others should see at once what has gathered. */
  hurry(): void
  reply(command: number, outcome: Outcome): void
}

export function createMachineLoop({ state, links, ...deps }: MachineLoopDeps): MachineLoop {
  const { config } = state
  const urgent = urgentPoints(config)
  const cycle = toCycle(config)
  const decides = decidesIn(config)
  const live = deps.live.of(config, (signal) => links.get(signal.link)!.readEveryMs(signal), decides)
  let news: ReturnType<MachineLoop['takeNews']> = 'moved'
  let isRetired = false

  function dispatch(event: MachineEvent): void {
    if (isRetired) return
    news = 'moved'
    const { recorded } = state.shown
    for (const effect of step(state, event, deps.env())) run(effect)
    deps.wait(config.id, state.pace.dueNs)
    if (state.shown.recorded !== recorded) deps.hurry()
  }

  /** The core is troubled with no reading that is only shown, nor with a poll that says nothing new. */
  function take(readings: readonly Reading[], ref?: number): void {
    if (isRetired) return
    const own = cycle(readings)
    const deciding = own.filter(({ point }) => decides(point))
    if (ref === undefined && isUneventful(state, deciding)) news ??= 'read'
    else dispatch({ kind: 'readings', readings: deciding, ...(ref !== undefined && { ref }) })
    live.take(own, state.meters)
  }

  const written = (ref: number) => (sent: Sent) => dispatch({ kind: 'written', ref, ...sent })
  function run(effect: Effect): void {
    switch (effect.kind) {
      case 'change':
        return deps.append(effect.change)
      case 'commit':
        return void deps.flush().then(() => dispatch({ kind: 'committed', ref: effect.ref }))
      case 'read':
        return void (effect.afterMs ? setTimeout(() => void read(effect), effect.afterMs) : read(effect))
      case 'write':
        return void writeOnce(links, state, effect.words).then(written(effect.ref))
      case 'reply':
        return deps.reply(effect.command, effect.outcome)
    }
  }

  async function read({ ref, what }: Extract<Effect, { kind: 'read' }>): Promise<void> {
    take(await readNow(links, what === 'interlock' ? urgent.interlock : urgent.all), ref)
  }

  const loop: MachineLoop = {
    state,
    dispatch,
    take,
    retire() {
      isRetired = true
    },
    takeNews() {
      const is = news
      news = undefined
      return is
    },
    async readInterlock() {
      const readings = (await readNow(links, urgent.interlock)).map(toMachine(config))
      dispatch({ kind: 'readings', readings })
      return shownBy(state, readings)
    },
    writeInterlock: async (words) => (isHeldBack(state) ? 'unsent' : (await writeOnce(links, state, words)).result),
    mark: () => markOnce(loop, links),
  }
  return loop
}

async function markOnce({ state, readInterlock }: MachineLoop, links: LinkLoops): Promise<boolean> {
  const before = mayMark(state) ? await readInterlock() : undefined
  if (before?.class !== 'lease' || !mayMark(state)) return false
  const seq = nextWord(before.acknowledgedSeq)
  await writeOnce(links, state, markWords(seq))
  const after = await readInterlock()
  return after?.class === 'lease' && after.acknowledgedSeq === seq
}

/** Not between an emergency stop and its reset (I10), nor while an answer to another sequence is awaited. */
function mayMark({ config, access, drill, seen, wire }: MachineState): boolean {
  if (config.interlock?.class !== 'lease' || drill !== undefined) return false
  if (seen.condition.emergencyStop || interlock.lastState(seen.lock) === 'emergency-stop') return false
  return wire.writing === undefined && (access.kind !== 'Unlocking' || access.phase === 'committing')
}

function isUneventful(state: MachineState, readings: readonly Reading[]): boolean {
  const last = readings.at(-1)
  return last === undefined || takeUneventful(state, readings, { ms: last.readAtMs, ns: last.readAtNs })
}

async function readNow(links: LinkLoops, points: PointsByLink): Promise<Reading[]> {
  const answers = await Promise.all([...points].map(([link, list]) => links.get(link)!.read(list)))
  return answers.flat()
}

function shownBy(state: MachineState, readings: readonly Reading[]): interlock.Shown | undefined {
  const boots = state.seen.lock === undefined ? [] : [state.seen.lock.block.bootId]
  const seen = interlock.see(interlockOf(state), new Map(readings.map((reading) => [reading.point, reading])), boots)
  return seen !== undefined && 'block' in seen ? seen.block : undefined
}

/** I10: nothing is written between an emergency stop and its reset. */
function isHeldBack({ drill, seen, wire }: MachineState): boolean {
  assert(drill !== undefined, 'drill', 'only a drill writes past the core')
  return seen.condition.emergencyStop || wire.writing !== undefined
}

/** The only place that writes to a machine. Never repeated: what became of it is an outcome. */
async function writeOnce(links: LinkLoops, state: MachineState, words: readonly number[]): Promise<Sent> {
  const interlock = interlockOf(state)
  try {
    await links.get(interlock.link)!.write(interlockBlock(state.config.id, interlock, words))
    return { result: 'accepted' }
  } catch (error) {
    if (error instanceof LinkError) return { result: error.outcome, detail: error.detail ?? error.message }
    return { result: 'unknown', detail: error instanceof Error ? error.message : String(error) }
  }
}
