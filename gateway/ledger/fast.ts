/**
 * The contents of the common kinds, read from canonical bytes: fields stand in one order, so each is expected in turn.
 * Undefined whenever anything is otherwise (another field, an escape, a number beyond 15 digits): then the slow way reads
 * it, and judges. Both ways must say the same of every entry; a test holds them against each other.
 * Pure. Imports nothing but its siblings named in canonical.ts. Read next: content.ts.
 */
import { toUtf8 } from './canonical.ts'
import type { Accounts, Content, Point, Use } from './content.ts'
import { isDigit, latin1, matches, textEnd } from './scan.ts'

const word = (text: string) => toUtf8(text)
const W = {
  meters: word('"meters":['),
  begin: word('"begin":['),
  accounts: word('{"accounts":{"disputed":"'),
  accountSession: word('","session":"'),
  accountUnassigned: word('","unassigned":"'),
  atAfterAccounts: word('"},"at":'),
  at: word('{"at":'),
  epoch: word(',"epoch":'),
  meter: word(',"meter":"'),
  raw: word('","raw":"'),
  total: word('","total":"'),
  unit: word('","unit":"'),
  close: word('"}'),
  comma: word(','),
  endList: word(']'),
  bookedUntil: word('"bookedUntil":"'),
  nextBookedUntil: word('],"bookedUntil":"'),
  booking: word('","booking":"'),
  nextBooking: word('],"booking":"'),
  by: word('","by":"'),
  resume: word('","resume":'),
  resumed: word('true'),
  notResumed: word('false'),
  tag: word(',"tag":'),
  tenant: word(',"tenant":"'),
  token: word('","token":"'),
  tokenAfterTag: word(',"token":"'),
  quote: word('"'),
  leaseLeft: word('"leaseLeftMs":'),
  nextLeaseLeft: word('],"leaseLeftMs":'),
  plcBootId: word(',"plcBootId":'),
  plcState: word(',"plcState":"'),
  itemState: word('"itemState":"'),
  nextMeters: word('","meters":['),
  overrun: word('],"overrun":'),
  reason: word(',"reason":"'),
  end: word('","end":['),
  endedAt: word('],"endedAt":"'),
  incomplete: word('","incomplete":true,"startedAt":'),
  startedAt: word('","startedAt":'),
  none: word('null'),
  stopped: word(',"stoppedReason":"'),
  tenantAfterText: word('","tenant":"'),
  use: word('","use":['),
  useMeter: word('{"meter":"'),
  quantity: word('","quantity":"'),
}

type Name = { readonly text: string; readonly bytes: Uint8Array; next: Name | undefined }
const MOST_NAMES = 10_000
const QUOTE = 0x22

/** Reads the data between its braces: from `dataAt` to `dataEnd`, exclusive. */
export function createReader(): (
  kind: Content['kind'],
  bytes: Uint8Array,
  dataAt: number,
  dataEnd: number,
) => Content | undefined {
  let bytes = new Uint8Array(0)
  let p = 0
  let stop = 0
  /** A field was not what it must be. */
  let odd = false
  const names = new Map<number, Name>()
  let lastName: Name = { text: '', bytes: new Uint8Array(0), next: undefined }

  function take(expected: Uint8Array): boolean {
    if (!matches(bytes, p, expected)) return false
    p += expected.length
    return true
  }

  function must(expected: Uint8Array): void {
    if (!take(expected)) odd = true
  }

  /** Digits in their one form, 15 at most. */
  function number(): number {
    const from = p
    let value = 0
    for (; isDigit(bytes[p]!); p++) value = value * 10 + (bytes[p]! - 0x30)
    const length = p - from
    if (length === 0 || length > 15 || (length > 1 && bytes[from] === 0x30)) odd = true
    return value
  }

  function text(): string {
    const from = p
    p = textEnd(bytes, p)
    return latin1(bytes, from, p)
  }

  /** A text that comes again and again, such as the name of a meter; mostly the one that followed the last one before. */
  function name(): string {
    const expected = lastName.next
    if (expected !== undefined && matches(bytes, p, expected.bytes) && bytes[p + expected.bytes.length] === QUOTE) {
      p += expected.bytes.length
      lastName = expected
      return expected.text
    }
    const from = p
    p = textEnd(bytes, p)
    let key = p - from
    for (let at = from; at < p; at++) key = (Math.imul(key, 31) + bytes[at]!) | 0
    let found = names.get(key)
    if (found === undefined || found.bytes.length !== p - from || !matches(bytes, from, found.bytes)) {
      found = { text: latin1(bytes, from, p), bytes: bytes.slice(from, p), next: undefined }
      if (names.size < MOST_NAMES) names.set(key, found)
    }
    lastName.next = found
    lastName = found
    return found.text
  }

  function flag(): boolean {
    if (take(W.resumed)) return true
    must(W.notResumed)
    return false
  }

  function point(): Point {
    let accounts: Accounts | undefined
    if (take(W.accounts)) {
      const disputed = number()
      must(W.accountSession)
      const session = number()
      must(W.accountUnassigned)
      accounts = { session, unassigned: number(), disputed }
      must(W.atAfterAccounts)
    } else must(W.at)
    const at = number()
    must(W.epoch)
    const epoch = number()
    must(W.meter)
    const meter = name()
    const raw = take(W.raw) ? number() : undefined
    must(W.total)
    const total = number()
    must(W.unit)
    const unit = name()
    must(W.close)
    return { meter, unit, epoch, at, total, raw, accounts }
  }

  /** The bracket that opens the list was taken; the one that closes it is left. */
  function points(): Point[] {
    const list: Point[] = []
    if (bytes[p] === 0x5d) return list
    do list.push(point())
    while (!odd && take(W.comma))
    return list
  }

  function uses(): Use[] {
    const list: Use[] = []
    if (bytes[p] === 0x5d) return list
    do {
      must(W.useMeter)
      const meter = name()
      must(W.quantity)
      const quantity = number()
      must(W.unit)
      list.push({ meter, unit: name(), quantity })
      must(W.close)
    } while (!odd && take(W.comma))
    return list
  }

  function sampled(): Content {
    must(W.meters)
    const meters = points()
    must(W.endList)
    return { kind: 'MeterSampled', meters }
  }

  function finishing(): Content {
    must(W.itemState)
    text()
    must(W.nextMeters)
    const meters = points()
    must(W.overrun)
    flag()
    must(W.reason)
    text()
    must(W.quote)
    return { kind: 'SessionFinishing', meters }
  }

  function intended(): Content {
    const begin = take(W.begin) ? points() : undefined
    must(begin === undefined ? W.bookedUntil : W.nextBookedUntil)
    text()
    must(W.booking)
    text()
    must(W.by)
    text()
    must(W.resume)
    flag()
    must(W.tag)
    number()
    must(W.tenant)
    text()
    must(W.token)
    const token = number()
    must(W.quote)
    return { kind: 'UnlockIntended', token, begin }
  }

  /** As the machine answers in time; a late confirmation is for the slow way. */
  function confirmed(): Content {
    const begin = take(W.begin) ? points() : undefined
    must(begin === undefined ? W.leaseLeft : W.nextLeaseLeft)
    number()
    must(W.plcBootId)
    number()
    must(W.plcState)
    text()
    must(W.resume)
    const resume = flag()
    must(W.tag)
    number()
    must(W.tokenAfterTag)
    const token = number()
    must(W.quote)
    return { kind: 'UnlockConfirmed', token, begin, resume, late: false }
  }

  function ended(): Content {
    must(W.begin)
    const begin = points()
    must(W.nextBooking)
    const booking = text()
    must(W.end)
    const end = points()
    must(W.endedAt)
    const endedAt = text()
    const incomplete = take(W.incomplete)
    if (!incomplete) must(W.startedAt)
    const startedAt = take(W.none) ? null : quoted()
    must(W.stopped)
    const stoppedReason = name()
    must(W.tenantAfterText)
    const tenant = text()
    must(W.use)
    const use = uses()
    must(W.endList)
    return { kind: 'SessionEnded', booking, tenant, stoppedReason, startedAt, endedAt, begin, end, use, incomplete }
  }

  function quoted(): string {
    must(W.quote)
    const value = text()
    must(W.quote)
    return value
  }

  const readers: Partial<Record<Content['kind'], () => Content>> = {
    MeterSampled: sampled,
    SessionFinishing: finishing,
    UnlockIntended: intended,
    UnlockConfirmed: confirmed,
    SessionEnded: ended,
  }

  return (kind, source, dataAt, dataEnd) => {
    const read = readers[kind]
    if (read === undefined) return undefined
    bytes = source as Uint8Array<ArrayBuffer>
    p = dataAt
    stop = dataEnd
    odd = false
    const content = read()
    return odd || p !== stop ? undefined : content
  }
}
