/**
 * The line to the control thread: commands with ids, outcomes as promises, each with a deadline. Bounded; the end of a
 * session is never counted against the bound, and repeats of it while one is under way share its outcome.
 */
import type { ToControl } from '../core/board/message.ts'
import type { Command } from '../core/command/command.ts'
import { type Outcome, refused } from '../core/command/outcome.ts'
import { refuse } from '../core/ground/refusal.ts'

export type Commands = {
  ask(command: Command): Promise<Outcome>
  /** Sends and forgets; of more than a few a second only the number goes with the next. */
  tell(command: Command): void
  /** An outcome has come. */
  settle(id: number, outcome: Outcome): void
  /** From now on everything but what is under way is refused. */
  stop(): void
  underWay(): number
  dropped(): number
}

export type CommandsOptions = { readonly maxCommands: number; readonly timeoutMs: number; readonly nowNs: () => bigint }

const TOLD_PER_SECOND = 20

export function createCommands(post: (message: ToControl) => void, options: CommandsOptions): Commands {
  const pending = new Map<number, { resolve(outcome: Outcome): void; timer: NodeJS.Timeout }>()
  const ends = new Map<string, Promise<Outcome>>()
  let counted = 0
  let nextId = 1
  let stopping = false
  let told = 0
  let toldSinceNs = options.nowNs()
  let dropped = 0
  let untold = 0

  function send(command: Command): Promise<Outcome> {
    const id = nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        pending.delete(id)
        resolve(refused(refuse('timed-out', `no answer within ${options.timeoutMs} ms`)))
      }, options.timeoutMs)
      pending.set(id, { resolve, timer })
      post({ kind: 'command', id, command })
    })
  }

  return {
    async ask(command) {
      if (command.kind === 'end') {
        const key = `${command.session} ${command.principal.role} ${command.principal.id}`
        const under = ends.get(key) ?? send(command).finally(() => ends.delete(key))
        ends.set(key, under)
        return under
      }
      if (stopping) return refused(refuse('stopping'))
      if (counted >= options.maxCommands) return refused(refuse('busy'))
      counted++
      try {
        return await send(command)
      } finally {
        counted--
      }
    },
    tell(command) {
      const nowNs = options.nowNs()
      if (nowNs - toldSinceNs >= 1_000_000_000n) {
        toldSinceNs = nowNs
        told = 0
      }
      if (told >= TOLD_PER_SECOND) {
        dropped++
        untold++
        return
      }
      told++
      post({
        kind: 'command',
        id: nextId++,
        command: command.kind === 'denied' && untold > 0 ? { ...command, untold } : command,
      })
      if (command.kind === 'denied') untold = 0
    },
    settle(id, outcome) {
      const waiting = pending.get(id)
      if (waiting === undefined) return
      pending.delete(id)
      clearTimeout(waiting.timer)
      waiting.resolve(outcome)
    },
    stop() {
      stopping = true
    },
    underWay: () => pending.size,
    dropped: () => dropped,
  }
}
