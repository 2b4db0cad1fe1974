/**
 * Whether an intent may be: every gate, the booking, and what people have arranged, by what the gateway was told. A
 * person who overrides is held back by the gates alone.
 */
import { type Booking, OVERRIDE } from '../../../gateway/core/booking/booking.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { START_MS } from './clocks.ts'
import { type Bench, type File, FRESH_MS, long, type Right, TICK_MS } from './file.ts'
import type { Gateway } from './gateway.ts'
import { EARLY_MS, OVERRIDE_MS } from './requests.ts'

const DAY_MS = 86_400_000

export function judgeIntent(bench: Bench, gateway: Gateway, entry: EntryDraft): void {
  const { time, broke, note } = bench
  const file = bench.fileOf(gateway)
  const { data } = entry
  const token = Number(data.token)
  const id = String(data.booking)
  const session = entry.session!
  note(data.resume ? 'resume intended' : 'intended')
  if (token % 16 !== gateway.fencingId) broke('I2', `token ${token} is not of gateway ${gateway.fencingId}`)
  judgeGates(bench, gateway)
  const asked = [...gateway.asked.values()].find(({ command }) => session.endsWith(`-${command}`))
  const [told, offered] = [file.told.get(id), file.offered.get(asked?.jti ?? '')]
  const isNewer = offered !== undefined && (told === undefined || offered.version > told.version)
  const booking = id === OVERRIDE ? overrideFrom(gateway.wallMs) : isNewer ? offered : told
  if (booking === undefined) return broke('booking', `${id} is known to nobody`)
  if (id !== OVERRIDE) {
    judgeArranged(bench, gateway)
    if (isNewer) file.told.set(id, offered)
  } else if (!data.resume) noteOverridden(bench, gateway)
  const right = rightOf(bench, gateway, booking, { session, resume: data.resume === true, jti: asked?.jti })
  file.rights.set(token, { ...right, tag: Number(data.tag) })
  if (time.ms > right.untilMs + TICK_MS) broke('booking', `an intent ${time.ms - right.untilMs} ms after the end`)
  if (booking.status === 'cancelled') broke('booking', `${id} was cancelled`)
  if (data.resume || id === OVERRIDE) return
  judgeOffline(bench, gateway, isNewer)
  judgeRevoked(bench, gateway, id, asked)
  judgeAfterUse(bench, gateway, booking)
  judgeTime(bench, gateway, booking)
}

/** Who overrides is held back by these too. */
function judgeGates({ time, broke, note }: Bench, gateway: Gateway): void {
  const { gates, seen, isTimeTrusted } = gateway
  if (!isTimeTrusted() || !gates.diskOk || !gates.ledgerProven) broke('gate', 'an intent while a gate was shut')
  if (gates.stopping) broke('gate', 'an intent after a stop was asked for')
  if (time.ms - seen.interlockMs > FRESH_MS || time.ms - seen.meterMs > FRESH_MS)
    broke('fresh', 'an intent on readings that were not fresh')
  const { block } = seen
  if (block === undefined || block[3] !== 0 || block[15] !== 1 || block[14] !== 1)
    broke('intent', `the machine had shown ${block?.join(' ')}`)
  else if (long(block, 10) > (gateway.durable.row?.fencingCounter ?? 0) * 16 + 15)
    note('I2 above what the machine has seen')
}

function judgeArranged({ broke, fileOf }: Bench, gateway: Gateway): void {
  const closed = closedBy(fileOf(gateway), gateway)
  if (closed !== undefined) broke('arranged', `an intent in ${closed}`)
}

/** What keeps tenants out now, by plan or by a person. */
export function closedBy(file: File, gateway: Gateway): string | undefined {
  if (gateway.durable.row?.maintenance && gateway.state.row.maintenance) return 'maintenance'
  const { wallMs, config } = gateway
  for (const { fromMs, untilMs } of file.blocks.values()) if (fromMs <= wallMs && wallMs < untilMs) return 'a block'
  const minute = Math.floor((wallMs % DAY_MS) / 60_000)
  const isInWindow = config.windows?.list.some(({ fromMinute, toMinute }) => fromMinute <= minute && minute < toMinute)
  return isInWindow ? 'a maintenance window' : undefined
}

function noteOverridden({ note, fileOf }: Bench, gateway: Gateway): void {
  const file = fileOf(gateway)
  const closed = closedBy(file, gateway) ?? (file.inspection === undefined ? undefined : 'an open inspection')
  note(`override in ${closed ?? 'a free machine'}`)
}

const overrideFrom = (wallMs: number): Booking => ({
  id: OVERRIDE,
  version: 0,
  machine: '',
  tenant: '',
  startMs: wallMs,
  endMs: wallMs + OVERRIDE_MS,
  limits: {},
  status: 'used',
  source: 'push',
})

function rightOf(
  { time, fileOf, note }: Bench,
  gateway: Gateway,
  { id, endMs, limits }: Booking,
  { session, resume, jti }: { readonly session: string; readonly resume: boolean; readonly jti: string | undefined },
): Omit<Right, 'tag'> {
  const file = fileOf(gateway)
  const kept = resume ? [...file.rights.values()].findLast((right) => right.session === session) : undefined
  const plcBoot = long(gateway.seen.block ?? [0, 0, 0], 1)
  if (kept !== undefined) return { ...kept, plcBoot, movedMs: time.ms }
  const caps = gateway.gates.offline && id !== OVERRIDE ? gateway.config.offline.caps : {}
  if (caps.minutes !== undefined || caps.pieces !== undefined) note('capped offline')
  const least = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
  const minutes = least(limits.minutes, caps.minutes)
  const minutesUntilMs = minutes === undefined ? Number.POSITIVE_INFINITY : time.ms + minutes * 60_000
  const deadlineMs = time.ms + endMs - gateway.wallMs
  return {
    session,
    booking: id,
    jti,
    plcBoot,
    endMs,
    deadlineMs,
    isUnsure: !gateway.isClockBelieved && id !== OVERRIDE,
    minutesUntilMs,
    pieces: least(limits.pieces, caps.pieces),
    untilMs: Math.min(deadlineMs, minutesUntilMs),
    movedMs: time.ms,
  }
}

/** Without contact to the platform the policy of the machine holds. */
function judgeOffline({ broke }: Bench, { gates, config }: Gateway, byToken: boolean): void {
  if (!gates.offline) return
  if (config.offline.policy === 'none') broke('offline', 'an intent, and the policy is none')
  if (config.offline.policy === 'known-only' && byToken)
    broke('offline', 'an intent for a booking that had not arrived')
}

function judgeRevoked(
  { broke, fileOf }: Bench,
  gateway: Gateway,
  booking: string,
  asked: { readonly jti?: string; readonly atMs: number; readonly wallMs: number } | undefined,
): void {
  if (asked === undefined) return
  const { revoked, list } = fileOf(gateway)
  for (const what of [booking, asked.jti ?? '']) {
    const atMs = revoked.get(what)
    if (atMs !== undefined && atMs < asked.atMs) broke('revoked', `${what} was taken back by a list`)
  }
  const { listMaxAgeMs } = gateway.options
  if (asked.jti === undefined || listMaxAgeMs === undefined) return
  if (list === undefined || asked.wallMs - list.issuedAtMs > listMaxAgeMs)
    broke('revoked', 'a tenant let in on a list that is too old')
}

/** What the tenant before left is looked at, and cleaned. */
function judgeAfterUse({ time, broke, fileOf }: Bench, gateway: Gateway, { tenant }: Booking): void {
  const { inspection, lastUse } = fileOf(gateway)
  if (inspection === 'failed') broke('after-use', 'an intent after a failed inspection')
  if (lastUse === undefined || lastUse.tenant === `t-${tenant}`) return
  if (inspection === 'due') broke('after-use', 'an intent before the inspection')
  const { cleanDownMs } = gateway.config.afterUse
  if (lastUse.endedMs !== undefined && time.ms - lastUse.endedMs < cleanDownMs - 1)
    broke('after-use', `an intent ${time.ms - lastUse.endedMs} ms after the use of another tenant`)
}

function judgeTime({ time, broke, fileOf }: Bench, gateway: Gateway, { id, startMs, endMs }: Booking): void {
  const { wallMs } = gateway
  if (wallMs < startMs - EARLY_MS || wallMs >= endMs) broke('booking', `${id} does not hold now`)
  if (wallMs >= startMs) return
  // Nobody has come within 50 s of a booking: by a minute it is released.
  const isHeld = ({ status, startMs: from }: Booking) =>
    status === 'used' || (status === 'held' && time.ms + START_MS < from + 50_000)
  for (const other of fileOf(gateway).told.values())
    if (other.id !== id && isHeld(other) && other.startMs < startMs && other.endMs > wallMs)
      broke('booking', `an early start of ${id} in the time of ${other.id}`)
}
