/** Commands that wait for their machine. A machine answers a command once, after what it decided is durable. */
import type { Outcome } from '../../core/command/outcome.ts'
import type { MachineEvent } from '../../core/machine/event.ts'
import type { MachineLoop } from './machine-loop.ts'

/** Asks a machine; resolves with its answer. */
export type AskMachine = (machine: MachineLoop, event: (command: number) => MachineEvent) => Promise<Outcome>

type Replies = { ask: AskMachine; settle(command: number, outcome: Outcome): void }

export function createReplies(): Replies {
  const waiting = new Map<number, (outcome: Outcome) => void>()
  let nextCommand = 1
  return {
    ask(machine, event) {
      const command = nextCommand++
      return new Promise((resolve) => {
        waiting.set(command, resolve)
        machine.dispatch(event(command))
      })
    },
    settle(command, outcome) {
      waiting.get(command)?.(outcome)
      waiting.delete(command)
    },
  }
}
