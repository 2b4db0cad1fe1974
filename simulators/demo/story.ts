/**
 * One booking from beginning to end, in nine steps: what the gateway answers is held against the judge of the machine.
 * Each step resolves with what it saw, or rejects with what was expected. Next: once.ts (plays it), ask.ts.
 */

import { nowMs } from '../program.ts'
import {
  ask,
  askJudge,
  type Booking,
  bookingToken,
  expectStatus,
  type Judge,
  operate,
  serviceToken,
  show,
  throughout,
  Unmet,
  until,
} from './ask.ts'
import type { Plant } from './plant.ts'
import { chainOf, type Watch, watch } from './watch.ts'

export const stepNames = ['booking', 'locked', 'unlock', 'units', 'lapse', 'end', 'relock', 'mqtt', 'record'] as const
export type StepName = (typeof stepNames)[number]
export type Facts = Readonly<Record<string, string | number>>
export type Story = Readonly<Record<StepName, () => Promise<Facts>>>

/** The parts of the API's answers the demo looks at. */
type Machine = Readonly<{ access: string; availability: { state: string } }>
type Point = Readonly<{ meter: string; raw?: string; total: string }>
type Session = Readonly<{
  id: string
  status: string
  suspendedReason?: string
  stoppedReason?: string
  begin: readonly Point[]
  end?: readonly Point[]
  use: readonly Readonly<{ meter: string; quantity: string }>[]
}>

const tenant = 'acme-paint'
const bookedMs = 30 * 60_000
/** Units made before the operator takes a break. */
const firstUnits = 4
const laterUnits = 2
/** The longest a machine may stay open without a gateway. */
const relockMs = 7_000
/** Long enough for a cycle to begin and end if it could. */
const idleMs = 1_200
const slowMs = 15_000

/** `seen` has been subscribed to everything of the site since before the gateway started. */
export function tellStory(plant: Plant, seen: Watch): Story {
  const { api, platform, gateway, booth } = plant
  const { control } = booth
  const parts = `${booth.id}/plc.parts`
  const topics = `latchkey/v1/${plant.site}/${booth.id}`
  const startMs = Date.now()
  const booking: Booking = {
    id: `demo-${startMs}`,
    machine: booth.id,
    tenant,
    start: new Date(startMs).toISOString(),
    end: new Date(startMs + bookedMs).toISOString(),
  }
  let token = ''
  let session = ''
  let before: Judge | undefined
  let fencing = 0

  const judge = () => askJudge(control)
  const producedSince = (now: Judge) => now.producedUnits - (before?.producedUnits ?? 0)
  const machine = async () =>
    (await expectStatus(200, 'the API', ask('GET', `${api}/v1/machines/${booth.id}`, { token }))) as Machine
  const readSession = async (bearer = token) =>
    (await expectStatus(200, 'the API', ask('GET', `${api}/v1/sessions/${session}`, { token: bearer }))) as Session
  const lastEdge = ({ outputEdges }: Judge) => outputEdges.at(-1) ?? { atMs: 0, on: false, cause: 'none', token: 0 }
  const isLocked = (now: Judge) => now.lease.state === 'locked' && !now.startPermission && !now.cycleRunning
  const plcOf = ({ lease, startPermission, producedUnits }: Judge) => ({ ...lease, startPermission, producedUnits })

  /** With the operator at work nothing is made while it is locked. */
  async function expectIdle(): Promise<Judge> {
    const first = await until('the PLC to be locked', slowMs, judge, isLocked, plcOf)
    await operate(control, { pressStart: true })
    const same = (now: Judge) => isLocked(now) && now.producedUnits === first.producedUnits
    await throughout('a locked machine to make nothing', idleMs, judge, same, plcOf)
    return first
  }

  return {
    async booking() {
      const url = `${api}/v1/bookings/${booking.id}`
      await expectStatus(201, 'the platform', ask('POST', `${platform}/bookings`, { body: booking }))
      const known = await expectStatus(200, 'the API', ask('GET', url, { token: await serviceToken(platform) }))
      const { status, machine: of, tenant: by, start, end } = known as Booking & { status: string }
      if (status !== 'held' || show({ id: booking.id, machine: of, tenant: by, start, end }) !== show(booking))
        throw new Unmet(`${show(booking)} held`, show(known))
      return { id: booking.id, machine: of, status, until: end }
    },

    async locked() {
      token = await bookingToken(platform, booking)
      const reserved = ({ access, availability }: Machine) => access === 'Locked' && availability.state === 'Reserved'
      const { access, availability } = await until('the API to say Locked and Reserved', slowMs, machine, reserved)
      before = await expectIdle()
      return {
        'plc.state': before.lease.state,
        access,
        availability: availability.state,
        produced: before.producedUnits,
      }
    },

    async unlock() {
      const url = `${api}/v1/machines/${booth.id}/unlock`
      const opened = (await expectStatus(200, 'unlock', ask('POST', url, { token, body: {} }))) as Session
      const now = await judge()
      const { on, cause, token: edgeToken } = lastEdge(now)
      session = opened.id
      fencing = now.lease.ownerToken
      const granted = now.lease.state === 'enabled' && now.startPermission && on && cause === 'enable'
      if (opened.status !== 'open' || !granted || fencing === 0 || edgeToken !== fencing)
        throw new Unmet('an open session and the PLC enabled', show({ status: opened.status, ...plcOf(now) }))
      return { 'plc.state': now.lease.state, token: fencing, session }
    },

    async units() {
      await operate(control, { autoStart: true })
      await until(`${firstUnits} units`, slowMs, judge, (now) => producedSince(now) >= firstUnits, plcOf)
      await operate(control, { autoStart: false })
      const rest = await until('the cycle to end', slowMs, judge, (now) => !now.cycleRunning, plcOf)
      const produced = producedSince(rest)
      const metered = () => readSession().then(({ use }) => use.find(({ meter }) => meter === parts)?.quantity)
      await until(`${produced} units in the session`, slowMs, metered, (quantity) => quantity === String(produced))
      await operate(control, { autoStart: true })
      return { produced, metered: produced }
    },

    async lapse() {
      const heldAtMs = nowMs()
      const offEdge = (now: Judge) => (lastEdge(now).atMs >= heldAtMs ? lastEdge(now) : undefined)
      try {
        gateway.hold()
        await until('the PLC to lock by itself', relockMs + 1_000, judge, (now) => offEdge(now)?.on === false, plcOf)
      } finally {
        gateway.release()
      }
      const { atMs, cause } = lastEdge(await judge())
      if (cause !== 'lapse' || atMs - heldAtMs > relockMs)
        throw new Unmet(`a lapse within ${relockMs / 1000} s`, `${cause} after ${atMs - heldAtMs} ms`)
      const suspended = await until('a suspended session', slowMs, readSession, ({ status }) => status === 'suspended')
      const url = `${api}/v1/sessions/${session}/resume`
      const resume = () => ask('POST', url, { token, body: {} })
      await until('the session to be resumed', slowMs, resume, ({ status }) => status === 200)
      const again = await judge()
      const { ownerToken } = again.lease
      if (!again.startPermission || ownerToken <= fencing)
        throw new Unmet(`the PLC enabled under a token above ${fencing}`, show(plcOf(again)))
      const more = again.producedUnits + laterUnits
      await until(`${laterUnits} more units`, slowMs, judge, (now) => now.producedUnits >= more, plcOf)
      return {
        relocked: `${((atMs - heldAtMs) / 1000).toFixed(1)}s`,
        session: suspended.status,
        reason: suspended.suspendedReason ?? 'none',
        token: `${fencing}->${ownerToken}`,
      }
    },

    async end() {
      const url = `${api}/v1/sessions/${session}/end`
      const ended = (await expectStatus(200, 'end', ask('POST', url, { token, body: {} }))) as Session
      if (ended.status !== 'ended' || ended.stoppedReason !== 'Local')
        throw new Unmet('an ended session, stopped locally', show({ status: ended.status, of: ended.stoppedReason }))
      return { status: ended.status, reason: ended.stoppedReason }
    },

    async relock() {
      const now = await expectIdle()
      const { access } = await until('the API to say Locked', slowMs, machine, (known) => known.access === 'Locked')
      return { 'plc.state': now.lease.state, cause: lastEdge(now).cause, access, produced: producedSince(now) }
    },

    async mqtt() {
      const hasEnded = () => seen.all.some(({ body }) => body.kind === 'SessionEnded' && body.session === session)
      await until('SessionEnded on MQTT', slowMs, hasEnded, Boolean)
      const { events, gaps } = chainOf(seen.all, `${topics}/events`)
      if (gaps.length > 0) throw new Unmet('a chain of events without a gap', gaps.join('; '))
      const story = ['UnlockIntended', 'UnlockConfirmed', 'SessionSuspended', 'SessionResumed', 'SessionEnded']
      const told = events.filter((event) => event.session === session).map(({ kind }) => String(kind))
      const missing = story.filter((kind) => !told.includes(kind))
      if (missing.length > 0) throw new Unmet(`${missing.join(', ')} on MQTT`, show(told))
      const late = await watch(plant.broker, `${topics}/availability`, 'latecomer')
      const kept = () => late.all.find(({ retained }) => retained)?.body
      const state = await until('a retained availability', slowMs, kept, (body) => body?.access === 'Locked')
      await late.close()
      return { availability: String(state?.state), events: events.length, gaps: 0, last: 'SessionEnded' }
    },

    async record() {
      const now = await judge()
      const produced = producedSince(now)
      const { begin, end, use } = await readSession(await serviceToken(platform))
      const ofParts = (points: readonly Point[] | undefined) => points?.find(({ meter }) => meter === parts)
      const [first, last] = [ofParts(begin), ofParts(end)]
      const made = Number(last?.total) - Number(first?.total)
      const used = use.find(({ meter }) => meter === parts)?.quantity
      const raws = [String(before?.partCounter), String(now.partCounter)]
      if (made !== produced || used !== String(produced) || show([first?.raw, last?.raw]) !== show(raws))
        throw new Unmet(`${produced} units, the counter from ${raws.join(' to ')}`, show({ first, last, used }))
      const kept = () => seen.all.findLast(({ topic }) => topic === `${topics}/meters/plc.parts`)?.body
      const isNow = (meter: ReturnType<typeof kept>) => meter?.raw === raws[1] && meter?.total === last?.total
      await until(`the meter at ${last?.total}, the counter at ${raws[1]}`, slowMs, kept, isNow)
      return { begin: first?.total ?? '', end: last?.total ?? '', used, produced, total: last?.total ?? '' }
    },
  }
}
