import { describe, expect, it } from 'vitest'
import type { MachineState } from '../../../gateway/core/machine/state.ts'
import type { Turn } from '../../../gateway/core/machine/turn.ts'
import { runClocks } from '../../../gateway/core/metering/clocks.ts'
import { clockTimes } from '../../../gateway/core/session/clocks.ts'
import { machineConfig } from '../../support/world.ts'

type Look = readonly [ms: number, itemState: string, access?: string, bootId?: string]

function clocks(looks: readonly Look[]) {
  const m = {
    config: machineConfig,
    session: { bookedFromMs: 0, bookedUntilMs: 60_000 },
    seen: { condition: {} },
    access: {},
  }
  for (const [ms, itemState, kind = 'Unlocked', bootId = 'boot'] of looks) {
    m.seen.condition = { itemState }
    m.access = { kind }
    runClocks({ m, env: { now: { ms, ns: BigInt(ms) * 1_000_000n }, stamp: { bootId } } } as unknown as Turn)
  }
  const { occupiedMs, poweredMs, executingMs } = clockTimes((m as unknown as MachineState).session!)
  return [occupiedMs, poweredMs, executingMs]
}

describe('the clocks of a session', () => {
  it.each<[string, readonly Look[], number[]]>([
    [
      'run together while it works',
      [
        [0, 'Executing'],
        [500, 'Executing'],
        [900, 'Executing'],
      ],
      [900, 900, 900],
    ],
    [
      'tell waiting from working',
      [
        [0, 'NotExecuting'],
        [500, 'Executing'],
        [900, 'NotExecuting'],
      ],
      [900, 900, 400],
    ],
    [
      'tell off from on',
      [
        [0, 'NotAvailable'],
        [500, 'OutOfService'],
        [900, 'NotExecuting'],
      ],
      [900, 400, 0],
    ],
    [
      'do not run while nobody is let in',
      [
        [0, 'Executing', 'Suspended'],
        [500, 'Executing'],
        [900, 'Executing'],
      ],
      [400, 400, 400],
    ],
    [
      'do not run to a look that does not know',
      [
        [0, 'Executing'],
        [500, 'Unknown'],
        [900, 'Executing'],
      ],
      [900, 0, 0],
    ],
    [
      'do not run over a gap',
      [
        [0, 'Executing'],
        [500, 'Executing'],
        [9000, 'Executing'],
      ],
      [500, 500, 500],
    ],
    [
      'do not run over a start of the computer',
      [
        [0, 'Executing'],
        [500, 'Executing', 'Unlocked', 'next'],
      ],
      [0, 0, 0],
    ],
  ])('%s', (_name, looks, times) => {
    expect(clocks(looks)).toEqual(times)
  })
})
