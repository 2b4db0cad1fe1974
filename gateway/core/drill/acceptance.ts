/**
 * What is said when a machine is taken over by its owner: what it is, what its displays showed beside what the gateway
 * read, how its lock was proven, and the code on its label. Pure; nobody is let in or kept out by it.
 * Read next: commissioning.ts (what a drill is worth), control/commands/acceptance.ts (who records it).
 */
import type { MachineConfig } from '../ground/config.ts'
import type { Commissioning } from './commissioning.ts'

/** What a person read off a display. `unit` is that of the display, where it is not that of the signal. */
type ShownReading = { readonly signal: string; readonly shown: string; readonly unit?: string }

/** What the gateway knew of the same signal at that time. */
type KnownReading = {
  readonly value?: number | string
  readonly unit?: string
  readonly cause?: string
  readonly ageMs?: number
}

type ComparedReading = ShownReading & {
  readonly reported?: string
  readonly reportedIn?: string
  readonly ageMs?: number
  readonly agrees: boolean
  /** Why it does not. */
  readonly why?: string
}

export type Acceptance = {
  /** Everything below holds. */
  readonly accepted: boolean
  readonly missing: readonly string[]
  /** The code that the label of the machine shows. */
  readonly label: string
  readonly configurationId: string
  readonly software: string
  readonly devices: readonly {
    readonly alias: string
    readonly profile: string
    readonly link: string
    readonly at: string
  }[]
  /** What the devices say of themselves, such as serial numbers. */
  readonly says: readonly { readonly signal: string; readonly value: string }[]
  readonly lock: {
    readonly drill: Commissioning['kind'] | 'no-lock'
    readonly due?: string
    readonly failSafe?: boolean
  }
  readonly readings: readonly ComparedReading[]
}

/** What changes by itself is compared within so much of its value. */
const OF_A_LIVE_VALUE = 0.02

/** `counts`: a meter counts by this signal, and then nothing but the last digit of the display may differ. */
export function compareReading(given: ShownReading, known: KnownReading, counts: boolean): ComparedReading {
  const { value, unit, cause, ageMs } = known
  const said = {
    ...given,
    ...(value === undefined ? {} : { reported: String(value) }),
    ...(unit === undefined ? {} : { reportedIn: unit }),
    ...(ageMs === undefined ? {} : { ageMs }),
  }
  const differs = (why: string): ComparedReading => ({ ...said, agrees: false, why })
  const number = value === undefined ? Number.NaN : Number(value)
  if (Number.isNaN(number)) return differs(cause ?? 'it is no number')
  const factor = given.unit === undefined ? 1 : factorBetween(given.unit, unit ?? '')
  if (factor === undefined) return differs(`${given.unit} is not ${unit ?? 'without a unit'}`)
  const shown = Number(given.shown) * factor
  const step = stepOf(given.shown) * factor
  const within = step + (counts ? 0 : Math.abs(number) * OF_A_LIVE_VALUE)
  // The last places of a double are nobody's.
  const apart = Math.abs(number - shown)
  return apart <= within * 1.000001
    ? { ...said, agrees: true }
    : differs(`they are ${Number(apart.toPrecision(6))} apart`)
}

/** What the last digit of `12.50` is worth. */
const stepOf = (shown: string) => 10 ** -(shown.split('.')[1] ?? '').length

const PREFIXES: Readonly<Record<string, number>> = { '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9 }

/** How many `to` one `from` is, where they differ in the SI prefix alone. */
export function factorBetween(from: string, to: string): number | undefined {
  if (from === to) return 1
  for (const [prefix, worth] of Object.entries(PREFIXES))
    for (const [other, otherWorth] of Object.entries(PREFIXES))
      if (
        from.startsWith(prefix) &&
        to.startsWith(other) &&
        isOneBase(from.slice(prefix.length), to.slice(other.length))
      )
        return worth / otherWorth
  return undefined
}

/** `m` alone is a metre, and `min` no thousandth of anything. */
const BASES = new Set(['W', 'Wh', 'A', 'V', 'VA', 'VAh', 'var', 'varh', 'Hz', 'J', 'Pa', 'g'])
const isOneBase = (one: string, other: string) => one === other && BASES.has(one)

/** The signals of counters, which a report has to compare one by one. */
export function countedSignals({ meters }: Pick<MachineConfig, 'meters'>): string[] {
  return [...new Set(meters.flatMap((meter) => (meter.kind === 'register' ? [meter.signal] : [])))]
}

export type AcceptanceFacts = Omit<Acceptance, 'accepted' | 'missing'> & { readonly counted: readonly string[] }

export function judgeAcceptance({ counted, ...facts }: AcceptanceFacts): Acceptance {
  const { readings, lock } = facts
  const missing = counted.filter((signal) => readings.every((reading) => reading.signal !== signal))
  const isProven = lock.drill === 'commissioned' || lock.drill === 'no-lock'
  return { ...facts, missing, accepted: isProven && missing.length === 0 && readings.every(({ agrees }) => agrees) }
}
