/**
 * What the core needs to know of a site: one machine with everything resolved, durations in ms, and every default
 * filled in. Plain data. The core never reads a file; config/resolve/ makes this from the site file. Read next:
 * config/site.ts (the whole site).
 */
import type { Names, Titled } from './language.ts'

/** The most that a session may use: minutes, Wh, pieces. */
export type Limits = { readonly minutes?: number; readonly energyWh?: number; readonly pieces?: number }

export type SignalConfig = Titled & {
  /** `machine/alias.name` */
  readonly id: string
  readonly machine: string
  readonly alias: string
  readonly name: string
  readonly link: string
  readonly address: unknown
  readonly device: unknown
  /** How the device wants to be asked for it. */
  readonly limits?: unknown
  readonly intervalMs: number
  readonly unit?: string
  readonly scale: number
  readonly offset: number
  /** Raw values with which the device says that there is none, as decimal text. */
  readonly unavailable?: readonly string[]
  /** What some of them say. */
  readonly says?: Readonly<Record<string, 'overload' | 'not-fitted'>>
  /** Not read itself, but made of other signals of its device that are read with each other. */
  readonly composed?: Composition
  readonly required: boolean
}

/** How a signal is made of others, named by their ids. */
export type Composition = Numeric &
  (
    | { readonly kind: 'sum'; readonly add: readonly string[]; readonly subtract: readonly string[] }
    | {
        readonly kind: 'product'
        readonly of: string
        readonly times: readonly string[]
        /** By what the signal shows: decimal text. */
        readonly by?: { readonly signal: string; readonly factors: Readonly<Record<string, string>> }
        readonly tenTo?: string
        readonly tenToMinus?: string
      }
    | { readonly kind: 'sign'; readonly of: string; readonly negative: string; readonly when: number }
    | { readonly kind: 'time'; readonly at: Readonly<Record<'year' | 'month' | 'day', string>> & ClockFields }
    | { readonly kind: 'text'; readonly of: readonly string[] }
  )

type ClockFields = { readonly hour?: string; readonly minute?: string; readonly second?: string }

type Numeric = {
  /** Whether the parts must come from one request, or only from one cycle. */
  readonly instant: 'cycle' | 'request'
  /** What one count of the value is worth in its unit, decimal text; absent: it is not counted. */
  readonly step?: string
  /** The parts that are floats and count in steps, by id; `step` is decimal text. */
  readonly floats?: Readonly<Record<string, FloatSteps & { readonly step: string }>>
}

/** One count is numerator / denominator of its unit; `bits` is the width of the significand. */
export type FloatSteps = {
  readonly numerator: bigint
  readonly denominator: bigint
  readonly bits: 24 | 53
  /** The float may stand between two counts; the part of a count is left for later. */
  readonly finer?: boolean
}

/** What a signal must show before a meter counts. */
export type NeededSetting = {
  /** Id of the signal. */
  readonly signal: string
  readonly what: string
  readonly todo?: string
  readonly oneOf?: readonly (number | boolean | string)[]
  readonly atLeast?: number
  readonly atMost?: number
}

type MeterCommon = Titled & {
  readonly needs?: readonly NeededSetting[]
  /** Of which counter it counts what: see definition.ts. Another definition begins another epoch. */
  readonly definition?: string
}

export type RegisterMeterConfig = MeterCommon & {
  readonly kind: 'register'
  /** `machine/alias.name` */
  readonly id: string
  readonly machine: string
  /** Id of the signal that holds the counter. */
  readonly signal: string
  readonly unit: string
  readonly perCount: bigint
  /** Counter modulus; absent: it never wraps. */
  readonly wrapAt?: bigint
  /** It may begin at 0 again, at a value that nobody knows: a fall begins another epoch, and nothing is made up. */
  readonly wrapUnknown?: true
  /** Counts per second. */
  readonly maxRate: bigint
  readonly resets: 'never' | 'to-zero' | 'per-session'
  /** Id of the signal that identifies the device: its value changes when the device is exchanged. */
  readonly identity?: string
  /** Present when the register is a float. */
  readonly resolution?: FloatSteps
  /** No permission is given or kept without fresh readings of this meter. */
  readonly gating: boolean
}

export type DurationMeterConfig = MeterCommon & {
  readonly kind: 'duration'
  readonly id: string
  readonly machine: string
  /** The smallest unit is the millisecond. */
  readonly unit: 'ms'
  readonly while: ItemState
  readonly gating: false
}

export type EdgeMeterConfig = MeterCommon & {
  readonly kind: 'edges'
  readonly id: string
  readonly machine: string
  /** Id of a boolean signal. */
  readonly signal: string
  readonly unit: string
  readonly perEdge: bigint
  readonly gating: false
}

export type IntegralMeterConfig = MeterCommon & {
  readonly kind: 'integral'
  readonly id: string
  readonly machine: string
  /** Id of the signal that holds the rate. */
  readonly signal: string
  readonly unit: string
  /** The rate is in units per this many ns. */
  readonly perNs: bigint
  /** The highest plausible rate, in units per `perNs`. */
  readonly maxRate: bigint
  readonly gating: false
}

export type MeterConfig = RegisterMeterConfig | DurationMeterConfig | EdgeMeterConfig | IntegralMeterConfig

/** Signals are named by id. */
export type StateRuleConfig =
  | { readonly kind: 'map'; readonly signal: string; readonly states: Readonly<Record<string, ItemState>> }
  | {
      readonly kind: 'priority'
      readonly rules: readonly { readonly when: string; readonly state: ItemState }[]
      readonly else: ItemState
    }
  | {
      readonly kind: 'threshold'
      readonly signal: string
      readonly above: number
      readonly below: number
      readonly on: ItemState
      readonly off: ItemState
    }
  /** State machines inside one another, from the outside in. `inner`: the next one says it. */
  | {
      readonly kind: 'nested'
      readonly levels: readonly {
        readonly signal: string
        readonly states: Readonly<Record<string, ItemState | 'inner'>>
      }[]
    }

type InterlockTimes = {
  readonly alias: string
  readonly link: string
  readonly device: unknown
  readonly pollMs: number
  /** The machine locks this long after the last heartbeat. A `coil` is turned off by then, if it can be reached. */
  readonly leaseMs: number
  readonly heartbeatMs: number
  readonly confirmMs: number
  /** Deadline of one request on the link. */
  readonly requestTimeoutMs: number
  /** How its device wants to be asked. */
  readonly limits?: unknown
}

type LeaseInterlock = InterlockTimes & {
  readonly class: 'lease'
  readonly toPlc: unknown
  readonly fromPlc: unknown
}

export type OutputInterlock = InterlockTimes & {
  readonly class: 'watchdog' | 'coil'
  /** The address that is written. */
  readonly output: unknown
  /** Where it is turned off, if elsewhere. */
  readonly off?: unknown
  /** Present: what is written to turn it on is the time after which it goes off, in counts of so many ms. */
  readonly timeUnitMs?: number
  readonly readBack: unknown
  readonly feedback?: unknown
  readonly bootId?: unknown
  /** Seconds since the module started, where it counts no restarts. */
  readonly upTime?: unknown
  /** Class `watchdog`: what is read to know that the watchdog of the module would work. */
  readonly watchdog?: {
    /** Absent: it cannot be read, and `statedMs` is what somebody set. */
    readonly time?: unknown
    readonly statedMs?: number
    /** ms per count. */
    readonly unitMs: number
    /** Present: it runs only once somebody has armed it. */
    readonly armed?: {
      readonly address: unknown
      readonly equals: number
      readonly expired?: number
      readonly arm?: string
      readonly clear?: string
    }
    /** Whether the drill has to find out if reads keep it from running out. */
    readonly isFeedUnknown?: true
    readonly settings: readonly { readonly address: unknown; readonly equals: number; readonly what: string }[]
  }
  /** Class `coil`: who accepts that losing the gateway leaves the machine unlocked. */
  readonly risk?: { readonly acceptedBy: string; readonly reason: string; readonly untilMs?: number }
}

export type InterlockConfig = LeaseInterlock | OutputInterlock

/** How the usage is divided among owners. `percent` is decimal text; the shares of one set add up to 100. */
export type Share = { readonly owner: string; readonly percent: string }

/** Recurring maintenance windows, by the wall clock of `zone`. Days as Date counts them: Sunday is 0. */
export type WindowsConfig = {
  readonly zone: string
  readonly list: readonly {
    readonly days: readonly number[]
    /** Minutes from midnight. When `toMinute` is not after `fromMinute`, it belongs to the next day. */
    readonly fromMinute: number
    readonly toMinute: number
    readonly reason?: string
  }[]
}

/** What a tenant is asked before or after a use. */
export type QuestionConfig = {
  readonly id: string
  readonly when: 'before' | 'after'
  readonly text: Names
  readonly answer:
    | { readonly kind: 'yes-no'; readonly must?: 'yes' | 'no' }
    | { readonly kind: 'number'; readonly min?: number; readonly max?: number; readonly unit?: string }
    /** `outside`: it is no good answer. */
    | {
        readonly kind: 'choice'
        readonly choices: readonly { readonly id: string; readonly text: Names; readonly outside: boolean }[]
      }
    | { readonly kind: 'text' }
  readonly required: boolean
  /** `after-problem`: only while a report of the machine is open. */
  readonly asked: 'always' | 'after-problem'
  /** What an answer outside its limits does: `refuse` the unlock, or make a report of this severity. */
  readonly outside: 'refuse' | 'note' | 'wrench' | 'stop'
}

/** Upkeep that is due by use or by time, whichever comes first. */
export type ServiceConfig = {
  readonly id: string
  readonly text: string
  /** `machine/alias.name`, and after how many of its smallest units, decimal text. */
  readonly meter?: string
  readonly every?: string
  readonly days?: number
  /** Whether nobody may begin a use while it is due. */
  readonly close: boolean
  /** After so much more it is overdue. */
  readonly overdue?: { readonly every?: string; readonly days?: number; readonly close: boolean }
  /** Of a calibration: the meter whose certificate it is. */
  readonly certifies?: string
}

export type MachineConfig = {
  readonly id: string
  readonly name: Names
  readonly owner: string
  /** What it is, as the platform groups machines. */
  readonly kind?: string
  /** What people are shown of it, and nothing rests on. */
  readonly about?: {
    readonly contact?: string
    readonly manual?: string
    readonly documents?: readonly { readonly title: string; readonly url: string }[]
    readonly capabilities?: readonly string[]
    /** Degrees of WGS 84. */
    readonly location?: { readonly name?: string; readonly latitude?: number; readonly longitude?: number }
    /** A file; absolute. */
    readonly photo?: string
    /** On the picture of the floor, percent from left and top. */
    readonly place?: { readonly x: number; readonly y: number }
  }
  /**
   * Ascending by the first moment at which each set holds, UTC ms. Before the first set, or without any, all usage is
   * the owner's.
   */
  readonly shares?: readonly { readonly fromMs: number; readonly owners: readonly Share[] }[]
  /** Tariff of uses whose booking names none, `id@version`. */
  readonly tariff?: string
  /** At least one of its devices has a `sim-*` profile. */
  readonly simulated: boolean
  /**
   * What a recorded drill is compared with: the identity of the interlock, and how long a passed drill remains valid.
   */
  readonly commissioning: { readonly interlockId: string; readonly retestMs: number }
  readonly devices: Readonly<
    Record<
      string,
      {
        readonly profile: string
        /** How sure the addresses of the profile are, as it says itself. */
        readonly certainty?: string
        readonly link: string
        readonly device: unknown
      }
    >
  >
  readonly signals: readonly SignalConfig[]
  readonly meters: readonly MeterConfig[]
  readonly state: StateRuleConfig
  readonly mode?: { readonly signal: string; readonly modes: Readonly<Record<string, OperationMode>> }
  /** Ids of signals. */
  readonly emergencyStop?: string
  readonly fault?: string
  readonly interlock?: InterlockConfig
  /** Whether unlocks are refused while one of its meters does not count. */
  readonly refuseUnmetered?: true
  /** Qualifications a tenant must have. */
  readonly requires?: readonly string[]
  readonly questions?: readonly QuestionConfig[]
  readonly services?: readonly ServiceConfig[]
  readonly windows?: WindowsConfig
  /** Who may begin a session while the platform is out of contact, and the most that such a session may use. */
  readonly offline: { readonly policy: 'accept-signed' | 'known-only' | 'none'; readonly caps: Limits }
  readonly endOfBooking: {
    readonly warnMs: number
    readonly graceMs: number
    readonly policy: 'finish-cycle' | 'at-end' | 'owner-release'
    /** Nothing keeps the permission longer than this after the end of the session. */
    readonly lastMs: number
    /** How long after the end its tenant may report a fault; absent: not at all. */
    readonly reportMs?: number
  }
  /** What happens between two tenants. */
  readonly afterUse: { readonly cleanDownMs: number; readonly inspection: 'none' | 'required' }
}

export type ItemState = 'NotAvailable' | 'OutOfService' | 'NotExecuting' | 'Executing'

export type OperationMode = 'None' | 'Maintenance' | 'Setup' | 'Processing'
