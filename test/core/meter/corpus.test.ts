/**
 * What has gone wrong with meters elsewhere: a row for each kind of complaint, named by what we do instead. Found again
 * by our own histories, a fault is added here with its seed. Rows are [ms, raw, account?]; `boot` and `wall` belong to
 * a row.
 */

import { describe, expect, it } from 'vitest'
import type { RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import { runHistory } from '../../simulate/history.ts'
import { booted, energy, known, live, perUse, type Row, small } from './live.ts'

describe('a session is charged', () => {
  it.each<[string, RegisterMeterConfig, readonly Row[], { used: bigint; names: string[]; total?: bigint }]>([
    // citrineos/citrineos-core#1060, evcc-io/evcc#26734: 910.031 kWh were billed for 0.083.
    [
      'nothing for a 0 that stood for an unknown start',
      energy,
      [
        [0, 0n],
        [500, 910_031n],
        [1000, 910_031n],
        [1500, 910_032n],
        [10_500, 910_032n],
        [11_000, 910_033n],
      ],
      { used: 1n, names: ['first', 'out-of-range'], total: 2n },
    ],
    // citrineos/citrineos-core#1060, evcc-io/evcc#29654: the same in the middle of a use.
    [
      'nothing for a 0 that was shown once',
      booted,
      [
        [0, 910_031n],
        [500, 0n],
        [1000, 910_032n],
      ],
      { used: 1n, names: ['first', 'torn'] },
    ],
    // steve-community/steve#1297: the stop reading was below the start.
    [
      'nothing when the counter goes back, and never less than nothing',
      energy,
      [
        [0, 5000n],
        [500, 4900n],
        [1000, 4900n],
        [1500, 4900n],
        [11_000, 4901n],
      ],
      { used: 0n, names: ['first', 'regress'] },
    ],
    // steve-community/steve#1264: start = stop.
    [
      'nothing when nothing was used',
      energy,
      [
        [0, 5000n],
        [500, 5000n],
        [1000, 5000n],
      ],
      { used: 0n, names: ['first'] },
    ],
    // evcc-io/evcc#13726, #13487: the energy of the use before was carried over.
    [
      'nothing of the use before, which a counter per use still shows',
      perUse,
      [
        [0, 0n, 'unassigned'],
        [500, 5n, 'unassigned'],
        [1000, 5n],
        [1500, 0n],
        [2000, 0n],
        [2500, 1n],
        [3000, 2n],
      ],
      { used: 2n, names: ['first', 'reset'] },
    ],
    // evcc-io/evcc#29099: 36.9 kWh in three minutes.
    [
      'nothing that the machine cannot have made',
      energy,
      [
        [0, 100n],
        [180_000, 36_900n],
        [180_500, 36_900n],
        [181_000, 36_901n],
        [190_500, 36_902n],
      ],
      { used: 0n, names: ['first', 'out-of-range'] },
    ],
    // evcc-io/evcc#25956: a pause lost the first part.
    [
      'both parts of a use that was paused',
      energy,
      [
        [0, 0n],
        [500, 3n],
        [1000, 3n, 'unassigned'],
        [1500, 4n, 'unassigned'],
        [2000, 6n],
      ],
      { used: 5n, names: ['first'] },
    ],
    // java-oca-ocpp (ChargeTimeEU/Java-OCA-OCPP#331): one counter never resets, one per boot, one per use.
    [
      'what was made after a reset in mid-use, and before it up to the last reading',
      booted,
      [
        [0, 1000n],
        [500, 1002n],
        [1000, 0n],
        [1500, 1n],
        [2000, 3n],
      ],
      { used: 5n, names: ['first', 'reset'] },
    ],
    // influxdata/influxdb#549, #5954, #7076: a wrap was taken for a reset.
    [
      'what was made across a wrap',
      energy,
      [
        [0, 4_294_967_290n],
        [500, 3n],
      ],
      { used: 9n, names: ['first', 'wrap'] },
    ],
    [
      'nothing for a wrap that a counter per use cannot have made',
      perUse,
      [
        [0, 4_294_967_290n],
        [500, 0n],
        [1000, 0n],
        [1500, 1n],
      ],
      { used: 1n, names: ['first', 'reset'] },
    ],
    // influxdata/influxdb#9252: one corrupt low sample became 4 × 10^14.
    [
      'nothing for one corrupt low value',
      energy,
      [
        [0, 4_000_000n],
        [500, 12n],
        [1000, 4_000_001n],
      ],
      { used: 1n, names: ['first', 'torn'] },
    ],
    // influxdata/telegraf#10668: a gap was filled.
    [
      'what was made in a gap, which is named',
      energy,
      [
        [0, 10n],
        [60_000, 40n],
      ],
      { used: 30n, names: ['first', 'gap'] },
    ],
    // matth-x/MicroOcpp#193, #387: readings of the time without a link were lost.
    [
      'what was made while the link was down, in the middle of a use',
      energy,
      [
        [0, 10n],
        [500, 11n],
        [3_600_000, 500n],
        [3_600_500, 501n],
      ],
      { used: 491n, names: ['first', 'gap'] },
    ],
    // lbbrhzn/ocpp#1069: use after the stop was a negative start of the next.
    [
      'nothing of what was used after the stop of another',
      energy,
      [
        [0, 0n],
        [500, 4n],
        [1000, 6n, 'unassigned'],
        [1500, 6n],
        [2000, 7n],
      ],
      { used: 5n, names: ['first'], total: 7n },
    ],
    // matth-x/MicroOcpp#174, EVerest/libocpp#475: after a power cut nobody knew the end.
    [
      'nothing when a wait was so long that the counter may have wrapped unseen',
      small,
      [
        [0, 100n],
        [500, 102n],
        [7_000_000, 90n],
        [7_000_500, 90n],
        [7_001_000, 91n],
      ],
      { used: 3n, names: ['first', 'gap'] },
    ],
    // matth-x/MicroOcpp#24, #311: the clock was in 1970 before it was set.
    [
      'nothing by a clock in 1970, after which any rise looks possible',
      { ...small, maxRate: 1n },
      [
        [0, 65_000n, 'session', { wallMs: 5000 }],
        [100, 3n, 'session', { boot: 'next' }],
        [600, 3n, 'session', { boot: 'next' }],
        [1100, 4n, 'session', { boot: 'next' }],
      ],
      { used: 1n, names: ['first', 'gap'] },
    ],
    // matth-x/MicroOcpp#354: and back in 1970 after a start without a clock.
    [
      'nothing when the clock went back over a start, and it says so',
      energy,
      [
        [0, 100n],
        [100, 500n, 'session', { boot: 'next', wallMs: 5000 }],
        [600, 500n, 'session', { boot: 'next', wallMs: 5500 }],
        [1100, 501n, 'session', { boot: 'next', wallMs: 6000 }],
        [11_100, 502n, 'session', { boot: 'next', wallMs: 16_000 }],
      ],
      { used: 0n, names: ['first', 'out-of-range'] },
    ],
    // citrineos/citrineos-core#1053: the final event came late, after another.
    [
      'once, when readings come late, twice or in the wrong order',
      energy,
      [
        [1000, 10n],
        [2000, 14n],
        [1500, 12n],
        [2000, 14n],
        [1000, 10n],
        [2500, 15n],
      ],
      { used: 5n, names: ['first'] },
    ],
    // EVerest PR #623: the meter itself was stuck after a power cut.
    [
      'nothing when another meter was put in',
      known,
      [
        [0, 1000n, 'session', { serial: 'A1' }],
        [500, 1003n, 'session', { serial: 'A1' }],
        [60_000, 1005n, 'session', { serial: 'B2' }],
        [60_500, 1005n, 'session', { serial: 'B2' }],
        [61_000, 1007n, 'session', { serial: 'B2' }],
      ],
      { used: 5n, names: ['first', 'exchange'] },
    ],
    // Ours: a doubled delivery of one wrong value was believed as if it had been read three times.
    [
      'nothing for one wrong value that was delivered three times',
      booted,
      [
        [0, 4000n],
        [500, 1n],
        [500, 1n],
        [500, 1n],
        [1000, 4001n],
      ],
      { used: 1n, names: ['first', 'torn'] },
    ],
    // Ours: a value beyond the modulus opened an epoch with every third reading.
    [
      'nothing for a value beyond the modulus, however often it is shown',
      small,
      [
        [0, 10n],
        [500, 70_000n],
        [1000, 70_000n],
        [1500, 70_000n],
        [2000, 70_001n],
        [2500, 70_002n],
        [3000, 15n],
      ],
      { used: 5n, names: ['first', 'out-of-range'] },
    ],
    // Ours: a fall to a value that is not near zero was called a reset.
    [
      'nothing for a fall that does not end near zero',
      booted,
      [
        [0, 4000n],
        [500, 3500n],
        [1000, 3500n],
        [1500, 3501n],
        [11_000, 3502n],
      ],
      { used: 0n, names: ['first', 'regress'] },
    ],
    [
      'nothing for a float that no longer resolves its steps, named once',
      energy,
      [
        [0, 10n],
        [500, 'unresolved'],
        [1000, 'unresolved'],
        [1500, 'unresolved'],
        [2000, 'unresolved'],
        [2500, 12n],
      ],
      { used: 2n, names: ['first', 'unresolved'] },
    ],
  ])('%s', (_name, config, rows, due) => {
    const { state, names, used } = live(config, rows)
    expect(used).toBe(due.used)
    expect(names).toEqual(due.names)
    if (due.total !== undefined) expect(state.total).toBe(due.total)
  })
})

describe('generated histories', () => {
  it('come out as the truth has it, whatever happened to the readings', () => {
    const faults: string[] = []
    const seen = new Set<string>()
    for (let seed = 0; seed < 5000; seed += 1) {
      const { fault, events } = runHistory(seed)
      if (fault !== undefined) faults.push(`seed ${seed}: ${fault}`)
      for (const name of Object.keys(events)) seen.add(name)
    }
    expect(faults).toEqual([])
    expect([...seen].sort()).toEqual(
      ['double', 'exchange', 'late', 'outage', 'reboot', 'reset', 'restart', 'torn', 'turn', 'wrap'].sort(),
    )
  })

  // A row of values that do not fit, so far apart that the counter wrapped between two of them.
  it.each([4612, 16_544, 18_183])('once went wrong: seed %i', (seed) => {
    expect(runHistory(seed).fault).toBeUndefined()
  })
})
