/**
 * Sessions, recomputed from entries: each was intended, confirmed by the machine and ended; its begin readings were not
 * changed afterwards; it is charged no more than its meters made. In a whole log fencing tokens rise and a machine has
 * one session at a time. A receipt shows two entries of one session, and only what they say of each other is checked.
 * Pure. Read next: use.ts (what is charged), log-sums.ts (who hands the entries on).
 */
import type { Answered, Correction, Ended, Intended, MeterChange, Point } from '../entry/content.ts'
import type { SessionFacts } from '../facts.ts'
import { minus, plus, type Quantity, same } from '../quantity.ts'
import type { Report } from '../report.ts'
import { contradiction } from './claims.ts'
import { charge, correct, keyOf, type MeterSums, takePoint } from './meter-sums.ts'
import { type EntryHead, judgeLists, judgeUse, type Named, samePoints } from './use.ts'

type Machine = { token: Quantity; open: string | undefined }
type OpenSession = {
  readonly machine: string
  readonly intendedSeq: number
  /** Undefined in a receipt, which need not hold the intent. */
  readonly intent: Intended | undefined
  /** Of the latest intent. */
  token: Quantity
  begin: readonly Point[] | undefined
  confirmedSeq: number | undefined
  confirmedAt: string | undefined
  /** By meter, since the intent. */
  readonly named: Map<string, Named>
}

export type SessionSums = {
  readonly report: Report
  /** Of a whole log; undefined for a receipt. */
  readonly meters: MeterSums | undefined
  readonly machines: Map<string, Machine>
  readonly open: Map<string, OpenSession>
  /** What each session that ended is charged, by meter and unit, with what corrections moved. */
  readonly charges: Map<string, Map<string, Quantity>>
  /** The end reading of the last session that ended, by meter and unit. */
  readonly chargedTo: Map<string, Quantity>
  readonly facts: SessionFacts[]
}

export const newSessionSums = (report: Report, meters: MeterSums | undefined): SessionSums => ({
  report,
  meters,
  machines: new Map(),
  open: new Map(),
  charges: new Map(),
  chargedTo: new Map(),
  facts: [],
})

/* ── the unlock ── */

export function takeIntent(sums: SessionSums, entry: EntryHead, intent: Intended): void {
  const { report, meters } = sums
  const { token, begin } = intent
  const machine = machineOf(sums, entry.machine)
  if (token <= machine.token)
    report.fault('token-wrong', `${entry.machine}: ${token} after ${machine.token}`, entry.seq)
  machine.token = token
  const session = openSession(sums, entry, intent)
  session.token = token
  if (session.machine !== entry.machine)
    report.fault('entry-malformed', `${entry.session} was intended on ${session.machine}`, entry.seq)
  if (session.intent?.booking !== intent.booking || session.intent.tenant !== intent.tenant)
    report.fault('session-differs', `${entry.session}: booking or tenant`, entry.seq)
  if (begin === undefined) return
  if (session.begin !== undefined || sums.charges.has(entry.session))
    report.fault('session-doubled', entry.session, entry.seq)
  session.begin = begin
  if (meters !== undefined) for (const point of begin) takePoint(meters, point, entry.simulated, entry.seq)
}

/** An intent is confirmed, refused or left without an answer, under its own token. */
export function takeAnswer(sums: SessionSums, entry: EntryHead, answer: Answered): void {
  const { report, meters, open } = sums
  const session = meters === undefined ? openSession(sums, entry) : open.get(entry.session)
  if (meters !== undefined && !same(answer.token, session?.token ?? -1))
    report.fault('token-wrong', `${entry.machine}: ${answer.token} was not intended for ${entry.session}`, entry.seq)
  if (session === undefined) return
  if (session.machine !== entry.machine)
    report.fault('entry-malformed', `${entry.session} was intended on ${session.machine}`, entry.seq)
  if (answer.kind === 'UnlockConfirmed') confirm(sums, entry, answer, session)
  // A refusal does not take back what was confirmed before.
  else if (answer.kind === 'UnlockRefused' && !answer.resume && session.confirmedSeq === undefined)
    open.delete(entry.session)
}

function confirm(sums: SessionSums, entry: EntryHead, { begin, resume, late }: Answered, session: OpenSession): void {
  const { report, meters } = sums
  const { session: id, machine, seq } = entry
  const isWhole = meters !== undefined
  if (begin !== undefined) {
    // In a whole log they are those of the intent, which stood in the order of all readings.
    if (session.begin === undefined ? isWhole : !samePoints(session.begin, begin))
      report.fault('begin-differs', id, seq)
    session.begin = begin
    if (session.confirmedSeq !== undefined && !late) report.fault('session-doubled', id, seq)
  } else if (!resume || (isWhole && session.confirmedSeq === undefined))
    report.fault('entry-malformed', 'UnlockConfirmed has no begin readings', seq)
  session.confirmedSeq ??= seq
  session.confirmedAt ??= entry.at
  const holder = machineOf(sums, machine)
  if (holder.open !== undefined && holder.open !== id)
    report.fault('session-overlap', `${machine}: ${holder.open} and ${id}`, seq)
  holder.open = id
}

/* ── the end ── */

export function takeEnd(sums: SessionSums, entry: EntryHead, end: Ended): void {
  const { report, meters, open, charges, facts } = sums
  const { session: id, machine, seq, simulated } = entry
  const session = open.get(id)
  judgeEnd(sums, entry, end, session)
  charges.set(id, new Map(end.use.map(({ meter, unit, quantity }) => [keyOf(meter, unit), quantity])))
  open.delete(id)
  const holder = machineOf(sums, machine)
  if (holder.open === id) holder.open = undefined
  if (meters !== undefined) for (const point of end.end) takePoint(meters, point, simulated, seq)
  if (end.incomplete) report.note('session-incomplete', id, seq)
  if (entry.clock !== 'synchronised') report.note('clock-unsure', `${id}: ${entry.clock}`, seq)
  judgeLists(entry, end, report)
  if (meters !== undefined) chargeMeters(sums, meters, entry, end, session?.intendedSeq ?? seq)
  facts.push({
    session: id,
    machine,
    booking: end.booking,
    tenant: end.tenant,
    simulated,
    startedAt: end.startedAt,
    endedAt: end.endedAt,
    stoppedReason: end.stoppedReason,
    incomplete: end.incomplete,
    marks: end.marks,
    shares: end.shares,
    ...(end.clocks === undefined ? {} : { clocks: end.clocks }),
    confirmedSeq: session?.confirmedSeq ?? -1,
    endedSeq: seq,
    use: end.end.map((point) => judgeUse(entry, end, point, session?.named.get(point.meter) ?? NOTHING_NAMED, report)),
  })
}

const NOTHING_NAMED: Named = { own: 0, other: 0 }

function judgeEnd(
  { report, charges }: SessionSums,
  entry: EntryHead,
  end: Ended,
  session: OpenSession | undefined,
): void {
  const { session: id, machine, seq } = entry
  if (charges.has(id)) report.fault('session-doubled', id, seq)
  else if (session?.confirmedSeq === undefined) report.fault('session-unconfirmed', id, seq)
  else if (session.machine !== machine)
    report.fault('entry-malformed', `${id} was confirmed on ${session.machine}`, seq)
  if (session?.begin !== undefined && !samePoints(session.begin, end.begin)) report.fault('begin-differs', id, seq)
  if (session?.confirmedAt === undefined) return
  const odd = contradiction(end, { intent: session.intent, confirmedAt: session.confirmedAt, endedAt: entry.at })
  if (odd !== undefined) report.fault('session-differs', `${id}: ${odd}`, seq)
}

/**
 * In a whole log a session begins after the end of the one before. Only a meter never seen before has no begin
 * reading.
 */
function chargeMeters(
  { report, chargedTo }: SessionSums,
  meters: MeterSums,
  { session: id, seq }: EntryHead,
  { begin, end, use }: Ended,
  intendedSeq: number,
): void {
  for (const { meter, unit, total } of end) {
    const first = begin.find((point) => point.meter === meter)
    const before = chargedTo.get(keyOf(meter, unit))
    if (first !== undefined && before !== undefined && first.total < before)
      report.fault('session-overlap', `${id}: ${meter} begins at ${first.total}, charged up to ${before}`, seq)
    if (first === undefined && (meters.tracks.get(meter)?.firstSeq ?? seq) < intendedSeq)
      report.fault('begin-differs', `${id}: ${meter} was known, and has no begin reading`, seq)
    chargedTo.set(keyOf(meter, unit), total)
    charge(meters, meter, use.find((item) => item.meter === meter)?.quantity ?? 0)
  }
}

/** After the last entry. */
export function finishSessions({ report, open }: SessionSums): void {
  for (const [id, { confirmedSeq }] of open)
    if (confirmedSeq !== undefined) report.note('session-open', id, confirmedSeq)
}

/* ── changes and corrections ── */

/** A change of a meter that names the session. */
export function nameUnits({ open }: SessionSums, session: string, change: MeterChange): void {
  const found = open.get(session)
  if (found === undefined || change.effect !== 'booked') return
  const { own, other } = found.named.get(change.point.meter) ?? NOTHING_NAMED
  found.named.set(
    change.point.meter,
    change.account === 'session' ? { own: plus(own, change.delta), other } : { own, other: plus(other, change.delta) },
  )
}

/** Units that a person moved: a session gives back no more than it has. */
export function takeCorrection(sums: SessionSums, entry: EntryHead, { original, adjust }: Correction): void {
  const { report, meters, charges } = sums
  const fault = (detail: string) => report.fault('correction-wrong', detail, entry.seq)
  if (original >= entry.seq) fault(`of entry ${original}`)
  for (const { meter, unit, from, to, quantity } of adjust) {
    if (from === to || meters?.tracks.get(meter)?.unit !== unit) {
      fault(`${quantity} ${unit} of ${meter} from ${from} to ${to}`)
      continue
    }
    if (from !== 'session' && to !== 'session') continue
    const moved = to === 'session' ? quantity : minus(0, quantity)
    const charged = charges.get(entry.session)
    const left = plus(charged?.get(keyOf(meter, unit)) ?? 0, moved)
    if (charged === undefined || left < 0) fault(`${entry.session || 'no session'}: ${quantity} of ${meter}`)
    charged?.set(keyOf(meter, unit), left)
    correct(meters, meter, moved)
  }
}

/* ── what is known so far ── */

function machineOf({ machines }: SessionSums, id: string): Machine {
  let machine = machines.get(id)
  if (machine === undefined) {
    machine = { token: -1, open: undefined }
    machines.set(id, machine)
  }
  return machine
}

function openSession(
  { open }: SessionSums,
  { session, machine, seq: intendedSeq }: EntryHead,
  intent?: Intended,
): OpenSession {
  let found = open.get(session)
  if (found === undefined) {
    const unconfirmed = { begin: undefined, confirmedSeq: undefined, confirmedAt: undefined }
    found = { machine, intendedSeq, intent, token: -1, ...unconfirmed, named: new Map() }
    open.set(session, found)
  }
  return found
}
