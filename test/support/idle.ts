/**
 * A machine is stepped when it is due (gateway/core/board/due.ts), not by polling it. That loses nothing if a step in
 * between would have had no effect, which is asked here of a copy.
 */
import type { Env, MachineState } from '../../gateway/core/machine/state.ts'
import { step } from '../../gateway/core/step.ts'

/** A step that an event is followed by comes with the tick at hand. */
const SETTLED_NS = 20_000_000n

const isDue = ({ pace }: MachineState, { now }: Env): boolean => pace.dueNs <= now.ns + SETTLED_NS

/** One in so many is held against a copy: copies are slow. */
const EVERY = 10

/** Steps when it is time. Some of the steps left out are tried, and throw if the machine had something to do. */
export function stepWhenDue(run: () => void): (state: MachineState, env: Env, isForced: boolean) => void {
  let skipped = 0
  return (state, env, isForced) => {
    if (isForced || isDue(state, env)) run()
    else if (++skipped % EVERY === 0) assertIdle(state, env)
  }
}

function assertIdle(state: MachineState, env: Env): void {
  const effects = step(structuredClone(state), { kind: 'tick' }, env)
  if (effects.length === 0) return
  const waitMs = Number(state.pace.dueNs - env.now.ns) / 1e6
  throw new Error(`not due for another ${waitMs} ms, and yet: ${text(effects)}`)
}

const text = (value: unknown) =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item)).slice(0, 600)
