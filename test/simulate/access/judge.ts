/**
 * The reference model: what each gateway was told, and so what it may do. It judges by what reached the machine, what the
 * machine did and what is durable, never by what the core thinks. A fault names the rule that was broken; the first is kept.
 * Rules I1 to I10 are those of ../../../gateway/README.md, "Invariants".
 */
import type { Booking } from '../../../gateway/core/booking.ts'
import type { Change } from '../../../gateway/core/change.ts'
import type { Outcome } from '../../../gateway/core/command.ts'
import type { EntryDraft } from '../../../gateway/core/entry.ts'
import { isOpen } from '../../../gateway/core/session.ts'
import { decodeToPlc, sameButHeartbeat, type Words } from '../../../simulators/lease-block.ts'
import { type Asked, EARLY_MS, type Gateway, START_MS, type Watcher } from './gateway.ts'
import type { Plant } from './plant.ts'

const RELOCK_MS = 7000
const LEASE_MS = 5000
/** Two polls and 2 s, the delay of an answer and a tick. */
const FRESH_MS = 3000 + 1000 + 200
const TICK_MS = 200
const SLOWEST_DISK_MS = 7000
const STRANGER = 9

/** What an intent gave: until when the permission may be renewed at the latest. */
type Right = {
  readonly session: string
  readonly booking: string
  readonly tag: number
  readonly plcBoot: number
  readonly minutesUntilMs: number
  /** End of the booking the deadline stands for. */
  endMs: number
  deadlineMs: number
  untilMs: number
  /** When its booking was last changed. */
  movedMs: number
}

/** What the judge knows of one gateway. */
type File = {
  readonly told: Map<string, Booking>
  readonly offered: Map<string, Booking>
  readonly rights: Map<number, Right>
  readonly intents: Map<number, number>
  readonly confirmed: Set<string>
  readonly phases: Map<string, 'intended' | 'confirmed' | 'unconfirmed' | 'refused' | 'suspended' | 'ended'>
  readonly written: Map<number, Words>
  highest: number
  lastWriteMs: number
  /** When the host last began anew, and the end of a session went by the wall clock again; -1: never. */
  hostFromMs: number
}

export type Judge = ReturnType<typeof createJudge>

const long = (words: readonly number[], index: number) => words[index]! * 0x10000 + words[index + 1]!

export function createJudge(plant: Plant, time: { readonly ms: number }) {
  let fault: string | undefined
  const happened: Record<string, number> = {}
  const files = new Map<Gateway, File>()
  let lateMs = 0
  let looked = 0
  let onSinceMs: number | undefined

  const broke = (rule: string, detail: string) => {
    fault ??= `${rule} at ${time.ms} ms: ${detail}`
  }
  /** What is durable is gone through once more: nothing of it happens again. */
  let rereading = false
  const note = (name: string) => {
    if (!rereading) happened[name] = (happened[name] ?? 0) + 1
  }
  const fileOf = (gateway: Gateway): File => {
    const known = files.get(gateway)
    if (known) return known
    const file: File = {
      told: new Map(),
      offered: new Map(),
      rights: new Map(),
      intents: new Map(),
      confirmed: new Set(),
      phases: new Map(),
      written: new Map(),
      highest: 0,
      lastWriteMs: 0,
      hostFromMs: -1,
    }
    files.set(gateway, file)
    return file
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

  /** After a start it knows what is durable. */
  function began(gateway: Gateway, host: boolean): void {
    const file = fileOf(gateway)
    file.offered.clear()
    file.told.clear()
    for (const booking of gateway.durable.bookings.values()) file.told.set(booking.id, booking)
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
    file.intents.clear()
    file.confirmed.clear()
    file.phases.clear()
    rereading = true
    for (const entry of gateway.durable.entries) follow(file, entry)
    rereading = false
  }

  /* ── intents ── */

  function intended(gateway: Gateway, entry: EntryDraft): void {
    const file = fileOf(gateway)
    const { data } = entry
    const token = Number(data.token)
    const id = String(data.booking)
    const session = entry.session!
    const block = gateway.seen.block
    note(data.resume ? 'resume intended' : 'intended')
    if (token % 16 !== gateway.fencingId) broke('I2', `token ${token} is not of gateway ${gateway.fencingId}`)
    const { gates } = gateway
    if (!gates.timeTrusted || !gates.diskOk || !gates.ledgerProven) broke('gate', 'an intent while a gate was shut')
    if (gateway.durable.row?.maintenance && gateway.state.row.maintenance) broke('gate', 'an intent in maintenance')
    if (time.ms - gateway.seen.interlockMs > FRESH_MS || time.ms - gateway.seen.meterMs > FRESH_MS)
      broke('fresh', 'an intent on readings that were not fresh')
    if (block === undefined || block[3] !== 0 || block[15] !== 1 || block[14] !== 1)
      broke('intent', `the machine had shown ${block?.join(' ')}`)
    const jti = [...gateway.asked.values()].find(({ command }) => session.endsWith(`-${command}`))?.jti
    const [told, offered] = [file.told.get(id), file.offered.get(jti ?? '')]
    const isNewer = offered !== undefined && (told === undefined || offered.version > told.version)
    const booking = isNewer ? offered : told
    if (isNewer) file.told.set(id, offered)
    const wallMs = gateway.wallMs
    if (booking === undefined) return broke('booking', `${id} is known to nobody`)
    const kept = data.resume ? [...file.rights.values()].findLast((right) => right.session === session) : undefined
    const deadlineMs = kept?.deadlineMs ?? time.ms + booking.endMs - wallMs
    const minutes = booking.limits.minutes
    const minutesUntilMs =
      kept?.minutesUntilMs ?? (minutes === undefined ? Number.POSITIVE_INFINITY : time.ms + minutes * 60_000)
    const untilMs = kept?.untilMs ?? Math.min(deadlineMs, minutesUntilMs)
    const plcBoot = long(block ?? [0, 0, 0], 1)
    file.rights.set(token, {
      session,
      booking: id,
      tag: Number(data.tag),
      plcBoot,
      endMs: booking.endMs,
      deadlineMs,
      minutesUntilMs,
      untilMs,
      movedMs: time.ms,
    })
    if (time.ms > untilMs + TICK_MS) broke('booking', `an intent ${time.ms - untilMs} ms after the end`)
    if (booking.status === 'cancelled') broke('booking', `${id} was cancelled`)
    if (data.resume) return
    if (wallMs < booking.startMs - EARLY_MS || wallMs >= booking.endMs) broke('booking', `${id} does not hold now`)
    if (wallMs >= booking.startMs) return
    for (const other of file.told.values())
      if (other.id !== id && isHeld(other) && other.startMs < booking.startMs && other.endMs > wallMs)
        broke('booking', `an early start of ${id} in the time of ${other.id}`)
  }

  const isHeld = ({ id, status, startMs }: Booking) =>
    status === 'used' || (status === 'held' && time.ms + START_MS < startMs + 50_000 && id !== '')

  /* ── writes ── */

  function wrote(gateway: Gateway, words: Words): void {
    const file = fileOf(gateway)
    const asked = decodeToPlc(words)
    const { command, token, tag } = asked
    if (words.length !== 16 || asked.head !== asked.tail || asked.version !== 1 || command < 1 || command > 3)
      broke('I9', `not a block: ${words.join(' ')}`)
    if (words.slice(10, 15).some((word) => word !== 0)) broke('I9', 'words 10 to 14 are not 0')
    if (file.intents.get(token) !== tag) broke('I1', `command ${command} under ${token} without a durable intent`)
    const { block } = gateway.seen
    if (block?.[3] === 6) broke('I10', `command ${command} after the stop was seen`)
    const { stoppedSinceMs } = plant
    if (stoppedSinceMs !== undefined && time.ms - stoppedSinceMs > FRESH_MS)
      broke('I10', `command ${command} ${time.ms - stoppedSinceMs} ms after the stop was pressed`)
    const before = file.written.get(token)
    const renews = before !== undefined && sameButHeartbeat(before, words)
    if (command === 1 && before === undefined) {
      if (token <= file.highest) broke('I2', `token ${token} after ${file.highest}`)
      file.highest = token
      note('enable')
    } else if (command === 1 && (!renews || before![9] === words[9])) broke('I2', `a second enable under ${token}`)
    const right = file.rights.get(token)
    if (command === 1 && right && time.ms > right.untilMs + TICK_MS)
      broke('I4', `enable or its heartbeat ${time.ms - right.untilMs} ms after the right was over`)
    if (renews && command !== 3) renewed(gateway, file, token, tag, right)
    if (command === 3) revoked(gateway, token)
    file.written.set(token, words)
    file.lastWriteMs = time.ms
  }

  function renewed(gateway: Gateway, file: File, token: number, tag: number, right: Right | undefined): void {
    const { interlockMs, meterMs, block } = gateway.seen
    if (time.ms - interlockMs > FRESH_MS)
      broke('I4', `a heartbeat ${time.ms - interlockMs} ms after the interlock was read`)
    if (time.ms - meterMs > FRESH_MS) broke('I4', `a heartbeat ${time.ms - meterMs} ms after the meter was read`)
    if (block !== undefined) {
      const owned = long(block, 6) === token && long(block, 8) === tag && [1, 2, 3].includes(block[3]!)
      if (!owned) broke('I4', `a heartbeat under ${token} though the machine shows ${block.join(' ')}`)
      if (right && long(block, 1) !== right.plcBoot) broke('I4', 'a heartbeat to a PLC that has restarted')
    }
    if (time.ms - file.lastWriteMs > LEASE_MS && interlockMs <= file.lastWriteMs)
      broke('I4', 'a heartbeat after a pause longer than the lease, without a look')
  }

  /** Nobody's cycle is cut by the gateway, unless the owner chose it. */
  function revoked(gateway: Gateway, token: number): void {
    const { cycle, lease } = plant
    if (gateway.config.endOfBooking.policy === 'at-end' || cycle === undefined || lease.owner?.token !== token) return
    if (time.ms - cycle.sinceMs > 1500 && time.ms - gateway.troubledMs > 4000 && !plant.frozen && lateMs === 0)
      broke('cycle', `revoked in a cycle that had run for ${time.ms - cycle.sinceMs} ms`)
  }

  /* ── what is durable and what is answered ── */

  function stored(gateway: Gateway, changes: readonly Change[]): void {
    const file = fileOf(gateway)
    for (const change of changes) if (change.kind === 'entry') follow(file, change.entry)
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

  /** The story of a session, word by word. */
  function follow(file: File, { kind, session, data, at }: EntryDraft): void {
    if (session === undefined) return
    const phase = file.phases.get(session)
    const next = (to: NonNullable<typeof phase>, ...from: (typeof phase)[]) => {
      if (!from.includes(phase)) broke('story', `${kind} of ${session} after ${phase ?? 'nothing'}`)
      file.phases.set(session, to)
    }
    switch (kind) {
      case 'UnlockIntended':
        file.intents.set(Number(data.token), Number(data.tag))
        if (data.resume) next('intended', 'suspended', 'confirmed', 'unconfirmed', 'refused')
        else next('intended', undefined)
        return
      case 'UnlockConfirmed': {
        const token = Number(data.token)
        note(data.late ? 'confirmed late' : 'confirmed')
        next('confirmed', 'intended', 'unconfirmed')
        file.confirmed.add(`${session}/${token}`)
        // A double under the same fencingId may take the enable of its original for its own: nobody may run two.
        const isDoubled = data.late === true && isShared(token)
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
        if (data.adopted && !rereading && !isOnUnder(Number(data.token)))
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
        if (phase === 'ended' || phase === undefined) broke('story', `${kind} of ${session} after ${phase}`)
        if (data.reason === 'TimeLimitReached' && !rereading) inTime(file, session, Number(at.monoNs) / 1e6)
        return
    }
  }

  /** The end of a booking is not early either, whatever the wall clock says by then. */
  function inTime(file: File, session: string, atMs: number): void {
    const right = [...file.rights.values()].findLast((item) => item.session === session)
    if (right === undefined || file.hostFromMs >= 0 || right.movedMs >= atMs) return
    if (right.minutesUntilMs === Number.POSITIVE_INFINITY && atMs < right.deadlineMs - TICK_MS)
      broke('deadline', `${session} was ended ${right.deadlineMs - atMs} ms early`)
  }

  /** It may run on under this token, or could a moment ago. */
  function isOnUnder(token: number): boolean {
    const recent = plant.spans.some(
      (span) => span.token === token && (span.offMs ?? time.ms) > time.ms - 2000 - SLOWEST_DISK_MS,
    )
    return recent || plant.cycle?.token === token
  }

  function answered(gateway: Gateway, asked: Asked, outcome: Outcome): void {
    if (outcome.kind === 'refused') return note(`no: ${outcome.refusal.code}`)
    if (outcome.kind !== 'session' || (asked.what !== 'unlock' && asked.what !== 'resume')) return
    const { session } = outcome
    if (asked.booking !== undefined && session.booking !== asked.booking) broke('I3', 'the session of another booking')
    if (!fileOf(gateway).confirmed.has(`${session.id}/${session.token}`))
      broke('I3', `${session.id} was answered as unlocked under ${session.token} without a durable read-back`)
  }

  function ticked(gateway: Gateway): void {
    const { availability, session } = gateway.state
    if (availability?.state !== 'Available') return
    if (session !== undefined && isOpen(session)) broke('available', `with ${session.id} open`)
    const on = plant.spans.at(-1)
    if (on === undefined || on.offMs !== undefined) return
    if (time.ms - on.onMs > FRESH_MS + 1000) broke('available', `while the permission is on under ${on.token}`)
  }

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

  const isShared = (token: number) => [...files.values()].filter(({ rights }) => rights.has(token)).length > 1
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

  const watcher: Watcher = { wrote, intended, stored, answered, ticked, booked, began }
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
    rightsUnder,
    fileOf,
  }

  /** After a restart of the host the end of a session goes by the wall clock, until it has been looked at. */
  function rebase(gateway: Gateway): void {
    const file = fileOf(gateway)
    const session = [...gateway.durable.sessions.values()].find(isOpen)
    if (session === undefined) return
    for (const right of file.rights.values()) {
      if (right.session !== session.id) continue
      right.deadlineMs = time.ms + session.bookedUntilMs - gateway.wallMs
      right.untilMs = Math.max(right.untilMs, right.deadlineMs)
    }
  }
}
