/**
 * Sessions, recomputed from entries: each was intended, confirmed by the machine and ended; its begin readings were not
 * changed afterwards; it is charged no more than its meters made. In a whole log fencing tokens rise and a machine has
 * one session at a time; a receipt shows two entries of one session, and only what they say of each other is checked.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts. Read next: journal.ts.
 */
import type { OpenedEntry } from './body.ts'
import type { Answered, Correction, Ended, Intended, MeterChange, Point } from './content.ts'
import type { Meters } from './meters.ts'
import { minus, plus, type Quantity, same } from './quantity.ts'
import type { Report, SessionFacts } from './verdict.ts'

type Entry = Omit<OpenedEntry, 'kind' | 'content'>
type Machine = { token: Quantity; open: string | undefined }
type Known = {
  readonly machine: string
  readonly intendedSeq: number
  /** Of the latest intent. */
  token: Quantity
  begin: readonly Point[] | undefined
  confirmedSeq: number | undefined
  /** Units of named changes since the intent, by meter: the session's, and others'. */
  readonly named: Map<string, { own: Quantity; other: Quantity }>
}

/** `meters`: of a whole log; undefined for a receipt. */
export function createSessions(report: Report, meters: Meters | undefined) {
  const whole = meters !== undefined
  const machines = new Map<string, Machine>()
  /** Those that are not over. */
  const known = new Map<string, Known>()
  /** Those that are: what they are charged, by meter, with what corrections moved. */
  const ended = new Map<string, Map<string, Quantity>>()
  /** The end reading of the last session that ended, by meter. */
  const chargedTo = new Map<string, Quantity>()
  const facts: SessionFacts[] = []

  function machineOf(id: string): Machine {
    let machine = machines.get(id)
    if (machine === undefined) {
      machine = { token: -1, open: undefined }
      machines.set(id, machine)
    }
    return machine
  }

  function sessionOf({ session, machine, seq: intendedSeq }: Entry): Known {
    let found = known.get(session)
    if (found === undefined) {
      found = { machine, intendedSeq, token: -1, begin: undefined, confirmedSeq: undefined, named: new Map() }
      known.set(session, found)
    }
    return found
  }

  function intended(entry: Entry, { token, begin }: Intended): void {
    const machine = machineOf(entry.machine)
    if (token <= machine.token)
      report.fault('token-wrong', `${entry.machine}: ${token} after ${machine.token}`, entry.seq)
    machine.token = token
    const session = sessionOf(entry)
    session.token = token
    if (begin === undefined) return
    if (session.begin !== undefined || ended.has(entry.session))
      report.fault('session-doubled', entry.session, entry.seq)
    session.begin = begin
    for (const point of begin) meters?.take(point, entry.simulated, entry.seq)
  }

  /** An intent is confirmed, refused, or left unanswered: under its own token. */
  function answered(entry: Entry, answer: Answered): void {
    if (!whole) sessionOf(entry)
    const session = known.get(entry.session)
    if (whole && !same(answer.token, session?.token ?? -1))
      report.fault('token-wrong', `${entry.machine}: ${answer.token} was not intended for ${entry.session}`, entry.seq)
    if (session === undefined) return
    if (session.machine !== entry.machine)
      report.fault('entry-malformed', `${entry.session} was intended on ${session.machine}`, entry.seq)
    if (answer.kind === 'UnlockConfirmed') confirmed(entry, answer, session)
    // What was confirmed once is not taken back by a refusal.
    else if (answer.kind === 'UnlockRefused' && !answer.resume && session.confirmedSeq === undefined)
      known.delete(entry.session)
  }

  function confirmed(entry: Entry, { begin, resume, late }: Answered, session: Known): void {
    const { session: id, machine, seq } = entry
    if (begin !== undefined) {
      // In a whole log they are those of the intent, which stood in the order of all readings.
      if (session.begin === undefined ? whole : !samePoints(session.begin, begin))
        report.fault('begin-differs', id, seq)
      session.begin = begin
      if (session.confirmedSeq !== undefined && !late) report.fault('session-doubled', id, seq)
    } else if (!resume || (whole && session.confirmedSeq === undefined))
      report.fault('entry-malformed', 'UnlockConfirmed has no begin readings', seq)
    session.confirmedSeq ??= seq
    const { open } = machineOf(machine)
    if (open !== undefined && open !== id) report.fault('session-overlap', `${machine}: ${open} and ${id}`, seq)
    machineOf(machine).open = id
  }

  function finished(entry: Entry, end: Ended): void {
    const { session: id, machine, seq } = entry
    const session = known.get(id)
    if (ended.has(id)) report.fault('session-doubled', id, seq)
    else if (session?.confirmedSeq === undefined) report.fault('session-unconfirmed', id, seq)
    else if (session.machine !== machine)
      report.fault('entry-malformed', `${id} was confirmed on ${session.machine}`, seq)
    if (session?.begin !== undefined && !samePoints(session.begin, end.begin)) report.fault('begin-differs', id, seq)
    ended.set(id, new Map(end.use.map(({ meter, quantity }) => [meter, quantity])))
    known.delete(id)
    if (machineOf(machine).open === id) machineOf(machine).open = undefined
    for (const point of end.end) meters?.take(point, entry.simulated, seq)
    if (end.incomplete) report.note('session-incomplete', id, seq)
    if (entry.clock !== 'synchronised') report.note('clock-unsure', `${id}: ${entry.clock}`, seq)
    facts.push({
      session: id,
      machine,
      booking: end.booking,
      tenant: end.tenant,
      simulated: entry.simulated,
      startedAt: end.startedAt,
      endedAt: end.endedAt,
      stoppedReason: end.stoppedReason,
      incomplete: end.incomplete,
      marks: end.marks,
      shares: end.shares,
      ...(end.clocks === undefined ? {} : { clocks: end.clocks }),
      confirmedSeq: session?.confirmedSeq ?? -1,
      endedSeq: seq,
      use: charge(entry, end, session),
    })
  }

  /** Each meter of the end readings: what it made since the begin, and how much of it the session is charged. */
  function charge(
    { seq, machine, session: id }: Entry,
    { begin, end, use, overrun }: Ended,
    session: Known | undefined,
  ) {
    for (const list of [begin, end]) notTwice(list, id, seq)
    for (const [index, { meter }] of use.entries())
      if (!end.some((point) => point.meter === meter) || use.findIndex((other) => other.meter === meter) !== index)
        report.fault('use-exceeds-meter', `${id}: ${meter} has no end reading of its own`, seq)
    for (const [index, { meter, unit, quantity }] of overrun.entries()) {
      const used = use.find((item) => item.meter === meter && item.unit === unit)?.quantity ?? 0
      if (quantity < 0 || used < quantity || overrun.findIndex((other) => other.meter === meter) !== index)
        report.fault('overrun-exceeds-use', `${id}: ${quantity} of ${used} ${unit} of ${meter}`, seq)
    }
    return end.map(({ meter, unit, total, epoch }) => {
      const first = begin.find((point) => point.meter === meter)
      if (!meter.startsWith(`${machine}/`))
        report.fault('use-exceeds-meter', `${id}: ${meter} is not of ${machine}`, seq)
      if (whole) follows(meter, first, { seq, id, intendedSeq: session?.intendedSeq ?? seq })
      if (whole) chargedTo.set(meter, total)
      const used = use.find((item) => item.meter === meter)
      const quantity = used?.quantity ?? 0
      const made = minus(total, first?.total ?? 0)
      const elsewhere = minus(made, quantity)
      const { own = 0, other = 0 } = session?.named.get(meter) ?? {}
      if (made < 0 || epoch < (first?.epoch ?? epoch))
        report.fault('end-below-begin', `${id}: ${meter} from ${first?.total} to ${total}`, seq)
      else if (quantity < 0 || elsewhere < other || (used?.unit ?? unit) !== unit)
        report.fault(
          'use-exceeds-meter',
          `${id}: ${quantity} of ${made} ${unit} of ${meter}, ${other} of it named as not its own`,
          seq,
        )
      else if (quantity < own)
        report.fault('use-below-named', `${id}: ${quantity} ${unit} of ${meter}, ${own} named as its own`, seq)
      else if (elsewhere > 0) report.note('units-elsewhere', `${id}: ${elsewhere} ${unit} of ${meter}`, seq)
      meters?.charge(meter, quantity)
      const texts = { begin: String(first?.total ?? 0), end: String(total), quantity: String(quantity) }
      const after = overrun.find((item) => item.meter === meter)
      return {
        meter,
        unit,
        ...texts,
        ...(after === undefined ? {} : { overrun: String(after.quantity) }),
        elsewhere: String(elsewhere),
      }
    })
  }

  function notTwice(points: readonly Point[], id: string, seq: number): void {
    const names = new Set(points.map(({ meter }) => meter))
    if (names.size < points.length) report.fault('use-exceeds-meter', `${id}: two readings of one meter`, seq)
  }

  /** A session begins behind the end of the one before; without a begin reading, the meter was never seen before it. */
  function follows(
    meter: string,
    first: Point | undefined,
    { seq, id, intendedSeq }: { readonly seq: number; readonly id: string; readonly intendedSeq: number },
  ): void {
    const before = chargedTo.get(meter)
    if (first !== undefined && before !== undefined && first.total < before)
      report.fault('session-overlap', `${id}: ${meter} begins at ${first.total}, charged up to ${before}`, seq)
    if (first === undefined && (meters?.track(meter)?.firstSeq ?? seq) < intendedSeq)
      report.fault('begin-differs', `${id}: ${meter} was known, and has no begin reading`, seq)
  }

  return {
    facts,
    intended,
    answered,
    finished,
    /** A named change of a meter, in an entry that names the session. */
    changed({ point, account, delta, effect }: MeterChange, session: string): void {
      const found = known.get(session)
      if (found === undefined || effect !== 'booked') return
      const sum = found.named.get(point.meter) ?? { own: 0, other: 0 }
      if (account === 'session') sum.own = plus(sum.own, delta)
      else sum.other = plus(sum.other, delta)
      found.named.set(point.meter, sum)
    },
    /** Units moved by a person: a session gives back no more than it has. */
    corrected(entry: Entry, { original, adjust }: Correction): void {
      if (!Number.isSafeInteger(original) || original < 0 || original >= entry.seq)
        report.fault('correction-wrong', `of entry ${original}`, entry.seq)
      for (const { meter, unit, from, to, quantity } of adjust) {
        if (from === to || meters?.track(meter)?.unit !== unit) {
          report.fault('correction-wrong', `${quantity} ${unit} of ${meter} from ${from} to ${to}`, entry.seq)
          continue
        }
        if (from !== 'session' && to !== 'session') continue
        const moved = to === 'session' ? quantity : minus(0, quantity)
        const charged = ended.get(entry.session)
        const left = plus(charged?.get(meter) ?? 0, moved)
        if (charged === undefined || left < 0)
          report.fault('correction-wrong', `${entry.session || 'no session'}: ${quantity} of ${meter}`, entry.seq)
        charged?.set(meter, left)
        meters?.correct(meter, moved)
      }
    },
    finish(): void {
      for (const [id, { confirmedSeq }] of known)
        if (confirmedSeq !== undefined) report.note('session-open', id, confirmedSeq)
    },
  }
}

function samePoints(a: readonly Point[], b: readonly Point[]): boolean {
  return a.length === b.length && a.every((point, index) => samePoint(point, b[index]!))
}

function samePoint(a: Point, b: Point): boolean {
  const raws = a.raw === undefined || b.raw === undefined ? a.raw === b.raw : same(a.raw, b.raw)
  return (
    raws && a.meter === b.meter && a.unit === b.unit && a.epoch === b.epoch && a.at === b.at && same(a.total, b.total)
  )
}
