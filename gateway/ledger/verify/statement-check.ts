/**
 * A statement, checked: its receipts and tariffs are in the signed log, it is the one whose hash was signed, and every
 * amount is what they come to, to the last digit. That no session of the period was left out a bundle shows, and a
 * statement alone cannot.
 * Pure. Read next: bill/money.ts (the recomputation), ledger/evidence/statement.ts (the file), receipt-check.ts.
 */
import { siteOf } from '../evidence/bundle.ts'
import { canonicalJson, isObject, toUtf8 } from '../evidence/canonical.ts'
import type { Sha256 } from '../evidence/merkle.ts'
import type { StatementFile } from '../evidence/statement.ts'
import type { Judgement, SignedCheckpoint } from '../evidence/trust.ts'
import { type Credited, creditedIn } from './bill/credit.ts'
import { restate } from './bill/money.ts'
import { type Billed, billedOf } from './bill/occasion.ts'
import { type Terms, termsOf } from './bill/terms.ts'
import { checkpointFacts, type Facts, noFacts } from './facts.ts'
import { checkReceipt, openProven, requireIncluded } from './receipt-check.ts'
import type { Report } from './report.ts'

type Body = Readonly<Record<string, unknown>>

/** `judge`: whether a checkpoint is signed as the keys demand. */
export function checkStatement(
  file: StatementFile,
  judge: (note: string) => Judgement,
  report: Report,
  sha256: Sha256,
): Facts {
  const { origin, statement } = file
  const site = siteOf(origin)
  if (site === '') report.fault('site-differs', `no site in ${origin}`)
  const signedOf = judgedOnce(judge, report)
  const signed = signedOf(file.checkpoint)
  const opened = openProven(file.entries, site, report)
  if (signed !== undefined) requireIncluded(file, signed, report, sha256)
  const receipts = file.receipts.map((receipt) => {
    if (receipt.origin !== origin) report.fault('origin-differs', receipt.origin)
    return checkReceipt(receipt, signedOf(receipt.checkpoint), report, sha256)
  })
  const bodies = file.entries.filter(({ index }) => opened.some(({ seq }) => seq === index)).map(bodyOf)
  requireIssued(statement, bodies, report, sha256)
  const ends = file.receipts.flatMap(({ session, entries }) =>
    entries.map(bodyOf).filter((body) => body.kind === 'SessionEnded' && body.session === session),
  )
  const missed = bodies.filter(({ kind }) => kind === 'BookingCancelled')
  const billed = billedIn([...ends, ...missed], report)
  const credited = creditedIn(bodies, billed, (why, seq) => report.fault('credit-wrong', why, seq))
  requireAmounts(statement, [...billed.values()], tariffsIn(bodies, report), credited, report)
  return {
    ...noFacts,
    origin,
    site,
    entries: file.entries.length,
    checkpoints: signed === undefined ? [] : [checkpointFacts(signed)],
    sessions: receipts.flatMap(({ sessions }) => sessions),
    receipts: receipts.length,
  }
}

/** Receipts made together share one checkpoint, which is judged once. */
function judgedOnce(judge: (note: string) => Judgement, report: Report) {
  const known = new Map<string, SignedCheckpoint | undefined>()
  return (note: string): SignedCheckpoint | undefined => {
    if (!known.has(note)) {
      const judged = judge(note)
      report.add(judged)
      known.set(note, judged.signed)
    }
    return known.get(note)
  }
}

/** An entry was opened before, so its text is JSON; one that was not says nothing here. */
function bodyOf({ body }: { readonly body: string }): Body {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function requireIssued(statement: Body, bodies: readonly Body[], report: Report, sha256: Sha256): void {
  const hash = hexOf(sha256(toUtf8(canonicalJson(statement))))
  const issued = bodies.filter(({ kind }) => kind === 'StatementIssued')
  if (issued.length !== 1) report.fault('statement-unsigned', `${issued.length} entries issue it`)
  else if (!isObject(issued[0]!.data) || issued[0]!.data.sha256 !== hash) report.fault('statement-unsigned', hash)
}

const hexOf = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

function tariffsIn(bodies: readonly Body[], report: Report): ReadonlyMap<string, Terms> {
  const tariffs = new Map<string, Terms>()
  for (const { kind, data, seq } of bodies) {
    if (kind !== 'TariffPublished') continue
    const terms = isObject(data) ? termsOf(data) : undefined
    if (terms === undefined) report.fault('tariff-malformed', undefined, Number(seq))
    else if (tariffs.has(terms.pin)) report.fault('tariff-malformed', `${terms.pin} twice`, Number(seq))
    else tariffs.set(terms.pin, terms)
  }
  return tariffs
}

/** By the sequence of their entry. */
function billedIn(bodies: readonly Body[], report: Report): Map<number, Billed> {
  const billed = new Map<number, Billed>()
  for (const body of bodies) {
    const seq = Number(body.seq)
    const read = billedOf(body)
    if (read === undefined) report.fault('trace-wrong', undefined, seq)
    else if (billed.has(seq)) report.fault('statement-stray', `entry ${seq} twice`)
    else billed.set(seq, read)
  }
  return billed
}

function requireAmounts(
  statement: Body,
  billed: readonly Billed[],
  tariffs: ReadonlyMap<string, Terms>,
  credited: readonly Credited[],
  report: Report,
): void {
  const { bills: _, unbilled: __, totals: ___, credits: ____, ...period } = statement
  for (const { id, pin, reason } of billed)
    if (pin !== undefined && reason === undefined && !tariffs.has(pin))
      report.fault('tariff-missing', `${pin} of ${id}`)
  const named = new Set(billed.flatMap(({ pin, reason }) => (reason === undefined ? (pin ?? []) : [])))
  for (const pin of tariffs.keys()) if (!named.has(pin)) report.fault('statement-stray', pin)
  const isFrom = (credit: Credited) => isOf(period, { ...credit.billed, endedAt: credit.approvedAt })
  const credits = credited.filter(isFrom)
  // A credit or a use of another time is here only because a credit of this one rests on it.
  const restsOn = new Set(credits.map((credit) => credit.billed))
  for (const { id, billed: use, approvedAt } of credited)
    if (!restsOn.has(use) || Date.parse(approvedAt) >= Date.parse(String(period.to)))
      report.fault('statement-stray', id)
  for (const each of billed) if (!isOf(period, each) && !restsOn.has(each)) report.fault('statement-stray', each.id)
  const uses = billed.filter((each) => isOf(period, each))
  const where = difference(statement, restate(period, uses, tariffs, credits), '')
  if (where !== undefined) report.fault('statement-differs', where)
}

/** Whether a use ended in the period, and is of the tenant or the owner the statement is for. */
function isOf({ from, to, tenant, owner }: Body, { endedAt, ...billed }: Billed): boolean {
  return (
    typeof from === 'string' &&
    typeof to === 'string' &&
    Date.parse(from) <= Date.parse(endedAt) &&
    Date.parse(endedAt) < Date.parse(to) &&
    (tenant === undefined || tenant === billed.tenant) &&
    (owner === undefined || billed.shares.some((share) => share.owner === owner))
  )
}

/** The first place where two values differ, or undefined. */
function difference(a: unknown, b: unknown, at: string): string | undefined {
  if (canonicalJson(a) === canonicalJson(b)) return undefined
  if (
    a === null ||
    b === null ||
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return `${at.slice(1)} says ${shown(a)}, and is ${shown(b)}`
  const [left, right] = [a as Body, b as Body]
  const name = [...new Set([...Object.keys(left), ...Object.keys(right)])].find(
    (key) => canonicalJson(left[key] ?? null) !== canonicalJson(right[key] ?? null),
  )
  return name === undefined ? at.slice(1) : difference(left[name], right[name], `${at}.${name}`)
}

const MOST_SHOWN = 60
const shown = (value: unknown) => (value === undefined ? 'nothing' : canonicalJson(value).slice(0, MOST_SHOWN))
