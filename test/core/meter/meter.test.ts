import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DurationMeterConfig, RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import { stepDuration } from '../../../gateway/core/meter/derived.ts'
import { type Account, counted, type MeterState, newMeter } from '../../../gateway/core/meter/meter.ts'
import { stepRegister } from '../../../gateway/core/meter/register.ts'

const register = (over: Partial<RegisterMeterConfig> = {}): RegisterMeterConfig => ({
  kind: 'register',
  id: 'm/a.parts',
  machine: 'm',
  signal: 'm/a.parts',
  unit: 'pcs',
  perCount: 1n,
  wrapAt: 65536n,
  maxRate: 10n,
  resets: 'to-zero',
  gating: true,
  ...over,
})

const BOOT = 'boot'
const GAP_MS = 3000

/** Feeds [ms, raw] rows and returns the state and the names of the changes. */
function feed(config: RegisterMeterConfig, rows: readonly (readonly [number, bigint, Account?, string?])[]) {
  let state = newMeter(config, BOOT)
  const names: string[] = []
  for (const [ms, raw, account = 'session', bootId = BOOT] of rows) {
    const reading = { raw, at: { ms: 1_000_000 + ms, ns: BigInt(ms) * 1_000_000n }, bootId }
    const step = stepRegister(state, reading, config, account, GAP_MS)
    state = step.state
    names.push(...step.changes.map((change) => change.name))
  }
  return { state, names }
}

describe('a register', () => {
  const never = register({ resets: 'never' })
  it.each([
    [
      'counts from its first reading, not from zero',
      register(),
      [
        [0, 910_031n % 65536n],
        [500, (910_031n % 65536n) + 2n],
      ],
      2n,
      ['first'],
    ],
    [
      'begins a new epoch at a fall whose wrap nobody knows, and makes up nothing for it',
      { ...never, wrapUnknown: true, wrapAt: undefined as never },
      [
        [0, 32_760n],
        [500, 32_765n],
        [1000, 2n],
        [1500, 2n],
        [2000, 4n],
        [2500, 7n],
      ],
      10n,
      ['first', 'gap'],
    ],
    [
      'counts a steady growth without a word',
      register(),
      [
        [0, 5n],
        [500, 6n],
        [1000, 6n],
        [1500, 9n],
      ],
      4n,
      ['first'],
    ],
    [
      'multiplies by its step',
      register({ perCount: 10n }),
      [
        [0, 5n],
        [500, 6n],
      ],
      10n,
      ['first'],
    ],
    [
      'names a wrap and counts across it',
      register(),
      [
        [0, 65534n],
        [500, 1n],
      ],
      3n,
      ['first', 'wrap'],
    ],
    [
      'names a gap and counts across it',
      register(),
      [
        [0, 10n],
        [10_000, 30n],
      ],
      20n,
      ['first', 'gap'],
    ],
    [
      'says nothing of a gap in which nothing was made',
      register(),
      [
        [0, 10n],
        [10_000, 10n],
      ],
      0n,
      ['first'],
    ],
    [
      'believes a reset only when it has seen it three times',
      register(),
      [
        [0, 4000n],
        [500, 1n],
        [1000, 1n],
      ],
      0n,
      ['first'],
    ],
    [
      'counts what was made since a reset',
      register(),
      [
        [0, 4000n],
        [500, 1n],
        [1000, 1n],
        [1500, 2n],
      ],
      2n,
      ['first', 'reset'],
    ],
    [
      'counts nothing of a torn low reading',
      register(),
      [
        [0, 4000n],
        [500, 3n],
        [1000, 4001n],
      ],
      1n,
      ['first', 'torn'],
    ],
    [
      'counts nothing of a torn high reading',
      register(),
      [
        [0, 10n],
        [500, 40_000n],
        [1000, 11n],
      ],
      1n,
      ['first', 'torn'],
    ],
    [
      'opens an epoch when a jump stays, and counts what it has seen made since',
      register(),
      [
        [0, 10n],
        [500, 40_000n],
        [1000, 40_000n],
        [1500, 40_001n],
        [10_500, 40_002n],
      ],
      2n,
      ['first', 'out-of-range'],
    ],
    [
      'names a regress of a counter that never resets',
      never,
      [
        [0, 4000n],
        [500, 3500n],
        [1000, 3500n],
        [1500, 3500n],
        [10_500, 3501n],
      ],
      1n,
      ['first', 'regress'],
    ],
    [
      'believes no late reading, however often it comes',
      register(),
      [
        [1000, 10n],
        [1500, 12n],
        [900, 9n],
        [901, 9n],
        [902, 9n],
      ],
      2n,
      ['first'],
    ],
    [
      'ignores what comes late or twice',
      register(),
      [
        [1000, 10n],
        [1500, 12n],
        [1000, 11n],
        [1500, 12n],
      ],
      2n,
      ['first'],
    ],
    [
      'refuses a value beyond its modulus',
      register(),
      [
        [0, 10n],
        [500, 70_000n],
        [1000, 12n],
      ],
      2n,
      ['first', 'torn'],
    ],
  ] satisfies [string, RegisterMeterConfig, [number, bigint][], bigint, string[]][])(
    '%s',
    (_name, config, rows, total, names) => {
      const { state, names: seen } = feed(config, rows)
      expect(state.total).toBe(total)
      expect(seen).toEqual(names)
    },
  )

  it('keeps its accounts apart and adds them up to the counter', () => {
    const config = register()
    const { state } = feed(config, [
      [0, 0n, 'unassigned'],
      [500, 2n, 'unassigned'],
      [1000, 5n, 'session'],
      [1500, 9n, 'disputed'],
      [2000, 10n, 'session'],
    ])
    expect(state.accounts).toEqual({ unassigned: 2n, session: 4n, disputed: 4n })
    expect(counted(state, config)).toBe(10n)
  })

  it('counts across a reboot of the gateway by wall time', () => {
    const { state } = feed(register(), [
      [0, 5n],
      [60_000, 25n, 'unassigned', 'other-boot'],
    ])
    expect(state.total).toBe(20n)
  })

  it('is exact beyond 2^53', () => {
    const big = 2n ** 63n
    const { state } = feed(register({ wrapAt: 2n ** 64n, perCount: 10n }), [
      [0, big],
      [500, big + 7n],
    ])
    expect(state.total).toBe(70n)
    expect(state.raw).toBe(big + 7n)
  })

  it('never loses or invents a unit over any history of growth, waits, wraps, repeats and late readings', () => {
    const history = fc.array(
      fc.record({
        waitMs: fc.integer({ min: 100, max: 20_000 }),
        share: fc.integer({ min: 0, max: 100 }),
        noise: fc.constantFrom('none', 'repeat', 'late', 'torn'),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(
        fc.constantFrom(256n, 65536n, 10_000n, 4294967296n),
        fc.bigInt({ min: 0n, max: 4294967295n }),
        history,
        (wrapAt, start, steps) => {
          // A wait so long that several wraps fit cannot be counted by anyone; the rate keeps them apart.
          const config = register({ wrapAt, maxRate: wrapAt < 1000n ? 1n : 10n })
          let state: MeterState = newMeter(config, BOOT)
          let ms = 0
          let truth = start % wrapAt
          let made = 0n
          const read = (raw: bigint, atMs: number) => {
            const step = stepRegister(
              state,
              { raw, at: { ms: atMs, ns: BigInt(atMs) * 1_000_000n }, bootId: BOOT },
              config,
              'session',
              GAP_MS,
            )
            state = step.state
          }
          read(truth, ms)
          for (const { waitMs, share, noise } of steps) {
            const before = { raw: truth, ms }
            ms += waitMs
            const units = (config.maxRate * BigInt(waitMs) * BigInt(share)) / 100_000n
            made += units
            truth = (truth + units) % wrapAt
            if (noise === 'torn') read((truth + wrapAt / 2n) % wrapAt, ms - 1)
            if (noise === 'late') read(before.raw, before.ms - 1)
            read(truth, ms)
            if (noise === 'repeat') read(truth, ms)
          }
          const { session, unassigned, disputed } = state.accounts
          return state.total === made && session === made && unassigned === 0n && disputed === 0n
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('after a reset lacks exactly what was made between the last reading and the reset', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 100n, max: 60_000n }), fc.bigInt({ min: 0n, max: 3n }), (before, since) => {
        const { state, names } = feed(register({ wrapAt: 4294967296n }), [
          [0, before],
          [500, before + 1n],
          [1000, since],
          [1500, since],
          [2000, since],
        ])
        return names.includes('reset') && state.total === 1n + since && state.epoch === 2
      }),
    )
  })
})

describe('a duration', () => {
  const config: DurationMeterConfig = {
    kind: 'duration',
    id: 'm/a.running',
    machine: 'm',
    unit: 'ms',
    while: 'Executing',
    gating: false,
  }
  const at = (ms: number) => ({ ms: 1_000_000 + ms, ns: BigInt(ms) * 1_000_000n })

  function run(rows: readonly (readonly [number, boolean])[]) {
    let state = newMeter(config, BOOT)
    for (const [ms, holds] of rows) state = stepDuration(state, holds, at(ms), BOOT, 'session', 1500).state
    return state.total
  }

  it.each([
    [
      'counts from one fresh reading to the next',
      [
        [0, true],
        [500, true],
        [1000, false],
      ],
      1000n,
    ],
    [
      'does not count what it did not see',
      [
        [0, true],
        [5000, true],
      ],
      0n,
    ],
    [
      'does not count before it held',
      [
        [0, false],
        [500, true],
        [1000, true],
      ],
      500n,
    ],
    [
      'counts nothing twice',
      [
        [0, true],
        [500, true],
        [500, true],
        [400, true],
        [1000, true],
      ],
      1000n,
    ],
  ] satisfies [string, [number, boolean][], bigint][])('%s', (_name, rows, total) => {
    expect(run(rows)).toBe(total)
  })
})
