/** Whether what became durable is a story that can be: word by word, session by session, person by person. */
import { isHolding, OVERRIDE } from '../../../gateway/core/booking/booking.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { isOpen } from '../../../gateway/core/session/session.ts'
import { type Bench, FRESH_MS, isShared, type Phase, TICK_MS } from './file.ts'
import type { Gateway } from './gateway.ts'

export function judgeStored(bench: Bench, gateway: Gateway, changes: readonly Change[]): void {
  const { plant, broke } = bench
  for (const change of changes) if (change.kind === 'entry') follow(bench, gateway, change.entry)
  if (changes.some(({ kind }) => kind === 'booking' || kind === 'machine')) judgeBlocks(bench, gateway)
  if (!changes.some(({ kind }) => kind === 'session' || kind === 'token-used')) return
  const sessions = [...gateway.durable.sessions.values()]
  for (const change of changes) {
    if (change.kind !== 'session' || change.session.status !== 'lapsed') continue
    const token = Number(change.session.token)
    if (plant.enabled.has(token) && plant.lease.highestToken === token)
      broke('lost', `${change.session.id} is said never to have been, and ${token} was accepted`)
  }
  if (sessions.filter(isOpen).length > 1) broke('I6', 'two open sessions')
  const spent = new Set<string>()
  for (const { jti, status, id } of sessions) {
    if (jti === undefined || status === 'refused') continue
    if (spent.has(jti)) broke('jti', `${jti} has more than one session`)
    if (isOpen({ status } as never) && gateway.durable.tokens.get(jti) !== id)
      broke('jti', `${jti} of ${id} is not spent`)
    spent.add(jti)
  }
}

/** What is booked is not blocked, and the other way round. */
function judgeBlocks({ broke }: Bench, { durable, believedMs }: Gateway): void {
  for (const { id, fromMs, untilMs } of durable.row?.blocks ?? [])
    for (const booking of durable.bookings.values())
      if (isHolding(booking) && booking.endMs > believedMs && booking.startMs < untilMs && fromMs < booking.endMs)
        broke('arranged', `${booking.id} is held in the time of ${id}`)
}

export function follow(bench: Bench, gateway: Gateway, entry: EntryDraft): void {
  if (entry.session !== undefined) followSession(bench, gateway, entry, entry.session)
}

/** What holds of the machine for who comes next. */
export function followMachine(bench: Bench, gateway: Gateway, entry: EntryDraft): void {
  const { kind, data } = entry
  const { note, broke } = bench
  const file = bench.fileOf(gateway)
  switch (kind) {
    case 'BlockPut':
      note(kind)
      file.blocks.set(String(data.block), {
        fromMs: Date.parse(String(data.start)),
        untilMs: Date.parse(String(data.end)),
      })
      return
    case 'BlockRemoved':
      note(kind)
      file.blocks.delete(String(data.block))
      return
    case 'InspectionRecorded': {
      note(data.passed ? 'inspection passed' : 'inspection failed')
      const { role, tenant } = data.by as { role: string; tenant?: string }
      if (data.passed && file.inspection === 'failed' && role !== 'technician')
        broke('after-use', `${role} passed what had failed`)
      if (data.passed && role === 'tenant' && file.lastUse?.tenant === tenant)
        broke('after-use', `${tenant} passed what they left themselves`)
      file.inspection = data.passed ? undefined : 'failed'
      return
    }
    case 'SessionEnded':
      return useEnded(bench, gateway, entry)
    case 'MaintenanceStarted':
    case 'MaintenanceEnded':
      return note(kind)
  }
}

/** The story of a session, word by word. */
function followSession(bench: Bench, gateway: Gateway, entry: EntryDraft, session: string): void {
  const { plant, broke, note, rereading } = bench
  const { kind, data } = entry
  const file = bench.fileOf(gateway)
  const phase = file.phases.get(session)
  const next = (to: Phase, ...from: (Phase | undefined)[]) => {
    if (!from.includes(phase)) broke('story', `${kind} of ${session} after ${phase ?? 'nothing'}`)
    file.phases.set(session, to)
  }
  switch (kind) {
    case 'Override':
      file.overrides.add(session)
      return
    case 'UnlockIntended':
      file.intents.set(Number(data.token), Number(data.tag))
      if (data.resume) return next('intended', 'suspended', 'confirmed', 'unconfirmed', 'refused')
      if (data.booking === OVERRIDE && !file.overrides.has(session))
        broke('override', `${session} has no booking, and nobody said why`)
      return next('intended', undefined)
    case 'UnlockConfirmed': {
      const token = Number(data.token)
      note(data.late ? 'confirmed late' : 'confirmed')
      next('confirmed', 'intended', 'unconfirmed')
      file.confirmed.add(`${session}/${token}`)
      // A double under the same fencingId may take the enable of its original for its own: nobody may run two.
      const isDoubled = data.late === true && isShared(bench, token)
      if (plant.enabled.get(token)?.tag !== data.tag && !isDoubled)
        broke('I3', `${token} was confirmed and never accepted`)
      return
    }
    case 'UnlockRefused':
      note('refused')
      return next('refused', 'intended')
    case 'UnlockUnconfirmed':
      note('unconfirmed')
      return next('unconfirmed', 'intended')
    case 'SessionSuspended':
      note(`suspended ${data.reason}`)
      return next('suspended', 'confirmed', 'intended')
    case 'SessionResumed':
      note(data.adopted ? 'adopted' : 'resumed')
      if (
        data.adopted &&
        !rereading &&
        !wasOnUnder(bench, Number(data.token), gateway.timeOf(entry.at) ?? bench.time.ms)
      )
        broke('adopt', `${session} is taken up, ${data.token} is off`)
      if (phase === 'ended' || phase === undefined) broke('story', `${kind} of ${session} after ${phase}`)
      file.phases.set(session, 'confirmed')
      return
    case 'SessionEnded':
      note(`ended ${data.stoppedReason}`)
      if (phase === 'ended' || phase === undefined) broke('story', `${kind} of ${session} after ${phase}`)
      file.phases.set(session, 'ended')
      return
    case 'SessionFinishing':
      return finishing(bench, gateway, entry, session)
  }
}

function finishing(bench: Bench, gateway: Gateway, { kind, data, at }: EntryDraft, session: string): void {
  const { broke, note, rereading } = bench
  const file = bench.fileOf(gateway)
  const phase = file.phases.get(session)
  if (phase === 'ended' || phase === undefined) broke('story', `${kind} of ${session} after ${phase}`)
  const known = file.ends.get(session)
  // Said again after a restart, it is no new end.
  if (data.reason === 'TimeLimitReached' && !rereading && known === undefined)
    inTime(bench, gateway, session, Number(at.monoNs) / 1e6)
  if (known === undefined) file.ends.set(session, { atMs: gateway.timeOf(at) ?? Number.NEGATIVE_INFINITY, over: false })
  else if (data.overrun && !known.over) {
    known.over = true
    note(`${gateway.config.endOfBooking.policy}: a cycle ran over`)
  }
}

/** The end of a booking is not early either, whatever the wall clock says by then. */
function inTime({ broke, fileOf }: Bench, gateway: Gateway, session: string, atMs: number): void {
  const file = fileOf(gateway)
  const right = [...file.rights.values()].findLast((item) => item.session === session)
  if (right === undefined || file.hostFromMs >= 0 || right.movedMs >= atMs) return
  if (right.minutesUntilMs === Number.POSITIVE_INFINITY && atMs < right.deadlineMs - TICK_MS)
    broke('deadline', `${session} was ended ${right.deadlineMs - atMs} ms early`)
}

/** What the next tenant has to wait for. */
function useEnded({ fileOf }: Bench, gateway: Gateway, { data, at }: EntryDraft): void {
  const file = fileOf(gateway)
  if (data.startedAt === null || (data.override === true && file.inspection !== undefined)) return
  file.lastUse = { tenant: String(data.tenant), endedMs: gateway.timeOf(at) }
  if (gateway.config.afterUse.inspection === 'required') file.inspection ??= 'due'
}

/** When this was written down the machine was on under this token, or had been a moment before. */
function wasOnUnder({ plant }: Bench, token: number, atMs: number): boolean {
  const isNear = ({ offMs }: { readonly offMs?: number | undefined }) => offMs === undefined || offMs > atMs - FRESH_MS
  return plant.cycle?.token === token || plant.spans.some((span) => span.token === token && isNear(span))
}
