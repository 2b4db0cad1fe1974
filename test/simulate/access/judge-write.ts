/** Whether a block may go to the machine: its form, its intent, its right, and every gate of a heartbeat. */
import { decodeToPlc, sameButHeartbeat, type Words } from '../../../simulators/machine/lease-block.ts'
import { START_MS } from './clocks.ts'
import { type Bench, type File, FRESH_MS, LEASE_MS, long, type Right, TICK_MS } from './file.ts'
import type { Gateway } from './gateway.ts'

/** The state of a PLC that takes no new start. */
const FINISHING = 3

/** A block that was not `sent` is judged like any other; what comes after it need not follow it. */
export function judgeWrite(bench: Bench, gateway: Gateway, words: Words, sent: boolean): void {
  const { plant, time, broke, note } = bench
  const file = bench.fileOf(gateway)
  const asked = decodeToPlc(words)
  const { command, token, tag } = asked
  note('I9 a block')
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
  const renews = before !== undefined && (sameButHeartbeat(before, words) || renewsAsShown(file, block, words))
  if (command === 1 && before === undefined) {
    if (token <= file.highest) broke('I2', `token ${token} after ${file.highest}`)
    file.highest = token
    file.enabled.set(token, words)
    note('enable')
  } else if (command === 1 && (!renews || before![9] === words[9])) broke('I2', `a second enable under ${token}`)
  const right = file.rights.get(token)
  if (command === 1 && right && time.ms > right.untilMs + TICK_MS)
    broke('I4', `enable or its heartbeat ${time.ms - right.untilMs} ms after the right was over`)
  if (renews && command !== 3) judgeRenewal(bench, gateway, token, tag, right)
  if (command === 3) judgeRevoke(bench, gateway, token)
  if (sent || before === undefined) file.written.set(token, words)
  file.lastWriteMs = time.ms
}

/**
 * A gateway that died before what it wrote last was recorded knows nothing of it. It goes on from its enable until the
 * machine shows that it finishes; the machine ignores that once the later block has arrived.
 */
function renewsAsShown({ enabled, beganMs, lastWriteMs }: File, shown: Words | undefined, words: Words): boolean {
  const enable = enabled.get(long(words, 2))
  if (enable === undefined || shown === undefined || beganMs <= lastWriteMs) return false
  return shown[3] !== FINISHING && sameButHeartbeat(enable, words)
}

function judgeRenewal(
  { time, broke, note, fileOf }: Bench,
  gateway: Gateway,
  token: number,
  tag: number,
  right: Right | undefined,
): void {
  const file = fileOf(gateway)
  const { interlockMs, meterMs, block } = gateway.seen
  note('I4 a heartbeat')
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

/** Nobody's cycle is cut by the gateway, unless the owner chose it, and then not before the grace is over. */
function judgeRevoke(bench: Bench, gateway: Gateway, token: number): void {
  const { plant, time, broke, note, lateMs } = bench
  const file = bench.fileOf(gateway)
  const session = file.rights.get(token)?.session
  judgeRelease(bench, gateway, session)
  const { cycle, lease } = plant
  if (cycle === undefined || lease.owner?.token !== token || time.ms - cycle.sinceMs <= 1500) return
  const isCalm = time.ms - gateway.troubledMs > 4000 && !plant.frozen && lateMs === 0
  if (!isCalm) return
  if (gateway.config.endOfBooking.policy !== 'at-end')
    return broke('cycle', `revoked in a cycle that had run for ${time.ms - cycle.sinceMs} ms`)
  note('at-end: a cycle is cut')
  // Asked again, it cuts nothing more.
  const before = file.written.get(token)
  const again = before !== undefined && decodeToPlc(before).command === 3
  const ends = session === undefined || again ? undefined : file.ends.get(session)
  if (ends !== undefined && time.ms < ends.atMs + graceMs(bench, gateway, session!) - TICK_MS)
    broke('grace', `a cycle was cut ${time.ms - ends.atMs} ms after the end`)
}

/** The grace is over early when another tenant is due within it, by any of the clocks. */
function graceMs({ time, fileOf }: Bench, gateway: Gateway, session: string): number {
  const { tenant } = gateway.durable.sessions.get(session) ?? {}
  const { endOfBooking, afterUse } = gateway.config
  const nowMs = [gateway.wallMs, gateway.believedMs, START_MS + time.ms]
  const isDue = [...fileOf(gateway).told.values()].some(
    (booking) =>
      booking.tenant !== tenant &&
      booking.endMs > Math.min(...nowMs) - endOfBooking.graceMs &&
      booking.startMs - afterUse.cleanDownMs < Math.max(...nowMs) + endOfBooking.graceMs,
  )
  return isDue ? 0 : endOfBooking.graceMs
}

/** With `owner-release` what runs over waits for a person. */
function judgeRelease({ broke, note, fileOf }: Bench, gateway: Gateway, session: string | undefined): void {
  const file = fileOf(gateway)
  if (gateway.config.endOfBooking.policy !== 'owner-release' || session === undefined) return
  if (!file.ends.get(session)?.over) return
  note('owner-release: released')
  if (!file.released.has(session)) broke('release', `${session} ran over, and nobody had released it`)
}
