/**
 * What an entry says about use: the contents the sums are made of, as values. Read from parsed data here, and from bytes
 * in fast.ts; what does not have the form is undefined, nothing is guessed.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts.
 */
import { isObject } from '../evidence/canonical.ts'
import { parseQuantity, type Quantity } from './quantity.ts'

export type Accounts = { readonly session: Quantity; readonly unassigned: Quantity; readonly disputed: Quantity }

/** A meter at one moment. */
export type Point = {
  /** `machine/alias.name` */
  readonly meter: string
  /** The smallest unit. */
  readonly unit: string
  readonly epoch: number
  /** UTC ms; absent in a change. */
  readonly at: number | undefined
  /** Sum since the first reading ever. */
  readonly total: Quantity
  /** The counter as the device holds it; registers only. */
  readonly raw: Quantity | undefined
  /** Units of the epoch by account, where the gateway says them. */
  readonly accounts: Accounts | undefined
}

/**
 * `booked`: units came with it, or a new epoch began. `refused`: a value was not believed; nothing was booked on it.
 * `told`: what is named was booked before.
 */
const changes = {
  first: 'booked',
  wrap: 'booked',
  gap: 'booked',
  reset: 'booked',
  exchange: 'booked',
  regress: 'booked',
  'out-of-range': 'booked',
  unresolved: 'refused',
  torn: 'refused',
  foreign: 'told',
} as const

export type MeterChange = {
  readonly kind: 'MeterChanged'
  /** After the change. */
  readonly point: Point
  readonly name: keyof typeof changes
  readonly effect: (typeof changes)[keyof typeof changes]
  /** The counter before it. */
  readonly from: Quantity | undefined
  /** Units booked with it. */
  readonly delta: Quantity
  readonly account: keyof Accounts
}
export type Intended = {
  readonly kind: 'UnlockIntended'
  readonly token: Quantity
  readonly begin: readonly Point[] | undefined
}
export type Answered = {
  readonly kind: 'UnlockConfirmed' | 'UnlockRefused' | 'UnlockUnconfirmed'
  readonly token: Quantity
  readonly begin: readonly Point[] | undefined
  readonly resume: boolean
  readonly late: boolean
}
/** The times of a session by its four clocks, ms. */
export type ClockTimes = {
  readonly bookedMs: number
  readonly occupiedMs: number
  readonly poweredMs: number
  readonly executingMs: number
}
export type Share = { readonly owner: string; readonly percent: string }
export type Use = { readonly meter: string; readonly unit: string; readonly quantity: Quantity }
/** How a session was not like others. */
const marks = ['offline', 'override', 'late-revocation', 'not-fail-safe'] as const
export type Mark = (typeof marks)[number]
export type Ended = {
  readonly kind: 'SessionEnded'
  readonly booking: string
  readonly tenant: string
  readonly stoppedReason: string
  readonly startedAt: string | null
  readonly endedAt: string
  readonly begin: readonly Point[]
  readonly end: readonly Point[]
  readonly use: readonly Use[]
  /** What of it was made after the grace. */
  readonly overrun: readonly Use[]
  readonly marks: readonly Mark[]
  /** Whose the usage is; absent in logs from before there were shares. */
  readonly shares: readonly Share[]
  /** Absent in logs from before they were kept. */
  readonly clocks: ClockTimes | undefined
  readonly incomplete: boolean
}
/** Units of one meter and epoch moved from one account to another, afterwards and by a person. */
export type Adjustment = {
  readonly meter: string
  readonly unit: string
  readonly from: keyof Accounts
  readonly to: keyof Accounts
  readonly quantity: Quantity
}
export type Correction = {
  readonly kind: 'Correction'
  /** Sequence of the entry that is put right. */
  readonly original: number
  readonly reason: string
  readonly text: string
  readonly adjust: readonly Adjustment[]
}
export type ManualEntry = {
  readonly kind: 'ManualEntry'
  readonly meter: string
  readonly unit: string
  readonly quantity: Quantity
  readonly from: string
  readonly to: string
  readonly reason: string
}
export type Content =
  | { readonly kind: 'MeterSampled' | 'SessionFinishing'; readonly meters: readonly Point[] }
  | MeterChange
  | Intended
  | Answered
  | Ended
  | { readonly kind: 'GatewayStarted'; readonly at: string; readonly version: string }
  | { readonly kind: 'ConfigurationApplied'; readonly at: string; readonly configurationId: string }
  | Correction
  | ManualEntry

type Data = Readonly<Record<string, unknown>>

/** Fields of `data`, by the kinds whose content is read; `?` marks those that may be absent. */
export const contentFields: Readonly<Record<Content['kind'], string>> = {
  GatewayStarted: 'version node fencingId',
  ConfigurationApplied: 'configurationId machines links',
  MeterSampled: 'meters',
  MeterChanged: 'meter change unit from to fromIdentity toIdentity delta account epoch total apartMs accounts',
  UnlockIntended: 'booking tenant by token tag resume bookedUntil limits offline begin',
  UnlockConfirmed: 'token tag plcBootId plcState leaseLeftMs resume late begin failSafe',
  UnlockRefused: 'token reason detail code decision resume',
  UnlockUnconfirmed: 'token code decision locksBy failSafe resume',
  SessionFinishing: 'reason overrun itemState meters',
  SessionEnded:
    'booking tenant stoppedReason startedAt endedAt begin end use overrun shares clocks incomplete offline override lateRevocation failSafe',
  Correction: 'id original originalKind reason text by adjust',
  ManualEntry: 'id meter unit quantity from to tenant reason by shares',
}

/** Undefined when the data are not what an entry of this kind says. */
export function contentOf(kind: Content['kind'], data: Data, at: string): Content | undefined {
  switch (kind) {
    case 'GatewayStarted':
      return typeof data.version === 'string' ? { kind, at, version: data.version } : undefined
    case 'ConfigurationApplied':
      return typeof data.configurationId === 'string' ? { kind, at, configurationId: data.configurationId } : undefined
    case 'MeterSampled':
    case 'SessionFinishing': {
      const meters = parsePoints(data.meters)
      return meters && { kind, meters }
    }
    case 'MeterChanged':
      return parseChange(data)
    case 'UnlockIntended': {
      const token = parseQuantity(data.token)
      const begin = parsePoints(data.begin)
      return token === undefined || (begin === undefined) !== (data.begin === undefined)
        ? undefined
        : { kind, token, begin }
    }
    case 'UnlockConfirmed':
    case 'UnlockRefused':
    case 'UnlockUnconfirmed':
      return parseAnswer(kind, data)
    case 'SessionEnded':
      return parseEnd(data)
    case 'Correction':
      return parseCorrection(data)
    case 'ManualEntry':
      return parseManual(data)
  }
}

function parseAnswer(kind: Answered['kind'], data: Data): Answered | undefined {
  const token = parseQuantity(data.token)
  const begin = parsePoints(data.begin)
  if (token === undefined || (begin === undefined) !== (data.begin === undefined)) return undefined
  return { kind, token, begin, resume: data.resume === true, late: data.late === true }
}

function parseEnd(data: Data): Ended | undefined {
  const { booking, tenant, stoppedReason, startedAt, endedAt } = data
  const begin = parsePoints(data.begin)
  const end = parsePoints(data.end)
  const use = listOf(data.use, parseUse)
  const overrun = listOf(data.overrun ?? [], parseUse)
  const shares = listOf(data.shares ?? [], parseShare)
  if (begin === undefined || end === undefined || use === undefined || overrun === undefined || shares === undefined)
    return undefined
  if (typeof booking !== 'string' || typeof tenant !== 'string' || typeof stoppedReason !== 'string') return undefined
  if ((typeof startedAt !== 'string' && startedAt !== null) || typeof endedAt !== 'string') return undefined
  const clocks = isObject(data.clocks) ? parseClocks(data.clocks) : undefined
  if ((clocks === undefined) !== (data.clocks === undefined)) return undefined
  const incomplete = data.incomplete === true
  return {
    kind: 'SessionEnded',
    booking,
    tenant,
    stoppedReason,
    startedAt,
    endedAt,
    begin,
    end,
    use,
    overrun,
    marks: marks.filter((mark) => isMarked[mark](data)),
    shares,
    clocks,
    incomplete,
  }
}

const isMarked: Readonly<Record<Mark, (data: Data) => boolean>> = {
  offline: ({ offline }) => offline === true,
  override: ({ override }) => override === true,
  'late-revocation': ({ lateRevocation }) => lateRevocation !== undefined,
  'not-fail-safe': ({ failSafe }) => failSafe === false,
}

function parseUse({ meter, unit, quantity: text }: Data): Use | undefined {
  const quantity = parseQuantity(text)
  if (quantity === undefined || typeof meter !== 'string' || typeof unit !== 'string') return undefined
  return { meter, unit, quantity }
}

function parseClocks({ bookedMs, occupiedMs, poweredMs, executingMs }: Data): ClockTimes | undefined {
  if (typeof bookedMs !== 'number' || typeof occupiedMs !== 'number') return undefined
  if (typeof poweredMs !== 'number' || typeof executingMs !== 'number') return undefined
  return { bookedMs, occupiedMs, poweredMs, executingMs }
}

function parseShare({ owner, percent }: Data): Share | undefined {
  return typeof owner === 'string' && typeof percent === 'string' ? { owner, percent } : undefined
}

function parseCorrection({ original, reason, text, adjust: list }: Data): Correction | undefined {
  const adjust = listOf(list, parseAdjustment)
  if (adjust === undefined || typeof original !== 'number') return undefined
  if (typeof reason !== 'string' || typeof text !== 'string') return undefined
  return { kind: 'Correction', original, reason, text, adjust }
}

function parseAdjustment({ meter, unit, from, to, quantity: text }: Data): Adjustment | undefined {
  const quantity = parseQuantity(text)
  if (quantity === undefined || quantity <= 0 || typeof meter !== 'string' || typeof unit !== 'string') return undefined
  return isAccount(from) && isAccount(to) ? { meter, unit, from, to, quantity } : undefined
}

function parseManual({ meter, unit, quantity: text, from, to, reason }: Data): ManualEntry | undefined {
  const quantity = parseQuantity(text)
  if (quantity === undefined || typeof meter !== 'string' || typeof unit !== 'string') return undefined
  if (typeof from !== 'string' || typeof to !== 'string' || typeof reason !== 'string') return undefined
  return { kind: 'ManualEntry', meter, unit, quantity, from, to, reason }
}

const isAccount = (value: unknown): value is keyof Accounts =>
  value === 'session' || value === 'unassigned' || value === 'disputed'

function listOf<T>(value: unknown, parse: (item: Data) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: T[] = []
  for (const each of value) {
    const item = isObject(each) ? parse(each) : undefined
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}

const parsePoints = (value: unknown): Point[] | undefined =>
  listOf(value, (item) => (typeof item.at === 'number' ? parsePoint(item, item.at) : undefined))

function parsePoint(value: Data, at: number | undefined): Point | undefined {
  const { meter, unit, epoch } = value
  const total = parseQuantity(value.total)
  const raw = parseQuantity(value.raw)
  const accounts = isObject(value.accounts) ? parseAccounts(value.accounts) : undefined
  if (typeof meter !== 'string' || typeof unit !== 'string' || typeof epoch !== 'number') return undefined
  if (total === undefined || (value.raw !== undefined && raw === undefined)) return undefined
  if (value.accounts !== undefined && accounts === undefined) return undefined
  return { meter, unit, epoch, at, total, raw, accounts }
}

function parseAccounts(value: Data): Accounts | undefined {
  const session = parseQuantity(value.session)
  const unassigned = parseQuantity(value.unassigned)
  const disputed = parseQuantity(value.disputed)
  if (session === undefined || unassigned === undefined || disputed === undefined) return undefined
  return { session, unassigned, disputed }
}

function parseChange(data: Data): MeterChange | undefined {
  const { from: text, to, change, account } = data
  const point = parsePoint({ ...data, raw: to }, undefined)
  const delta = parseQuantity(data.delta)
  const from = parseQuantity(text)
  if (point === undefined || delta === undefined || delta < 0 || !isAccount(account)) return undefined
  if (typeof change !== 'string' || !Object.hasOwn(changes, change)) return undefined
  if (text !== undefined && from === undefined) return undefined
  const name = change as MeterChange['name']
  return { kind: 'MeterChanged', point, name, effect: changes[name], from, delta, account }
}
