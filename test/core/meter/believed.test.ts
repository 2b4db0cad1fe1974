/** Values that a counter without leave to fall or jump shows for a while, and what is charged for them: nothing. */
import { describe, expect, it } from 'vitest'
import type { RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import { energy, live, type Row } from './live.ts'

describe('a session is charged', () => {
  it.each<[string, RegisterMeterConfig, readonly Row[], { used: bigint; names: string[]; total?: bigint }]>([
    // evcc-io/evcc#30950: a code for "not available" at the edge of the modulus, then silence, then the counter again.
    [
      'what was made, when a placeholder stood for the counter and fell back over its modulus',
      energy,
      [
        [0, 3005n],
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((s): Row => [s * 1000, 4_294_967_295n]),
        [26_000, 3025n],
      ],
      { used: 20n, names: ['first', 'torn', 'gap'], total: 20n },
    ],
    // Growatt_ModbusTCP#417, home-assistant/core#55153: the counter dips by one count for some polls, again and again.
    [
      'once, when a counter dips by rounding again and again',
      energy,
      Array.from(
        { length: 100 },
        (_, s): Row => [s * 1000, 1000n + BigInt(Math.floor(s / 10)) - (s > 10 && s % 10 > 0 && s % 10 < 6 ? 1n : 0n)],
      ),
      { used: 9n, names: ['first', ...Array.from({ length: 9 }, () => 'torn')] },
    ],
    // An inverter that is off at night shows zero, and goes on in the morning.
    [
      'what was made, after a counter has shown zero for a night',
      energy,
      [
        [0, 5000n],
        ...Array.from({ length: 600 }, (_, minute): Row => [60_000 * (minute + 1), 0n]),
        [60_000 * 601, 5003n],
      ],
      { used: 3n, names: ['first', 'torn', 'gap'] },
    ],
    // Growatt_ModbusTCP#417: the low word runs ahead of the high word for some polls.
    [
      'what was made, when the low word of a pair runs ahead for five seconds',
      energy,
      [[0, 65_530n], ...[1, 2, 3, 4, 5].map((s): Row => [s * 1000, BigInt(s - 1)]), [6000, 65_545n]],
      { used: 15n, names: ['first', 'torn', 'gap'] },
    ],
  ])('%s', (_name, config, rows, { used, names, total }) => {
    const life = live(config, rows)
    expect(life.used).toBe(used)
    expect(life.names).toEqual(names)
    if (total !== undefined) expect(life.state.total).toBe(total)
  })
})
