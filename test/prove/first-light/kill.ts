/**
 * The gateway is killed while machines are unlocked and producing, and started again. Either the PLC took the
 * permission back by its own timer in time, or the restarted gateway took the session up: same token, never locked in
 * between. In both cases the meters have every unit the machine made, once.
 */

import type { Meter, Session } from '../../support/gateway-api.ts'
import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import { found, inLanes, pause, randomBetween } from '../../support/proof.ts'
import type { Judge } from '../../support/simulators.ts'
import type { Item, Run, Verdict } from '../item.ts'

const RELOCK_MS = 7000

type Outcome = {
  readonly adopted: boolean
  /** From the kill to the output going off. */
  readonly relockMs: number | undefined
  readonly faults: readonly string[]
}

export const kill: Item = {
  name: 'kill',
  async run(run) {
    const kills = run.quick ? 2 : 30
    const plans = Array.from({ length: kills }, (_, index) => planOf(index, run.quick))
    const lanes = run.quick ? 1 : 2
    const plants: Plant[] = []
    for (let lane = 0; lane < lanes; lane += 1)
      plants.push(
        await startPlant(run.scope, {
          site: `kill-${lane + 1}`,
          machines: { 'spray-booth': run.quick ? 1 : 2, ...(run.quick ? {} : { instrument: 1 }) },
          cycleMs: 300 + 170 * lane,
          autoStart: true,
        }),
      )
    const outcomes = (
      await inLanes(plans, lanes, async (plan, lane) => {
        const found = await trial(plants[lane]!, plan)
        say(run, plan, found)
        return found
      })
    ).flat()
    return verdictOf(kills, outcomes)
  },
}

type Plan = { readonly useMs: number; readonly restartMs: number }

/** Every other restart is at once. */
function planOf(index: number, quick: boolean): Plan {
  return {
    useMs: randomBetween(0, quick ? 2000 : 6000),
    restartMs: index % 2 === 0 ? 0 : randomBetween(0, quick ? 6000 : 12_000),
  }
}

async function trial({ api, gateway, machines }: Plant, { useMs, restartMs }: Plan): Promise<Outcome[]> {
  const before = await Promise.all(machines.map(({ unitMeter }) => api.meter(unitMeter)))
  const sessions = await Promise.all(machines.map(async ({ id, token }) => api.unlocked(id, await token())))
  const held = await Promise.all(machines.map(async ({ simulator }) => (await simulator.judge()).lease.ownerToken))
  await pause(useMs)
  const from = await api.head()
  const killedMs = await gateway.kill()
  await pause(restartMs)
  await gateway.start()
  return Promise.all(
    machines.map(async (machine, index) => {
      const faults: string[] = []
      const session = sessions[index]!
      const adopted = await wasAdopted(machine, session)
      const relockMs = judgeRelock(await machine.simulator.judge(), { killedMs, adopted, token: held[index]! }, faults)
      const ended = adopted ? await api.ended(session.id) : await api.session(session.id)
      await countsAgree(machine, before[index]!, ended, faults)
      await api.untilMachine(machine.id, ({ access }) => access === 'Locked', 15_000)
      return { adopted, relockMs, faults }
    }),
  )

  /** The ledger says what became of the session. */
  async function wasAdopted({ id, simulator }: PlantMachine, session: Session): Promise<boolean> {
    const mine = async () => (await api.entries(from)).filter((entry) => entry.machine === id)
    const outcome = async () => {
      for (const entry of await mine()) {
        if (entry.session !== session.id) continue
        if (entry.kind === 'SessionResumed' && entry.data.adopted === true) return true
        if (entry.kind === 'SessionEnded') return false
      }
      return undefined
    }
    return found(outcome, 20_000, 'nothing').catch(async () => {
      const { lease, outputEdges } = await simulator.judge()
      const seen = { machine: await api.machine(id), lease, edges: outputEdges.slice(-3), entries: await mine() }
      throw new Error(
        `${id}: the session was neither taken up nor closed after the kill at ${killedMs}: ${JSON.stringify(seen)}`,
      )
    })
  }

  /** Meter and session against the judge, once nothing moves any more. */
  async function countsAgree(
    { id, simulator, unitMeter }: PlantMachine,
    before: Meter,
    session: Session,
    faults: string[],
  ): Promise<void> {
    await until(async () => !(await simulator.judge()).cycleRunning, 5000, `${id} goes on working`)
    const { producedUnits } = await simulator.judge()
    const meter = await found(
      async () => {
        const seen = await api.meter(unitMeter)
        return seen.total === String(producedUnits) ? seen : undefined
      },
      5000,
      '',
    ).catch(() => api.meter(unitMeter))
    if (meter.total !== String(producedUnits)) faults.push(`${id} made ${producedUnits}, the meter says ${meter.total}`)
    if (!meter.conserved) faults.push(`${id}: the accounts do not add up: ${JSON.stringify(meter)}`)
    const made = Number(meter.total) - Number(before.total)
    const used = Number(meter.session) - Number(before.session)
    if (used !== made)
      faults.push(`${id}: ${made} units were made under the permission, ${used} went to the session ${session.id}`)
  }
}

type Killed = { readonly killedMs: number; readonly adopted: boolean; readonly token: number }

/** Off in time, or never off and taken up. */
function judgeRelock(judge: Judge, { killedMs, adopted, token }: Killed, faults: string[]): number | undefined {
  const off = judge.outputEdges.find((edge) => edge.atMs >= killedMs && !edge.on)
  if (off === undefined) {
    if (!adopted) faults.push(`still unlocked ${judge.atMs - killedMs} ms after the kill, and not taken up`)
    else if (!judge.startPermission || judge.lease.ownerToken !== token)
      faults.push(`taken up under ${judge.lease.ownerToken}, it was ${token}`)
    return undefined
  }
  const relockMs = off.atMs - killedMs
  if (adopted) faults.push(`taken up, though it was locked (${off.cause}) ${relockMs} ms after the kill`)
  if (relockMs > RELOCK_MS) faults.push(`locked ${relockMs} ms after the kill`)
  return relockMs
}

function say({ say }: Run, { useMs, restartMs }: Plan, outcomes: readonly Outcome[]): void {
  const words = outcomes.map(({ adopted, relockMs, faults }) =>
    faults.length > 0 ? faults.join('; ') : adopted ? 'taken up' : `locked after ${relockMs} ms`,
  )
  say(`killed ${useMs} ms after the unlock, started ${restartMs} ms later: ${words.join(', ')}`)
}

function verdictOf(kills: number, outcomes: readonly Outcome[]): Verdict {
  const notes = outcomes.flatMap(({ faults }) => faults)
  const relocks = outcomes.flatMap(({ relockMs }) => relockMs ?? [])
  const adopted = outcomes.filter((outcome) => outcome.adopted).length
  const exact = outcomes.filter(({ faults }) => faults.length === 0).length
  return {
    figure: [
      `${kills} kills: ${adopted} taken up, ${relocks.length} locked`,
      ...(relocks.length > 0 ? [` within ${Math.max(...relocks)} ms`] : []),
      `; ${exact} of ${outcomes.length} exact`,
    ].join(''),
    aim: `locked within ${RELOCK_MS} ms or taken up; all exact`,
    ok: notes.length === 0 && outcomes.length > 0,
    notes,
  }
}
