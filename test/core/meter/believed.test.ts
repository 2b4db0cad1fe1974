/** Values that a counter without leave to fall or jump shows for a while, and what is charged for them: nothing. */
import { describe, expect, it } from 'vitest'
import type { RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import { booted, energy, known, live, type Row } from './live.ts'

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
    // TypQxQ/Sigenergy-Local-Modbus#313: eleven times in a day a register is 0 for one read after a reconnect.
    [
      'what was made, when a counter is 0 for one read time after time',
      booted,
      Array.from({ length: 110 }, (_, s): Row => [s * 1000, s % 10 === 5 ? 0n : 29_470n + BigInt(Math.floor(s / 10))]),
      { used: 10n, names: ['first', ...Array.from({ length: 11 }, () => 'torn')], total: 10n },
    ],
    // traktore-org/sem-community#782, evcc-io/evcc#30592: 0 for longer, then the lifetime again: 15.5 MWh in a cycle.
    [
      'what was made, when a counter is 0 for twenty seconds and then has its lifetime again',
      energy,
      [
        [0, 15_508_510n],
        ...Array.from({ length: 20 }, (_, s): Row => [(s + 1) * 1000, 0n]),
        [21_000, 15_508_520n],
        [22_000, 15_508_521n],
      ],
      { used: 11n, names: ['first', 'torn', 'gap'], total: 11n },
    ],
    [
      'nothing of its lifetime, when the same may fall to zero: the fall is a reset, and the return begins anew',
      booted,
      [
        [0, 15_508_510n],
        ...Array.from({ length: 20 }, (_, s): Row => [(s + 1) * 1000, 0n]),
        ...Array.from({ length: 20 }, (_, s): Row => [(s + 21) * 1000, 15_508_520n + BigInt(s)]),
      ],
      { used: 9n, names: ['first', 'reset', 'out-of-range'] },
    ],
    // hello-sebastian/Energy-Horizon#43: the meter that is put in shows more than the one that is taken out.
    [
      'nothing for the step to another meter that shows more, which its serial number tells',
      known,
      [
        ...[0, 1].map((s): Row => [s * 1000, 5000n + BigInt(s), 'session', { serial: 'old' }]),
        ...Array.from(
          { length: 20 },
          (_, s): Row => [60_000 + s * 1000, 5030n + BigInt(s), 'session', { serial: 'new' }],
        ),
      ],
      { used: 20n, names: ['first', 'exchange'] },
    ],
    // isystemsautomation/homemaster-dev#19: the ratio of the transformers is set, and the device rescales its history.
    [
      'nothing for a history that the device rescales',
      energy,
      [[0, 5000n], [1000, 5001n], ...Array.from({ length: 20 }, (_, s): Row => [(s + 2) * 1000, 200_040n + BigInt(s)])],
      { used: 10n, names: ['first', 'out-of-range'] },
    ],
    // AlexxIT/SonoffLAN#1610, 0xAHA/Growatt_ModbusTCP#410: the register of the day is taken for the counter.
    [
      'what was made, by a register that begins anew at midnight',
      booted,
      Array.from({ length: 120 }, (_, s): Row => [s * 1000, BigInt(s % 60)]),
      { used: 118n, names: ['first', 'reset'] },
    ],
  ])('%s', (_name, config, rows, { used, names, total }) => {
    const life = live(config, rows)
    expect(life.used).toBe(used)
    expect(life.names).toEqual(names)
    if (total !== undefined) expect(life.state.total).toBe(total)
  })
})
