/**
 * The content of an entry from its parsed data. Data of another form give undefined; nothing is guessed.
 * Pure. Read next: content.ts (the types), ledger/verify/bytes/decode-content.ts (the same from bytes, faster).
 */
import { isObject } from '../../evidence/canonical.ts'
import type { Mark, Share } from '../facts.ts'
import { MAX_DIGITS, parseCount, parseQuantity } from '../quantity.ts'
import type { Times } from '../times.ts'
import {
  type Account,
  type Accounts,
  type Adjustment,
  type Answered,
  type ChangeName,
  type Content,
  type Correction,
  changeEffects,
  type Ended,
  type Intended,
  type ManualEntry,
  type MeterChange,
  type Point,
  type Use,
} from './content.ts'

export type Data = Readonly<Record<string, unknown>>

/** Undefined when the data are not what an entry of this kind says. */
export function parseContent(kind: Content['kind'], data: Data): Content | undefined {
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
    case 'UnlockIntended':
      return parseIntent(data)
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

/* ── unlocks ── */

function parseIntent({ booking, tenant, ...data }: Data): Intended | undefined {
  const token = parseCount(data.token)
  const begin = parsePoints(data.begin)
  if (token === undefined || (begin === undefined) !== (data.begin === undefined)) return undefined
  if (typeof booking !== 'string' || typeof tenant !== 'string') return undefined
  return { kind: 'UnlockIntended', booking, tenant, token, begin }
}

function parseAnswer(kind: Answered['kind'], data: Data): Answered | undefined {
  const token = parseCount(data.token)
  const begin = parsePoints(data.begin)
  if (token === undefined || (begin === undefined) !== (data.begin === undefined)) return undefined
  return { kind, token, begin, resume: data.resume === true, late: data.late === true }
}

/* ── ends ── */

function parseEnd(data: Data): Ended | undefined {
  const { booking, tenant, stoppedReason, startedAt, endedAt } = data
  const begin = parsePoints(data.begin)
  const end = parsePoints(data.end)
  const use = parseList(data.use, parseUse)
  const overrun = data.overrun === undefined ? [] : parseList(data.overrun, parseUse)
  const shares = data.shares === undefined ? [] : parseList(data.shares, parseShare)
  if (begin === undefined || end === undefined || use === undefined || overrun === undefined || shares === undefined)
    return undefined
  if (typeof booking !== 'string' || typeof tenant !== 'string' || typeof stoppedReason !== 'string') return undefined
  if ((typeof startedAt !== 'string' && startedAt !== null) || typeof endedAt !== 'string') return undefined
  const clocks = isObject(data.clocks) ? parseClocks(data.clocks) : undefined
  if ((clocks === undefined) !== (data.clocks === undefined)) return undefined
  const texts = { booking, tenant, stoppedReason, startedAt, endedAt }
  const flags = { marks: marksOf(data), incomplete: data.incomplete === true }
  return { kind: 'SessionEnded', ...texts, begin, end, use, overrun, shares, clocks, ...flags }
}

const isMarked: Readonly<Record<Mark, (data: Data) => boolean>> = {
  offline: ({ offline }) => offline === true,
  override: ({ override }) => override === true,
  'late-revocation': ({ lateRevocation }) => lateRevocation !== undefined,
  'not-fail-safe': ({ failSafe }) => failSafe === false,
}
const marksOf = (data: Data): Mark[] => (Object.keys(isMarked) as Mark[]).filter((mark) => isMarked[mark](data))

function parseUse({ meter, unit, quantity: text }: Data): Use | undefined {
  const quantity = parseQuantity(text)
  if (quantity === undefined || typeof meter !== 'string' || typeof unit !== 'string') return undefined
  return { meter, unit, quantity }
}

function parseClocks({ bookedMs, occupiedMs, poweredMs, executingMs }: Data): Times | undefined {
  if (!isWhole(bookedMs) || !isWhole(occupiedMs) || !isWhole(poweredMs) || !isWhole(executingMs)) return undefined
  return { bookedMs, occupiedMs, poweredMs, executingMs }
}

function parseShare({ owner, percent }: Data): Share | undefined {
  return typeof owner === 'string' && typeof percent === 'string' ? { owner, percent } : undefined
}

/* ── records made by hand ── */

function parseCorrection({ original, reason, text, adjust: list }: Data): Correction | undefined {
  const adjust = parseList(list, parseAdjustment)
  if (adjust === undefined || !isWhole(original)) return undefined
  if (typeof reason !== 'string' || typeof text !== 'string') return undefined
  return { kind: 'Correction', original, reason, text, adjust }
}

function parseAdjustment({ meter, unit, from, to, quantity: text }: Data): Adjustment | undefined {
  const quantity = parseQuantity(text)
  if (quantity === undefined || quantity <= 0 || typeof meter !== 'string' || typeof unit !== 'string') return undefined
  return isAccount(from) && isAccount(to) ? { meter, unit, from, to, quantity } : undefined
}

const DECIMAL = /^(0|[1-9]\d*)(\.\d+)?$/

function parseManual({ meter, unit, quantity, from, to, reason }: Data): ManualEntry | undefined {
  if (typeof quantity !== 'string' || quantity.length > MAX_DIGITS || !DECIMAL.test(quantity)) return undefined
  if (typeof meter !== 'string' || typeof unit !== 'string') return undefined
  if (typeof from !== 'string' || typeof to !== 'string' || typeof reason !== 'string') return undefined
  return { kind: 'ManualEntry', meter, unit, quantity, from, to, reason }
}

/* ── meters ── */

function parseChange(data: Data): MeterChange | undefined {
  const { from: text, to, change, account } = data
  if (!isChange(change) || !isAccount(account)) return undefined
  // A value that was not believed may be below 0.
  const parseTo = changeEffects[change] === 'refused' || change === 'out-of-range' ? parseQuantity : parseCount
  const point = parsePoint({ ...data, raw: to }, undefined, parseTo)
  const delta = parseCount(data.delta)
  const from = parseCount(text)
  if (point === undefined || delta === undefined || (text !== undefined && from === undefined)) return undefined
  const left = parseLeft(data)
  if (left === undefined && (data.fromUnit !== undefined || data.fromTotal !== undefined)) return undefined
  return { kind: 'MeterChanged', point, name: change, effect: changeEffects[change], from, delta, account, left }
}

function parseLeft({ change, fromUnit: unit, fromTotal }: Data): MeterChange['left'] {
  const total = parseCount(fromTotal)
  return change !== 'reconfigured' || typeof unit !== 'string' || total === undefined ? undefined : { unit, total }
}

const parsePoints = (value: unknown): Point[] | undefined =>
  parseList(value, (item) => (isWhole(item.at) ? parsePoint(item, item.at) : undefined))

function parsePoint(value: Data, at: number | undefined, parseRaw = parseCount): Point | undefined {
  const { meter, unit, epoch } = value
  const total = parseCount(value.total)
  const raw = parseRaw(value.raw)
  const accounts = isObject(value.accounts) ? parseAccounts(value.accounts) : undefined
  if (typeof meter !== 'string' || typeof unit !== 'string' || !isWhole(epoch)) return undefined
  if (total === undefined || (value.raw !== undefined && raw === undefined)) return undefined
  if (value.accounts !== undefined && accounts === undefined) return undefined
  return { meter, unit, epoch, at, total, raw, accounts }
}

function parseAccounts(value: Data): Accounts | undefined {
  const session = parseCount(value.session)
  const unassigned = parseCount(value.unassigned)
  const disputed = parseCount(value.disputed)
  if (session === undefined || unassigned === undefined || disputed === undefined) return undefined
  return { session, unassigned, disputed }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isChange = (value: unknown): value is ChangeName =>
  typeof value === 'string' && Object.hasOwn(changeEffects, value)

const isAccount = (value: unknown): value is Account =>
  value === 'session' || value === 'unassigned' || value === 'disputed'

function parseList<T>(value: unknown, parse: (item: Data) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: T[] = []
  for (const each of value) {
    const item = isObject(each) ? parse(each) : undefined
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}
