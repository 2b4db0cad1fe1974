/** A poll that says what the one before said is not thought through: what others see is the same as if it were. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { availabilityOf } from '../../gateway/core/board/board.ts'
import type { MachineConfig } from '../../gateway/core/ground/config.ts'
import { NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { MachineEvent } from '../../gateway/core/machine/event.ts'
import type { MachineState } from '../../gateway/core/machine/state.ts'
import { newMachine } from '../../gateway/core/machine/state.ts'
import type { Reading, Value } from '../../gateway/core/reading/reading.ts'
import { step, takeUneventful } from '../../gateway/core/step.ts'
import { machineConfig } from '../support/world.ts'
import { envAt, nsAt, point, reading } from './support.ts'

const { interlock: _, ...plain } = machineConfig
const config: MachineConfig = {
  ...plain,
  meters: [],
  state: { kind: 'threshold', signal: point('state'), above: 5, below: 3, on: 'Executing', off: 'NotExecuting' },
}
const LONG_MS = 20_000

/** Undefined: the point could not be read. */
const polls = fc.array(
  fc.record({
    afterMs: fc.constantFrom(100, 1000, 1000, 3500),
    state: fc.constantFrom(2, 4, 6, undefined),
    stop: fc.constantFrom(false, true, undefined),
  }),
  { maxLength: 12 },
)
type Poll = { readonly afterMs: number; readonly state: number | undefined; readonly stop: boolean | undefined }

it('a poll leads to the same, whether it is thought through or not', () => {
  fc.assert(
    fc.property(polls, (list) => {
      expect(life(list, true)).toEqual(life(list, false))
    }),
  )
})

/** `quick`: as the machine loop takes a poll; else each is thought through. */
function life(list: readonly Poll[], quick: boolean) {
  const m: MachineState = newMachine(config, { meters: [], bookings: [] })
  const seen: unknown[] = []
  const dispatch = (ms: number, event: MachineEvent) => {
    for (const effect of step(m, event, envAt(ms))) seen.push([ms, effect])
  }
  const passTo = (untilMs: number) => {
    for (; m.pace.dueNs <= nsAt(untilMs); ) {
      const dueMs = Number((m.pace.dueNs - nsAt(0)) / NS_PER_MS)
      dispatch(Math.max(0, dueMs), { kind: 'tick' })
    }
  }
  let ms = 0
  for (const { afterMs, state, stop } of list) {
    ms += afterMs
    passTo(ms)
    const readings = [readAs(point('state'), state, ms), readAs(point('stop'), stop, ms)]
    if (!quick || !takeUneventful(m, readings, envAt(ms).now)) dispatch(ms, { kind: 'readings', readings })
    const { state: is, reason } = availabilityOf(envAt(ms), m)
    seen.push([ms, is, reason, m.seen.condition])
  }
  passTo(ms + LONG_MS)
  return seen
}

function readAs(name: string, value: Value | undefined, ms: number): Reading {
  const { value: _, ...good } = reading(name, 0, ms)
  return value === undefined ? { ...good, quality: 'bad', cause: 'timeout' } : { ...good, value }
}
