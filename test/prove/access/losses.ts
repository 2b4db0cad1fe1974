/**
 * A gateway that holds many unlocked machines is lost at a random instant: killed, held still, or cut from its
 * machines. For each machine there is one of two ends: the PLC took the permission back by its own timer in time, or it
 * is held under the same token by a gateway that knows it. And nobody was told "unlocked" without a read-back in the
 * ledger.
 */
import type { Answer, Machine, Session } from '../../support/gateway-api.ts'
import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { inLanes, nowMs, pause, randomBetween } from '../../support/proof.ts'
import type { Judge } from '../../support/simulators.ts'
import type { Item, Run, Verdict } from '../item.ts'

const RELOCK_MS = 7000
/** After this a gateway that came back has read every machine, and each machine has locked or is held. */
const SETTLED_MS = 9000
const UNDER_WAY_MS = 300

type Loss = {
  readonly kind: 'killed' | 'frozen' | 'cut'
  /** From the last unlock to the loss; below 0: while they are under way. */
  readonly afterMs: number
  /** How long it stays away. */
  readonly awayMs: number
}
type Tally = {
  losses: number
  locked: number
  held: number
  never: number
  latestMs: number
  readonly faults: string[]
  /** Sessions for which somebody heard 200. */
  readonly told: Set<string>
}
type Unlock = { readonly machine: PlantMachine; readonly answer: Answer<Session> | undefined }

export const losses: Item = {
  name: 'losses',
  async run(run) {
    const { quick, scope, say } = run
    const [booths, instruments, wanted] = quick ? [8, 0, 8] : [16, 4, 1000]
    const tally: Tally = { losses: 0, locked: 0, held: 0, never: 0, latestMs: 0, faults: [], told: new Set() }
    const plant = await startPlant(scope, {
      site: 'losses',
      machines: { 'spray-booth': booths, instrument: instruments },
      cycleMs: 700,
      autoStart: true,
      bounds: { reconnectMax: '2s' },
    })
    for (let round = 0; tally.losses < wanted; round += 1) {
      const loss = lossOf(round, quick)
      await lose(run, plant, loss, tally)
      say(
        `${tally.losses} of ${wanted}: ${loss.kind} after ${loss.afterMs} ms for ${loss.awayMs} ms; so far ${tally.locked} locked within ${tally.latestMs} ms, ${tally.held} held, ${tally.faults.length} faults`,
      )
    }
    await answersAreTrue(plant, tally)
    return verdictOf(wanted, tally)
  },
}

function lossOf(round: number, quick: boolean): Loss {
  const kind = (['killed', 'frozen', 'cut'] as const)[round % 3]!
  const afterMs = round % 5 === 4 ? -randomBetween(1, UNDER_WAY_MS) : randomBetween(0, quick ? 1000 : 4000)
  return {
    kind,
    afterMs,
    awayMs: round % 2 === 1 ? randomBetween(0, 1500) : randomBetween(quick ? 5500 : 0, quick ? 7000 : 12_000),
  }
}

async function lose(run: Run, plant: Plant, loss: Loss, tally: Tally): Promise<void> {
  const { machines } = plant
  const asked = machines.map(async (machine): Promise<Unlock> => {
    const answer = plant.api.unlock(machine.id, await machine.token())
    return { machine, answer: await answer.catch(() => undefined) }
  })
  if (loss.afterMs < 0) await pause(UNDER_WAY_MS + loss.afterMs)
  else {
    for (const { machine, answer } of await Promise.all(asked))
      if (answer?.status !== 200) tally.faults.push(`${machine.id} was not unlocked: ${JSON.stringify(answer)}`)
    await pause(loss.afterMs)
  }
  const held = await Promise.all(machines.map(({ simulator }) => simulator.judge()))
  const lostMs = await happen(plant, loss)
  for (const { answer } of await Promise.all(asked)) if (answer?.status === 200) tally.told.add(answer.body.id)
  await pause(lostMs + SETTLED_MS - nowMs())
  await inLanes(machines, 8, async (machine) => {
    const before = held[machines.indexOf(machine)]!
    judge(await machine.simulator.judge(), before, lostMs, machine.id, tally)
  })
  await inLanes(machines, 8, (machine) => backToLocked(plant, machine, tally))
  run.say(`${machines.length} machines are locked again`)
}

/** The loss, and its end; monotonic ms of when it began. */
async function happen({ gateway, machines }: Plant, { kind, awayMs }: Loss): Promise<number> {
  switch (kind) {
    case 'killed': {
      const atMs = await gateway.kill()
      await pause(awayMs)
      await gateway.start()
      return atMs
    }
    case 'frozen': {
      const atMs = nowMs()
      await gateway.freeze()
      await pause(awayMs)
      gateway.thaw()
      return atMs
    }
    case 'cut': {
      const atMs = nowMs()
      await Promise.all(machines.map(({ simulator }) => simulator.fault({ kind: 'cut', ms: Math.max(1, awayMs) })))
      await pause(awayMs)
      return atMs
    }
  }
}

/** Off in time, or on under a token that somebody answers for. */
function judge(now: Judge, before: Judge, lostMs: number, id: string, tally: Tally): void {
  tally.losses += 1
  const edges = now.outputEdges.filter(({ atMs }) => atMs >= lostMs)
  const off = edges.find(({ on }) => !on)
  const wasOn = before.startPermission || edges[0]?.on === true
  if (!wasOn) tally.never += 1
  else if (off === undefined) {
    tally.held += 1
    const since = now.outputEdges.findLast(({ on }) => on)
    if (!now.startPermission || since?.token !== now.lease.ownerToken)
      tally.faults.push(`${id} is on under ${now.lease.ownerToken}, it was switched on under ${since?.token}`)
  } else {
    // Switched on after the loss began, by what was on the wire: its time begins then.
    const sinceMs = Math.max(lostMs, edges.find(({ on }) => on && edges.indexOf(off) > 0)?.atMs ?? lostMs)
    const relockMs = off.atMs - sinceMs
    tally.locked += 1
    tally.latestMs = Math.max(tally.latestMs, relockMs)
    if (relockMs > RELOCK_MS) tally.faults.push(`${id} locked ${relockMs} ms after the loss`)
  }
}

/** Whatever came of it is ended, so that the next round finds the machine locked. */
async function backToLocked({ api }: Plant, { id, simulator, token }: PlantMachine, tally: Tally): Promise<void> {
  await api.untilMachine(id, ({ access }) => ['Locked', 'Unlocked', 'Suspended'].includes(access), 40_000)
  // The session is shown to its tenant.
  const { access, session } = (await api.call<Machine>('GET', `/machines/${id}`, { token: await token() })).body
  const on = (await simulator.judge()).startPermission
  if (on && access !== 'Unlocked') tally.faults.push(`${id} is on, and the gateway says ${access}`)
  if (session !== undefined) await api.ended(session, 30_000)
  await api.untilMachine(
    id,
    ({ access, availability }) => access === 'Locked' && availability.state !== 'Unknown',
    30_000,
  )
}

async function answersAreTrue({ api }: Plant, tally: Tally): Promise<void> {
  const confirmed = new Set(
    (await api.entries()).flatMap(({ kind, session }) => (kind === 'UnlockConfirmed' ? (session ?? []) : [])),
  )
  for (const session of tally.told)
    if (!confirmed.has(session)) tally.faults.push(`${session} was answered as unlocked and has no read-back`)
}

function verdictOf(wanted: number, { losses, locked, held, never, latestMs, faults, told }: Tally): Verdict {
  return {
    figure: `${losses} losses: ${locked} locked within ${latestMs} ms, ${held} held${never > 0 ? `, ${never} never on` : ''}; ${told.size} answers true`,
    aim: `${wanted}: locked within ${RELOCK_MS} ms or held; no answer without read-back`,
    ok: faults.length === 0 && losses >= wanted && locked > 0 && told.size > 0,
    notes: faults,
  }
}
