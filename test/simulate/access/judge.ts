/**
 * The reference model: what each gateway was told, and so what it may do. It judges by what reached the machine, what
 * the machine did and what is durable, never by what the core thinks. A fault names the rule that was broken; the first
 * is kept. Rules I1 to I10 are those of gateway/README.md, "Invariants". Read next: judge-intent.ts, judge-write.ts,
 * judge-story.ts.
 */

import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { RevocationList } from '../../../gateway/core/permission/revocation-list.ts'
import { isOpen } from '../../../gateway/core/session/session.ts'
import { type Bench, type File, FRESH_MS, newFile, RELOCK_MS, STRANGER } from './file.ts'
import type { Gateway, Watcher } from './gateway.ts'
import { judgeIntent } from './judge-intent.ts'
import { follow, followMachine, judgeStored } from './judge-story.ts'
import { judgeWrite } from './judge-write.ts'
import type { Plant } from './plant.ts'
import type { Asked } from './requests.ts'

export type Judge = ReturnType<typeof createJudge>

export function createJudge(plant: Plant, time: { readonly ms: number }) {
  let fault: string | undefined
  const happened: Record<string, number> = {}
  const files = new Map<Gateway, File>()
  let lateMs = 0
  let looked = 0
  let onSinceMs: number | undefined
  let rereading = false

  const broke = (rule: string, detail: string) => {
    fault ??= `${rule} at ${time.ms} ms: ${detail}`
  }
  const note = (name: string) => {
    if (!rereading) happened[name] = (happened[name] ?? 0) + 1
  }
  const fileOf = (gateway: Gateway): File => {
    const known = files.get(gateway)
    if (known) return known
    const file = newFile()
    files.set(gateway, file)
    return file
  }
  const bench: Bench = {
    plant,
    time,
    broke,
    note,
    fileOf,
    files,
    get lateMs() {
      return lateMs
    },
    get rereading() {
      return rereading
    },
  }

  /* ── what it was told ── */

  function booked(gateway: Gateway, booking: Booking, jti: string | undefined): void {
    const file = fileOf(gateway)
    if (jti !== undefined) {
      file.offered.set(jti, booking)
      return
    }
    const before = file.told.get(booking.id)
    file.told.set(booking.id, booking)
    for (const right of file.rights.values()) {
      if (right.booking !== booking.id) continue
      right.movedMs = time.ms
      if (booking.status === 'cancelled') right.untilMs = Math.min(right.untilMs, time.ms)
      else if (before !== undefined && before.status !== 'cancelled') {
        right.deadlineMs += booking.endMs - right.endMs
        right.endMs = booking.endMs
        right.untilMs = Math.max(time.ms, Math.min(right.deadlineMs, right.minutesUntilMs))
      }
    }
  }

  /** What the list takes back has no right any more; one that is being asked for, once the machine has answered. */
  function listed(gateway: Gateway, list: RevocationList): void {
    const file = fileOf(gateway)
    note('a list taken')
    if (file.list !== undefined && list.number <= file.list.number) broke('revoked', 'an older list was taken')
    file.list = list
    const before = new Map(file.revoked)
    file.revoked.clear()
    for (const what of [...list.bookings, ...list.jtis]) file.revoked.set(what, before.get(what) ?? time.ms)
    for (const right of file.rights.values()) {
      if (!isRevoked(list, right)) continue
      if (right.untilMs > time.ms) note('a list ends a right')
      right.untilMs = Math.min(right.untilMs, time.ms)
    }
  }

  const isRevoked = (list: RevocationList, { booking, jti }: { booking: string; jti: string | undefined }) =>
    list.bookings.includes(booking) || (jti !== undefined && list.jtis.includes(jti))

  /** After a start it knows what is durable. */
  function began(gateway: Gateway, host: boolean): void {
    const file = fileOf(gateway)
    file.offered.clear()
    file.told.clear()
    file.revoked.clear()
    for (const booking of gateway.durable.bookings.values()) file.told.set(booking.id, booking)
    file.list = gateway.durable.lists.get('test')
    for (const what of [...(file.list?.bookings ?? []), ...(file.list?.jtis ?? [])]) file.revoked.set(what, time.ms - 1)
    file.beganMs = time.ms
    reread(gateway, file)
    for (const right of file.rights.values()) {
      const booking = file.told.get(right.booking)
      if (booking === undefined || booking.status === 'cancelled') continue
      right.deadlineMs += booking.endMs - right.endMs
      right.endMs = booking.endMs
      right.untilMs = Math.max(right.untilMs, Math.min(right.deadlineMs, right.minutesUntilMs))
    }
    if (!host) return
    file.hostFromMs = time.ms
    rebase(gateway)
  }

  /** The durable entries are another's, or fewer: so is what follows from them. */
  function reread(gateway: Gateway, file: File): void {
    for (const known of [file.intents, file.confirmed, file.phases, file.ends, file.overrides, file.blocks])
      known.clear()
    file.lastUse = undefined
    file.inspection = undefined
    rereading = true
    for (const entry of gateway.durable.entries) {
      follow(bench, gateway, entry)
      followMachine(bench, gateway, entry)
    }
    rereading = false
  }

  function stopped(gateway: Gateway, asked: boolean): void {
    const { access, session } = gateway.state
    note(asked ? 'stopped' : 'killed')
    if (session !== undefined && isOpen(session)) note(asked ? 'stopped with a session' : 'killed with a session')
    if (access.kind === 'Unlocking' && access.phase === 'committing') note('I1 killed between intent and write')
    if (access.kind === 'Unlocking' && (access.phase === 'writing' || access.phase === 'confirming'))
      note('I3 killed between write and read-back')
  }

  /** What people arranged holds from when it was said; what is durable tells of it after a restart. */
  function recorded(gateway: Gateway, entry: EntryDraft): void {
    if (entry.kind === 'UnlockIntended') judgeIntent(bench, gateway, entry)
    else followMachine(bench, gateway, entry)
  }

  /* ── what it is asked, answers and shows ── */

  function asked(gateway: Gateway, { what, by }: Asked): void {
    const { session, access } = gateway.state
    if (what === 'end' && by !== 'tenant' && session !== undefined) fileOf(gateway).released.add(session.id)
    if (what === 'unlock' && access.kind === 'Unlocking') note('I6 asked twice at once')
    if (what === 'unlock' && session !== undefined) note('I6 asked with a session open')
  }

  function answered(gateway: Gateway, asked: Asked, outcome: Outcome): void {
    if (outcome.kind === 'refused') return note(`no: ${outcome.refusal.code}`)
    const file = fileOf(gateway)
    if (outcome.kind !== 'session' || !['unlock', 'override', 'resume'].includes(asked.what)) return
    const { session } = outcome
    note('I3 answered as unlocked')
    for (const right of file.rights.values())
      if (right.session === session.id && file.list !== undefined && isRevoked(file.list, right)) {
        note('a list came while the machine was asked')
        right.untilMs = Math.min(right.untilMs, time.ms)
      }
    if (asked.booking !== undefined && session.booking !== asked.booking) broke('I3', 'the session of another booking')
    if (!file.confirmed.has(`${session.id}/${session.token}`))
      broke('I3', `${session.id} was answered as unlocked under ${session.token} without a durable read-back`)
  }

  function ticked(gateway: Gateway): void {
    if (gateway.isClockBelieved) makeSure(gateway)
    if (gateway.isClockBelieved && gateway.isClockWrong()) fileOf(gateway).wasDeceived = true
    const { shown, session } = gateway.state
    if (shown.availability?.state !== 'Available') return
    if (session !== undefined && isOpen(session)) broke('available', `with ${session.id} open`)
    const on = plant.spans.at(-1)
    if (on === undefined || on.offMs !== undefined) return
    if (time.ms - on.onMs > FRESH_MS + 1000) broke('available', `while the permission is on under ${on.token}`)
  }

  /* ── what the machine did ── */

  /** After whatever happened: spans that are over, and the one that is on. */
  function look(): void {
    for (; looked < plant.spans.length; looked += 1) {
      const span = plant.spans[looked]!
      if (onSinceMs !== span.onMs) began_(span.token)
      onSinceMs = span.onMs
      if (isOverdue(span)) broke('interval', `on under ${span.token} from ${span.onMs} to ${span.offMs ?? 'now'}`)
      if (span.offMs === undefined) return
      if (span.cause === 'lapse') lapsed(span)
    }
  }

  const rightsUnder = (token: number) => [...files.values()].flatMap((file) => file.rights.get(token) ?? [])

  function began_(token: number): void {
    if (token === 0 || token % 16 === STRANGER) return note(token === 0 ? 'on by key' : 'on by stranger')
    note('on')
    if (rightsUnder(token).length === 0) broke('I1', `the machine is on under ${token}, which nobody intended`)
  }

  function isOverdue({ token, offMs }: Plant['spans'][number]): boolean {
    if (token === 0 || token % 16 === STRANGER) return false
    const untilMs = rightsUnder(token).reduce((latest, right) => Math.max(latest, right.untilMs), 0)
    return (offMs ?? time.ms) > untilMs + RELOCK_MS + lateMs
  }

  /** With everything well the heartbeats must have kept it. */
  function lapsed({ token, onMs, offMs }: Plant['spans'][number]): void {
    note('lapsed')
    const holders = [...files].filter(([, file]) => file.rights.has(token))
    if (holders.length !== 1 || lateMs > 0) return
    const [gateway, file] = holders[0]!
    const calmMs = Math.max(gateway.troubledMs, onMs)
    if (gateway.alive && calmMs < offMs! - 12_000 && file.rights.get(token)!.untilMs > offMs!)
      broke('heartbeat', `${token} lapsed though nothing had happened for 12 s`)
  }

  const watcher: Watcher = {
    wrote: (gateway, words, sent) => judgeWrite(bench, gateway, words, sent),
    recorded,
    stored: (gateway, changes) => judgeStored(bench, gateway, changes),
    asked,
    answered,
    ticked,
    booked,
    listed,
    denied: (code) => note(`denied: ${code}`),
    began,
    stopped,
  }
  return {
    watcher,
    look,
    note,
    broke,
    happened,
    get fault() {
      return fault
    },
    /** Bytes may come this much later than they were written. */
    late(ms: number) {
      lateMs = Math.max(lateMs, ms)
    },
    /** The wall clock moved before the first look of a start: the deadline goes by it once more. */
    clockStepped(gateway: Gateway) {
      if (gateway.seen.interlockMs < fileOf(gateway).hostFromMs) rebase(gateway)
    },
    /** The disk is an older one: what was written since is only what the machine has taken. */
    restored(gateway: Gateway, from = gateway) {
      const file = fileOf(gateway)
      if (from !== gateway) {
        for (const [token, right] of fileOf(from).rights) file.rights.set(token, { ...right })
        for (const [token, words] of fileOf(from).written) file.written.set(token, words)
      }
      for (const token of file.written.keys()) if (!plant.enabled.has(token)) file.written.delete(token)
      file.highest = [...plant.enabled.keys()].filter((token) => token % 16 === gateway.fencingId).at(-1) ?? 0
    },
    get lateMs() {
      return lateMs
    },
    fileOf,
  }

  /** Once the clock is believed, the end of a booking is where it says. */
  function makeSure(gateway: Gateway): void {
    for (const right of fileOf(gateway).rights.values()) {
      if (!right.isUnsure) continue
      right.isUnsure = false
      right.deadlineMs = time.ms + right.endMs - gateway.wallMs
      right.untilMs = Math.max(right.untilMs, Math.min(right.deadlineMs, right.minutesUntilMs))
      right.movedMs = time.ms
    }
  }

  /**
   * After a restart of the host the end of a session goes by the time that is believed, until it has been looked at.
   */
  function rebase(gateway: Gateway): void {
    const file = fileOf(gateway)
    const session = [...gateway.durable.sessions.values()].find(isOpen)
    if (session === undefined) return
    for (const right of file.rights.values()) {
      if (right.session !== session.id) continue
      right.deadlineMs = time.ms + session.bookedUntilMs - gateway.believedMs
      right.isUnsure = !gateway.isClockBelieved
      right.untilMs = Math.max(right.untilMs, right.deadlineMs)
    }
  }
}
