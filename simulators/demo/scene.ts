/**
 * The stage of the demo's story: the plant, the booking, what earlier steps have left for later ones, and the questions
 * that several steps ask. Next: story.ts.
 */
import { ask, askJudge, type Booking, expectStatus, type Judge, operate, throughout, until } from './ask.ts'
import type { Plant } from './plant.ts'
import type { Watch } from './watch.ts'

/** The parts of the API's answers that the demo looks at. */
export type Machine = Readonly<{ access: string; availability: { state: string } }>
export type Point = Readonly<{ meter: string; raw?: string; total: string }>
export type Session = Readonly<{
  id: string
  status: string
  suspendedReason?: string
  stoppedReason?: string
  begin: readonly Point[]
  end?: readonly Point[]
  use: readonly Readonly<{ meter: string; quantity: string }>[]
}>

export type Scene = {
  readonly plant: Plant
  /** Subscribed to everything of the site before the gateway started. */
  readonly seen: Watch
  readonly booking: Booking
  /** Id of the meter that counts the units of the booth. */
  readonly parts: string
  /** Everything that is published about the booth starts with this. */
  readonly topics: string
  /** The tenant's token. */
  token: string
  /** Id of the session. */
  session: string
  /** The booth before it was unlocked. */
  before: Judge | undefined
  /** The token the PLC was first enabled with. */
  fencing: number
}

const tenant = 'acme-paint'
const bookedMs = 30 * 60_000
/** Longest wait for anything without a bound of its own. */
export const slowMs = 15_000
/** Long enough for a cycle to begin and end if it could. */
const idleMs = 1_200

export function setScene(plant: Plant, seen: Watch, startMs: number): Scene {
  const machine = plant.booth.id
  return {
    plant,
    seen,
    booking: {
      id: `demo-${startMs}`,
      machine,
      tenant,
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + bookedMs).toISOString(),
    },
    parts: `${machine}/plc.parts`,
    topics: `latchkey/v1/${plant.site}/${machine}`,
    token: '',
    session: '',
    before: undefined,
    fencing: 0,
  }
}

export const judgeOf = ({ plant }: Scene) => askJudge(plant.booth.control)

export const producedSince = ({ before }: Scene, now: Judge) => now.producedUnits - (before?.producedUnits ?? 0)

export async function machineOf({ plant, token }: Scene): Promise<Machine> {
  const url = `${plant.api}/v1/machines/${plant.booth.id}`
  return (await expectStatus(200, 'the API', ask('GET', url, { token }))) as Machine
}

export async function sessionOf({ plant, session, token }: Scene, bearer = token): Promise<Session> {
  const url = `${plant.api}/v1/sessions/${session}`
  return (await expectStatus(200, 'the API', ask('GET', url, { token: bearer }))) as Session
}

export const lastEdge = ({ outputEdges }: Judge) =>
  outputEdges.at(-1) ?? { atMs: 0, on: false, cause: 'none', token: 0 }

/** What a step shows of the judge when it fails. */
export const plcOf = ({ lease, startPermission, producedUnits }: Judge) => ({
  ...lease,
  startPermission,
  producedUnits,
})

/** Fails unless the booth is locked and makes nothing although the operator presses start. */
export async function expectIdle(scene: Scene): Promise<Judge> {
  const judge = () => judgeOf(scene)
  const isLocked = (now: Judge) => now.lease.state === 'locked' && !now.startPermission && !now.cycleRunning
  const first = await until('the PLC to be locked', slowMs, judge, isLocked, plcOf)
  await operate(scene.plant.booth.control, { pressStart: true })
  const same = (now: Judge) => isLocked(now) && now.producedUnits === first.producedUnits
  await throughout('a locked machine to make nothing', idleMs, judge, same, plcOf)
  return first
}
