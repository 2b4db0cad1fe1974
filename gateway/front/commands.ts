/**
 * The line to the control thread: commands with ids, outcomes as promises, each with a deadline. Bounded; but ending a
 * session never counts against the bound, and repeats of it while one is under way share its outcome.
 * Read next: core/command/command.ts (what is asked), control/commands/command-loop.ts (who answers).
 */
import type { ToControl } from '../core/board/message.ts'
import type { Command } from '../core/command/command.ts'
import { type Outcome, refused } from '../core/command/outcome.ts'
import { refuse } from '../core/ground/refusal.ts'

type Commands = {
  /** Resolves with a refusal when there are too many, when none comes in time, and while stopping; never rejects. */
  ask(command: Command): Promise<Outcome>
  /** Sends and forgets. Only a few are sent per second; the number of the others goes with the next denial. */
  tell(command: Command): void
  /** An outcome has come. */
  settle(id: number, outcome: Outcome): void
  /** From now on every command but the end of a session is refused. */
  stop(): void
  underWay(): number
  /** Commands that were to be told and were not. */
  dropped(): number
}

type Options = { readonly maxCommands: number; readonly timeoutMs: number; readonly nowNs: () => bigint }
type Post = (message: ToControl) => void

const TOLD_PER_SECOND = 20
const SECOND_NS = 1_000_000_000n

export function createCommands(post: Post, { maxCommands, timeoutMs, nowNs }: Options): Commands {
  let lastId = 0
  const nextId = () => ++lastId
  const line = createLine(post, nextId, timeoutMs)
  const ends = new Map<string, Promise<Outcome>>()
  let counted = 0
  let stopping = false

  /** One command per session and caller, however often it is asked for. */
  function end(command: Extract<Command, { kind: 'end' }>): Promise<Outcome> {
    const { session, principal, release = false } = command
    const key = `${session} ${principal.role} ${principal.id} ${release}`
    const underWay = ends.get(key) ?? line.send(command).finally(() => ends.delete(key))
    ends.set(key, underWay)
    return underWay
  }

  return {
    async ask(command) {
      if (command.kind === 'end') return end(command)
      if (stopping) return refused(refuse('stopping'))
      if (counted >= maxCommands) return refused(refuse('busy'))
      counted++
      try {
        return await line.send(command)
      } finally {
        counted--
      }
    },
    settle: line.settle,
    underWay: line.underWay,
    stop() {
      stopping = true
    },
    ...createTeller((command) => post({ kind: 'command', id: nextId(), command }), nowNs),
  }
}

/** Commands that wait for their outcome. */
function createLine(post: Post, nextId: () => number, timeoutMs: number) {
  const pending = new Map<number, { resolve(outcome: Outcome): void; timer: NodeJS.Timeout }>()
  return {
    send(command: Command): Promise<Outcome> {
      const id = nextId()
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          pending.delete(id)
          resolve(refused(refuse('timed-out', `no answer within ${timeoutMs} ms`)))
        }, timeoutMs)
        pending.set(id, { resolve, timer })
        post({ kind: 'command', id, command })
      })
    },
    settle(id: number, outcome: Outcome): void {
      const waiting = pending.get(id)
      if (waiting === undefined) return
      pending.delete(id)
      clearTimeout(waiting.timer)
      waiting.resolve(outcome)
    },
    underWay: () => pending.size,
  }
}

function createTeller(send: (command: Command) => void, nowNs: () => bigint): Pick<Commands, 'tell' | 'dropped'> {
  let told = 0
  let sinceNs = nowNs()
  let dropped = 0
  /** Dropped since the last denial that was sent. */
  let untold = 0
  return {
    tell(command) {
      if (nowNs() - sinceNs >= SECOND_NS) {
        sinceNs = nowNs()
        told = 0
      }
      if (told >= TOLD_PER_SECOND) {
        dropped++
        untold++
        return
      }
      told++
      send(command.kind === 'denied' && untold > 0 ? { ...command, untold } : command)
      if (command.kind === 'denied') untold = 0
    },
    dropped: () => dropped,
  }
}
