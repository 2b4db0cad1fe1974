/**
 * One booking from beginning to end, in nine steps. Each step compares what the gateway answers with what the judge of
 * the machine has seen; it resolves with what it saw, or rejects with what was expected.
 * Next: once.ts (plays it), scene.ts.
 */
import { nowMs } from '../machine/clock.ts'
import {
  ask,
  type Booking,
  bookingToken,
  expectStatus,
  type Judge,
  operate,
  serviceToken,
  show,
  Unmet,
  until,
} from './ask.ts'
import {
  expectIdle,
  judgeOf,
  lastEdge,
  type Machine,
  machineOf,
  type Point,
  plcOf,
  producedSince,
  type Scene,
  type Session,
  sessionOf,
  slowMs,
} from './scene.ts'
import { chainOf, watch } from './watch.ts'

export const stepNames = ['booking', 'locked', 'unlock', 'units', 'lapse', 'end', 'relock', 'mqtt', 'record'] as const
export type StepName = (typeof stepNames)[number]
export type Facts = Readonly<Record<string, string | number>>

/** Units made before the operator takes a break. */
const firstUnits = 4
const laterUnits = 2
/** The longest a machine may stay unlocked without a gateway. */
const relockMs = 7_000

export const story: Readonly<Record<StepName, (scene: Scene) => Promise<Facts>>> = {
  booking: book,
  locked: findLocked,
  unlock,
  units: makeUnits,
  lapse: loseGateway,
  end: endSession,
  relock: findRelocked,
  mqtt: readBroker,
  record: readRecord,
}

async function book({ plant, booking }: Scene): Promise<Facts> {
  const { api, platform } = plant
  const url = `${api}/v1/bookings/${booking.id}`
  await expectStatus(201, 'the platform', ask('POST', `${platform}/bookings`, { body: booking }))
  const known = await expectStatus(200, 'the API', ask('GET', url, { token: await serviceToken(platform) }))
  const { status, machine, tenant, start, end } = known as Booking & { status: string }
  if (status !== 'held' || show({ id: booking.id, machine, tenant, start, end }) !== show(booking))
    throw new Unmet(`${show(booking)} held`, show(known))
  return { id: booking.id, machine, status, until: end }
}

async function findLocked(scene: Scene): Promise<Facts> {
  scene.token = await bookingToken(scene.plant.platform, scene.booking)
  const reserved = ({ access, availability }: Machine) => access === 'Locked' && availability.state === 'Reserved'
  const machine = await until('the API to say Locked and Reserved', slowMs, () => machineOf(scene), reserved)
  const before = await expectIdle(scene)
  scene.before = before
  const { access, availability } = machine
  return { 'plc.state': before.lease.state, access, availability: availability.state, produced: before.producedUnits }
}

async function unlock(scene: Scene): Promise<Facts> {
  const { plant, token } = scene
  const url = `${plant.api}/v1/machines/${plant.booth.id}/unlock`
  const opened = (await expectStatus(200, 'unlock', ask('POST', url, { token, body: {} }))) as Session
  const now = await judgeOf(scene)
  const { on, cause, token: edgeToken } = lastEdge(now)
  const { state, ownerToken } = now.lease
  const granted = state === 'enabled' && now.startPermission && on && cause === 'enable'
  if (opened.status !== 'open' || !granted || ownerToken === 0 || edgeToken !== ownerToken)
    throw new Unmet('an open session and the PLC enabled', show({ status: opened.status, ...plcOf(now) }))
  scene.session = opened.id
  scene.fencing = ownerToken
  return { 'plc.state': state, token: ownerToken, session: opened.id }
}

async function makeUnits(scene: Scene): Promise<Facts> {
  const { control } = scene.plant.booth
  const judge = () => judgeOf(scene)
  await operate(control, { autoStart: true })
  await until(`${firstUnits} units`, slowMs, judge, (now) => producedSince(scene, now) >= firstUnits, plcOf)
  await operate(control, { autoStart: false })
  const rest = await until('the cycle to end', slowMs, judge, (now) => !now.cycleRunning, plcOf)
  const produced = producedSince(scene, rest)
  const metered = () => sessionOf(scene).then(({ use }) => use.find(({ meter }) => meter === scene.parts)?.quantity)
  await until(`${produced} units in the session`, slowMs, metered, (quantity) => quantity === String(produced))
  await operate(control, { autoStart: true })
  return { produced, metered: produced }
}

async function loseGateway(scene: Scene): Promise<Facts> {
  const relockedMs = await holdGateway(scene)
  const session = () => sessionOf(scene)
  const suspended = await until('a suspended session', slowMs, session, ({ status }) => status === 'suspended')
  const url = `${scene.plant.api}/v1/sessions/${scene.session}/resume`
  const resume = () => ask('POST', url, { token: scene.token, body: {} })
  await until('the session to be resumed', slowMs, resume, ({ status }) => status === 200)
  const again = await judgeOf(scene)
  const { ownerToken } = again.lease
  if (!again.startPermission || ownerToken <= scene.fencing)
    throw new Unmet(`the PLC enabled under a token above ${scene.fencing}`, show(plcOf(again)))
  const more = again.producedUnits + laterUnits
  const judge = () => judgeOf(scene)
  await until(`${laterUnits} more units`, slowMs, judge, (now) => now.producedUnits >= more, plcOf)
  return {
    relocked: `${(relockedMs / 1000).toFixed(1)}s`,
    session: suspended.status,
    reason: suspended.suspendedReason ?? 'none',
    token: `${scene.fencing}->${ownerToken}`,
  }
}

/** Stops the gateway until the PLC has locked by itself; returns how long that took, in ms. */
async function holdGateway(scene: Scene): Promise<number> {
  const { gateway } = scene.plant
  const judge = () => judgeOf(scene)
  const heldAtMs = nowMs()
  const isOff = (now: Judge) => lastEdge(now).atMs >= heldAtMs && !lastEdge(now).on
  try {
    gateway.hold()
    await until('the PLC to lock by itself', relockMs + 1_000, judge, isOff, plcOf)
  } finally {
    gateway.release()
  }
  const { atMs, cause } = lastEdge(await judge())
  const relockedMs = atMs - heldAtMs
  if (cause !== 'lapse' || relockedMs > relockMs)
    throw new Unmet(`a lapse within ${relockMs / 1000} s`, `${cause} after ${relockedMs} ms`)
  return relockedMs
}

async function endSession({ plant, session, token }: Scene): Promise<Facts> {
  const url = `${plant.api}/v1/sessions/${session}/end`
  const { status, stoppedReason } = (await expectStatus(200, 'end', ask('POST', url, { token, body: {} }))) as Session
  if (status !== 'ended' || stoppedReason !== 'Local')
    throw new Unmet('an ended session, stopped locally', show({ status, of: stoppedReason }))
  return { status, reason: stoppedReason }
}

async function findRelocked(scene: Scene): Promise<Facts> {
  const now = await expectIdle(scene)
  const machine = () => machineOf(scene)
  const { access } = await until('the API to say Locked', slowMs, machine, (known) => known.access === 'Locked')
  return { 'plc.state': now.lease.state, cause: lastEdge(now).cause, access, produced: producedSince(scene, now) }
}

async function readBroker({ plant, seen, session, topics }: Scene): Promise<Facts> {
  const hasEnded = () => seen.all.some(({ body }) => body.kind === 'SessionEnded' && body.session === session)
  await until('SessionEnded on MQTT', slowMs, hasEnded, Boolean)
  const { events, gaps } = chainOf(seen.all, `${topics}/events`)
  if (gaps.length > 0) throw new Unmet('a chain of events without a gap', gaps.join('; '))
  const wanted = ['UnlockIntended', 'UnlockConfirmed', 'SessionSuspended', 'SessionResumed', 'SessionEnded']
  const published = events.filter((event) => event.session === session).map(({ kind }) => String(kind))
  const missing = wanted.filter((kind) => !published.includes(kind))
  if (missing.length > 0) throw new Unmet(`${missing.join(', ')} on MQTT`, show(published))
  const late = await watch(plant.broker, `${topics}/availability`, 'latecomer')
  const kept = () => late.all.find(({ retained }) => retained)?.body
  const state = await until('a retained availability', slowMs, kept, (body) => body?.access === 'Locked')
  await late.close()
  return { availability: String(state?.state), events: events.length, gaps: 0, last: 'SessionEnded' }
}

async function readRecord(scene: Scene): Promise<Facts> {
  const { plant, seen, before, parts, topics } = scene
  const now = await judgeOf(scene)
  const produced = producedSince(scene, now)
  const { begin, end, use } = await sessionOf(scene, await serviceToken(plant.platform))
  const ofParts = (points: readonly Point[] | undefined) => points?.find(({ meter }) => meter === parts)
  const [first, last] = [ofParts(begin), ofParts(end)]
  const made = Number(last?.total) - Number(first?.total)
  const used = use.find(({ meter }) => meter === parts)?.quantity
  const raws = [String(before?.partCounter), String(now.partCounter)]
  if (made !== produced || used !== String(produced) || show([first?.raw, last?.raw]) !== show(raws))
    throw new Unmet(`${produced} units, the counter from ${raws.join(' to ')}`, show({ first, last, used }))
  const kept = () => seen.all.findLast(({ topic }) => topic === `${topics}/meters/plc/parts`)?.body
  const isNow = (meter: ReturnType<typeof kept>) => meter?.raw === raws[1] && meter?.total === last?.total
  await until(`the meter at ${last?.total}, the counter at ${raws[1]}`, slowMs, kept, isNow)
  return { begin: first?.total ?? '', end: last?.total ?? '', used, produced, total: last?.total ?? '' }
}
