/**
 * What an entry says about use: the contents the sums are made of, as values. Read from parsed data here, and from bytes
 * in fast.ts; what does not have the form is undefined, nothing is guessed.
 * Pure. Imports nothing but its siblings named in canonical.ts.
 */
import { isObject } from './canonical.ts'
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

const changeNames = ['first', 'wrap', 'gap', 'reset', 'exchange', 'regress', 'out-of-range'] as const

export type MeterChange = {
  readonly kind: 'MeterChanged'
  /** After the change. */
  readonly point: Point
  readonly name: (typeof changeNames)[number]
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
export type Use = { readonly meter: string; readonly unit: string; readonly quantity: Quantity }
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
  readonly incomplete: boolean
}
export type Content =
  | { readonly kind: 'MeterSampled' | 'SessionFinishing'; readonly meters: readonly Point[] }
  | MeterChange
  | Intended
  | Answered
  | Ended
  | { readonly kind: 'GatewayStarted'; readonly version: string }
  | { readonly kind: 'ConfigurationApplied'; readonly configurationId: string }
  | { readonly kind: 'Correction' | 'ManualEntry' }

type Data = Readonly<Record<string, unknown>>

/** Fields of `data`, by the kinds whose content is read; `?` marks those that may be absent. */
export const contentFields: Readonly<Record<Content['kind'], string>> = {
  GatewayStarted: 'version node fencingId',
  ConfigurationApplied: 'configurationId machines links',
  MeterSampled: 'meters',
  MeterChanged: 'meter change unit from to delta account epoch total apartMs accounts',
  UnlockIntended: 'booking tenant by token tag resume bookedUntil begin',
  UnlockConfirmed: 'token tag plcBootId plcState leaseLeftMs resume late begin',
  UnlockRefused: 'token reason detail code resume',
  UnlockUnconfirmed: 'token locksBy resume',
  SessionFinishing: 'reason overrun itemState meters',
  SessionEnded: 'booking tenant stoppedReason startedAt endedAt begin end use incomplete',
  Correction: '',
  ManualEntry: '',
}

/** Undefined when the data are not what an entry of this kind says. */
export function contentOf(kind: Content['kind'], data: Data): Content | undefined {
  switch (kind) {
    case 'GatewayStarted':
      return typeof data.version === 'string' ? { kind, version: data.version } : undefined
    case 'ConfigurationApplied':
      return typeof data.configurationId === 'string' ? { kind, configurationId: data.configurationId } : undefined
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
    case 'ManualEntry':
      return { kind }
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
  const use = parseUse(data.use)
  if (begin === undefined || end === undefined || use === undefined) return undefined
  if (typeof booking !== 'string' || typeof tenant !== 'string' || typeof stoppedReason !== 'string') return undefined
  if ((typeof startedAt !== 'string' && startedAt !== null) || typeof endedAt !== 'string') return undefined
  const incomplete = data.incomplete === true
  return { kind: 'SessionEnded', booking, tenant, stoppedReason, startedAt, endedAt, begin, end, use, incomplete }
}

function parseUse(value: unknown): Use[] | undefined {
  if (!Array.isArray(value)) return undefined
  const use: Use[] = []
  for (const item of value) {
    const quantity = isObject(item) ? parseQuantity(item.quantity) : undefined
    if (quantity === undefined || typeof item.meter !== 'string' || typeof item.unit !== 'string') return undefined
    use.push({ meter: item.meter, unit: item.unit, quantity })
  }
  return use
}

function parsePoints(value: unknown): Point[] | undefined {
  if (!Array.isArray(value)) return undefined
  const points: Point[] = []
  for (const item of value) {
    const point = isObject(item) && typeof item.at === 'number' ? parsePoint(item, item.at) : undefined
    if (point === undefined) return undefined
    points.push(point)
  }
  return points
}

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
  const name = changeNames.find((each) => each === change)
  if (point === undefined || name === undefined || delta === undefined || delta < 0) return undefined
  if (text !== undefined && from === undefined) return undefined
  if (account !== 'session' && account !== 'unassigned' && account !== 'disputed') return undefined
  return { kind: 'MeterChanged', point, name, from, delta, account }
}
