/**
 * A reading or a use of a meter, decoded at a place in a line. Undefined, or a place that is lost, when it is not in
 * the form the gateway writes.
 * Pure. Read next: place.ts, names.ts, ledger/verify/entry/content.ts (what they mean).
 */
import type { Accounts, Point, Use } from '../entry/content.ts'
import { after, afterDigits, decimal, word } from './lines.ts'
import { meterAt, nameAt, unitAt } from './names.ts'
import type { Place } from './place.ts'

const ACCOUNTS = word('{"accounts":{"disputed":"')
const ACCOUNT_SESSION = word('","session":"')
const ACCOUNT_UNASSIGNED = word('","unassigned":"')
const AT_AFTER_ACCOUNTS = word('"},"at":')
const AT = word('{"at":')
const EPOCH = word(',"epoch":')
const METER = word(',"meter":"')
const RAW = word('","raw":"')
const TOTAL = word('","total":"')
const UNIT = word('","unit":"')
const USE_METER = word('{"meter":"')
const QUANTITY = word('","quantity":"')
const CLOSE = word('"}')

export function decodePoint(place: Place): Point | undefined {
  const { lines, names } = place
  const { bytes } = lines
  let at = after(lines, place.at, AT)
  const accounts = at < 0 ? decodeAccounts(place) : undefined
  if (accounts !== undefined) at = after(lines, place.at, AT_AFTER_ACCOUNTS)
  const atEnd = afterDigits(bytes, at)
  const epoch = after(lines, atEnd, EPOCH)
  const epochEnd = afterDigits(bytes, epoch)
  const name = after(lines, epochEnd, METER)
  const meter = meterAt(names, lines, name)
  if (meter === undefined) return undefined
  const nameEnd = name + meter.word.length
  const raw = after(lines, nameEnd, RAW)
  const rawEnd = afterDigits(bytes, raw)
  const total = after(lines, raw < 0 ? nameEnd : rawEnd, TOTAL)
  const totalEnd = afterDigits(bytes, total)
  const unitName = after(lines, totalEnd, UNIT)
  const unit = unitAt(names, lines, unitName, meter)
  if (unit === undefined) return undefined
  place.at = after(lines, unitName + unit.word.length, CLOSE)
  return {
    meter: meter.text,
    unit: unit.text,
    epoch: decimal(bytes, epoch, epochEnd),
    at: decimal(bytes, at, atEnd),
    total: decimal(bytes, total, totalEnd),
    raw: raw < 0 ? undefined : decimal(bytes, raw, rawEnd),
    accounts,
  }
}

/** Leaves the place at the end of the last number. */
function decodeAccounts(place: Place): Accounts {
  const { lines } = place
  const { bytes } = lines
  const disputed = after(lines, place.at, ACCOUNTS)
  const disputedEnd = afterDigits(bytes, disputed)
  const session = after(lines, disputedEnd, ACCOUNT_SESSION)
  const sessionEnd = afterDigits(bytes, session)
  const unassigned = after(lines, sessionEnd, ACCOUNT_UNASSIGNED)
  place.at = afterDigits(bytes, unassigned)
  return {
    session: decimal(bytes, session, sessionEnd),
    unassigned: decimal(bytes, unassigned, place.at),
    disputed: decimal(bytes, disputed, disputedEnd),
  }
}

export function decodeUse(place: Place): Use | undefined {
  const { lines, names } = place
  const name = after(lines, place.at, USE_METER)
  const meter = nameAt(names, lines, name)
  if (meter === undefined) return undefined
  const quantity = after(lines, name + meter.word.length, QUANTITY)
  const quantityEnd = afterDigits(lines.bytes, quantity)
  const unitName = after(lines, quantityEnd, UNIT)
  const unit = unitAt(names, lines, unitName, meter)
  if (unit === undefined) return undefined
  place.at = after(lines, unitName + unit.word.length, CLOSE)
  return { meter: meter.text, unit: unit.text, quantity: decimal(lines.bytes, quantity, quantityEnd) }
}
