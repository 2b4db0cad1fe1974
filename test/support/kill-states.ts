/**
 * A gateway that is killed while its machines stand in every state of the unlock: one machine a state, one kill.
 * Afterwards the PLC, the ledger and the meters have to tell the same story, and nobody was let in twice. Used by
 * test/flow/kill.test.ts (once each) and by the proof `access`, item `states` (again and again).
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as next } from 'node:timers/promises'
import type { Answer, Session } from './gateway-api.ts'
import type { Plant, PlantMachine, PlantOptions } from './gateway-plant.ts'
import { until } from './process.ts'
import { found, nowMs } from './proof.ts'

/** Over within milliseconds, so that the kill follows at once: the intent is durable, it is written, it is to end. */
export const moments = ['intended', 'written', 'ending'] as const
export type Moment = (typeof moments)[number]
/** They last until something happens. */
type Lasting = 'confirmed' | 'finishing' | 'suspended'
type State = Moment | Lasting

const FINISH = 2
const REVOKE = 3
/** A unit takes as long as a start of the gateway. */
export const killPlant = {
  machines: { 'spray-booth': 4 },
  cycleMs: 6000,
  bounds: { reconnectMax: '2s' },
} as const satisfies Partial<PlantOptions>

type Use = {
  readonly state: State
  readonly machine: PlantMachine
  readonly before: { readonly enables: number; readonly produced: number; readonly accounts: Accounts }
  session: string | undefined
  answer: Promise<Answer<Session> | undefined>
}
type Accounts = { readonly session: bigint; readonly unassigned: bigint; readonly disputed: bigint }
export type Killed = { readonly told: readonly string[]; readonly faults: readonly string[] }

/** One kill at this moment. `told`: how each machine was found, a line each. */
export async function killAt(plant: Plant, moment: Moment): Promise<Killed> {
  const { api, gateway, machines, dataDir } = plant
  const from = await api.head()
  const states: readonly State[] = [moment, 'confirmed', 'suspended', 'finishing']
  const uses: Use[] = []
  for (const [index, state] of states.entries()) uses.push(await useOf(plant, machines[index]!, state))
  const [fast, confirmed, suspended, finishing] = uses as [Use, Use, Use, Use]
  if (moment === 'ending') await unlock(plant, fast)
  for (const use of [confirmed, suspended, finishing]) await unlock(plant, use)
  await suspended.machine.simulator.operate({ emergencyStop: true })
  await api.untilSession(suspended.session!, ({ status }) => status === 'suspended', 15_000)
  for (const { machine } of [confirmed, finishing]) {
    await machine.simulator.operate({ pressStart: true })
    await until(async () => (await machine.simulator.judge()).cycleRunning, 5000, 'the cycle does not start')
  }
  void api.end(finishing.session!).catch(() => undefined)
  await api.untilSession(finishing.session!, ({ status }) => status === 'finishing', 5000)
  await reach(plant, fast, dataDir)
  await gateway.kill()
  const answer = await fast.answer
  await gateway.start()
  await suspended.machine.simulator.operate({ emergencyStop: false })

  const faults: string[] = []
  const told: string[] = []
  for (const use of uses) {
    const said = await truthOf(plant, use, from, faults)
    told.push(`${use.state}: ${said}`)
  }
  if (answer?.status === 200 && fast.session !== answer.body.id) faults.push('200 was answered for another session')
  return { told, faults }
}

async function useOf({ api }: Plant, machine: PlantMachine, state: State): Promise<Use> {
  await api.untilMachine(machine.id, ({ access }) => access === 'Locked', 30_000)
  const { enables, producedUnits: produced } = await machine.simulator.judge()
  const before = { enables, produced, accounts: await accountsOf(api, machine) }
  return { state, machine, before, session: undefined, answer: Promise.resolve(undefined) }
}

async function accountsOf(api: Plant['api'], { unitMeter }: PlantMachine): Promise<Accounts> {
  const { session, unassigned, disputed } = await api.meter(unitMeter)
  return { session: BigInt(session), unassigned: BigInt(unassigned), disputed: BigInt(disputed) }
}

async function unlock({ api }: Plant, use: Use): Promise<void> {
  use.session = (await api.unlocked(use.machine.id, await use.machine.token())).id
}

/** Asks for it, and comes back at the moment. */
async function reach({ api }: Plant, use: Use, dataDir: string): Promise<void> {
  const { machine, state, before } = use
  const { simulator } = machine
  if (state === 'ending') {
    void api.end(use.session!).catch(() => undefined)
    const isSaid = ({ command }: { command: number }) => command === FINISH || command === REVOKE
    const sinceMs = nowMs()
    return until(
      async () => (await simulator.judge()).accepted.some((each) => each.atMs >= sinceMs - 50 && isSaid(each)),
      10_000,
      'the end is not written',
    )
  }
  const token = await machine.token()
  use.answer = api.unlock(machine.id, token).catch(() => undefined)
  if (state === 'written')
    return until(async () => (await simulator.judge()).enables > before.enables, 10_000, 'the enable is not written')
  const ledger = new DatabaseSync(join(dataDir, 'ledger.sqlite'), { readOnly: true })
  const intended = ledger.prepare("SELECT id FROM session WHERE machine = ? AND status = 'intended'")
  const untilMs = nowMs() + 10_000
  while (intended.get(machine.id) === undefined && nowMs() < untilMs) await next()
  ledger.close()
}

/** What became of one machine: as its PLC has it, and as the gateway says. Leaves it locked and free. */
async function truthOf({ api }: Plant, use: Use, from: number, faults: string[]): Promise<string> {
  const { machine, state, before } = use
  const { id, simulator } = machine
  const fault = (text: string) => void faults.push(`${state}, ${id}: ${text}`)
  const settled = ['Locked', 'Unlocked', 'Suspended']
  const { access } = await api.untilMachine(
    id,
    (seen) => settled.includes(seen.access) && seen.availability.state !== 'Unknown',
    40_000,
  )
  const own = async () => (await api.entries(from)).filter((entry) => entry.machine === id)
  const sessions = new Set((await own()).flatMap(({ kind, session }) => (kind === 'UnlockIntended' ? [session] : [])))
  if (sessions.size > 1) fault(`${sessions.size} sessions were intended`)
  const [session] = sessions
  if (session === undefined && state !== 'intended') fault('its session is not in the ledger')
  const judge = await simulator.judge()
  if (judge.enables > before.enables + 1) fault(`it was enabled ${judge.enables - before.enables} times`)
  if (judge.startPermission && access === 'Locked') fault('it is unlocked, and the gateway says Locked')
  const view = session === undefined ? undefined : await api.session(session)
  if (judge.startPermission && view?.status !== 'open' && view?.status !== 'finishing')
    fault(`it is unlocked, and its session is ${view?.status}`)
  use.session = session

  const isOver = (status: string) => ['ended', 'refused', 'lapsed'].includes(status)
  const ended =
    session === undefined || view === undefined || isOver(view.status)
      ? view
      : await api.ended(session, 30_000).catch(() => api.untilSession(session, ({ status }) => isOver(status), 30_000))
  await until(async () => !(await simulator.judge()).cycleRunning, 15_000, `${id} goes on working`)
  await api.untilMachine(id, (seen) => seen.access === 'Locked', 30_000)
  const after = await simulator.judge()
  if (after.startPermission) fault('it is still unlocked')
  await unitsAgree(api, use, after.producedUnits, fault)
  return `${access}, then ${ended?.status ?? 'nothing'}${ended?.stoppedReason ? ` (${ended.stoppedReason})` : ''}`
}

/** Every unit is the session's: all were begun under its permission. */
async function unitsAgree(
  api: Plant['api'],
  { machine, before }: Use,
  produced: number,
  fault: (text: string) => void,
): Promise<void> {
  const meter = await found(
    async () => {
      const seen = await api.meter(machine.unitMeter)
      return seen.total === String(produced) ? seen : undefined
    },
    10_000,
    '',
  ).catch(() => api.meter(machine.unitMeter))
  if (meter.total !== String(produced)) fault(`it made ${produced}, its meter says ${meter.total}`)
  if (!meter.conserved) fault('its accounts do not add up')
  const { session, unassigned, disputed } = await accountsOf(api, machine)
  const made = BigInt(produced - before.produced)
  const { accounts } = before
  if (session - accounts.session !== made || unassigned !== accounts.unassigned || disputed !== accounts.disputed)
    fault(
      `${made} units: ${session - accounts.session} of the session, ${unassigned - accounts.unassigned} unassigned, ${disputed - accounts.disputed} disputed`,
    )
}
