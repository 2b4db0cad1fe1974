/**
 * A PLC that stands still in the middle of an unlock and goes on later, and an OPC UA server that dies just before the
 * write and comes back. No permission may come to be that nobody answers for: every enable the judge saw belongs to a
 * session the ledger confirmed, on time or late, whose caller heard 200 or 504; it was written once; and none comes
 * later than a challenge lives after it was intended.
 */
import type { Answer, LedgerEntry, Session } from '../../support/gateway-api.ts'
import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { inLanes, nowMs, pause, randomBetween } from '../../support/proof.ts'
import { ENABLE } from '../../support/simulators.ts'
import type { Item, Run, Verdict } from '../item.ts'

/** A challenge lives this long. */
const CHALLENGE_MS = 6000
/** After a request that met a dead server, an enable could still come within this. */
const LATE_MS = 14_000

type Unlock = Answer<Session & { code?: string; session?: string }>
type Tally = { enables: number; orphans: number; latestMs: number; readonly answers: Map<string, number> }

export const frozen: Item = {
  name: 'frozen',
  async run(run) {
    const { quick, scope } = run
    const booths = quick ? 4 : 10
    const instruments = quick ? 1 : 4
    const plant = await startPlant(scope, {
      site: 'frozen',
      machines: { 'spray-booth': booths, instrument: instruments },
      // What is proven here is what an unlock does, not how patient a link is.
      bounds: { reconnectMax: '2s' },
    })
    const tally: Tally = { enables: 0, orphans: 0, latestMs: 0, answers: new Map() }
    const faults: string[] = []
    const answers = new Map<string, number>()
    const [frozenCount, killedCount] = quick ? [4, 1] : [100, 20]
    const [, late] = await Promise.all([
      freezeAll(run, plant, frozenCount, booths, answers),
      killAll(run, plant, killedCount, instruments, faults),
    ])
    await judgeEnables(plant, answers, tally, faults)
    return verdictOf(frozenCount, killedCount, late, tally, faults)
  },
}

/* ── frozen ── */

async function freezeAll(
  { quick, say }: Run,
  plant: Plant,
  count: number,
  booths: number,
  answers: Map<string, number>,
): Promise<void> {
  const trials = Array.from({ length: count }, (_, index) => index)
  await inLanes(trials, booths, async (index, lane) => {
    const machine = plant.machine(`booth-${lane + 1}`)
    const waitMs = randomBetween(0, 60)
    const frozenMs = randomBetween(300, quick ? 3000 : 14_000)
    const { status, body } = await freezeOne(plant, machine, waitMs, frozenMs)
    const session = status === 200 ? body.id : body.session
    if (session !== undefined) answers.set(session, status)
    say(
      `${index + 1} of ${count}: frozen ${waitMs} ms after the request for ${frozenMs} ms: ${status} ${body.code ?? ''}`,
    )
  })
}

async function freezeOne(plant: Plant, machine: PlantMachine, waitMs: number, frozenMs: number): Promise<Unlock> {
  const { id, simulator } = machine
  const token = await machine.token()
  const asked = plant.api.unlock(id, token) as Promise<Unlock>
  await pause(waitMs)
  await simulator.freeze()
  await pause(frozenMs)
  simulator.thaw()
  const answer = await asked
  await backToLocked(plant, machine, answer)
  return answer
}

/** Ends what came of it, so that the next trial finds the machine locked. */
async function backToLocked({ api }: Plant, { id }: PlantMachine, { status, body }: Unlock): Promise<void> {
  const session = status === 200 ? body.id : body.session
  await api.untilMachine(id, ({ access }) => ['Locked', 'Unlocked', 'Suspended'].includes(access), 40_000)
  if (session !== undefined && !over((await api.session(session)).status)) await api.ended(session, 30_000)
  await api.untilMachine(
    id,
    ({ access, availability }) => access === 'Locked' && availability.state !== 'Unknown',
    30_000,
  )
}

const over = (status: string) => status === 'ended' || status === 'refused' || status === 'lapsed'

/* ── killed ── */

/** How many enables the restarted servers accepted that nobody asked of them. */
async function killAll(
  { quick, say }: Run,
  plant: Plant,
  count: number,
  instruments: number,
  faults: string[],
): Promise<number> {
  const trials = Array.from({ length: count }, (_, index) => index)
  const late = await inLanes(trials, instruments, async (index, lane) => {
    const machine = plant.machine(`instrument-${lane + 1}`)
    const waitMs = randomBetween(0, 40)
    const token = await machine.token()
    const askedMs = nowMs()
    const asked = plant.api.unlock(machine.id, token) as Promise<Unlock>
    await pause(waitMs)
    const killedMs = nowMs()
    await machine.simulator.kill()
    await machine.simulator.start()
    const answer = await asked
    await pause(askedMs + (quick ? LATE_MS - 4000 : LATE_MS) - nowMs())
    const enables = await lateEnables(plant, machine, killedMs)
    if (enables.length > 0)
      faults.push(`${machine.id}: killed ${waitMs} ms after the request, late: ${JSON.stringify(enables)}`)
    await backToLocked(plant, machine, answer)
    say(
      `${index + 1} of ${count}: killed ${waitMs} ms after the request: ${answer.status}, ${enables.length} late enables`,
    )
    return enables.length
  })
  return late.reduce((sum, each) => sum + each, 0)
}

/**
 * Tokens of enables that a restarted server met and that were meant for its former life, whether it took them or not,
 * and of those it took that nobody confirmed. One that was decided on what the new server said is neither.
 */
async function lateEnables({ api }: Plant, { id, simulator }: PlantMachine, killedMs: number): Promise<number[]> {
  const { accepted, writeFrames } = await simulator.judge()
  const mine = (await api.entries()).filter((entry) => entry.machine === id)
  const met = writeFrames.last.map(({ words }) => words).filter((words) => isEnable(words))
  const tokens = [
    ...accepted.filter(({ command }) => command === ENABLE).map(({ token }) => token),
    ...met.map(tokenOf),
  ]
  return [...new Set(tokens)].filter((token) => {
    const intended = entryOf(mine, 'UnlockIntended', token)
    const afterwards = intended !== undefined && monoMs(intended) > killedMs
    const taken = accepted.some((each) => each.command === ENABLE && each.token === token)
    return !afterwards || (taken && entryOf(mine, 'UnlockConfirmed', token) === undefined)
  })
}

/* ── the judge and the ledger ── */

async function judgeEnables(
  { api, machines }: Plant,
  answers: ReadonlyMap<string, number>,
  tally: Tally,
  faults: string[],
): Promise<void> {
  const entries = await api.entries()
  for (const { id, simulator } of machines.filter((machine) => machine.simulator.kind === 'spray-booth')) {
    const judge = await simulator.judge()
    const mine = entries.filter((entry) => entry.machine === id)
    for (const { atMs, token } of judge.accepted.filter(({ command }) => command === ENABLE)) {
      tally.enables += 1
      const intended = entryOf(mine, 'UnlockIntended', token)
      const confirmed = entryOf(mine, 'UnlockConfirmed', token)
      const status = answers.get(intended?.session ?? '')
      if (intended === undefined || confirmed === undefined || (status !== 200 && status !== 504)) {
        tally.orphans += 1
        faults.push(`${id}: the enable of ${token} was confirmed: ${confirmed !== undefined}, answered ${status}`)
      }
      if (intended === undefined) continue
      const sinceMs = atMs - monoMs(intended)
      tally.latestMs = Math.max(tally.latestMs, sinceMs)
      if (sinceMs > CHALLENGE_MS) faults.push(`${id}: the enable of ${token} came ${sinceMs} ms after it was intended`)
      const written = judge.writeFrames.last.filter(({ words }) => isEnable(words) && tokenOf(words) === token).length
      if (written > 1) faults.push(`${id}: the enable of ${token} was written ${written} times`)
    }
    for (const [session, status] of answers) {
      const intent = mine.find((entry) => entry.kind === 'UnlockIntended' && entry.session === session)
      if (intent === undefined) continue
      tally.answers.set(String(status), (tally.answers.get(String(status)) ?? 0) + 1)
      const token = Number(intent.data.token)
      if (status === 200 && !judge.accepted.some((each) => each.command === ENABLE && each.token === token))
        faults.push(`${id}: answered 200 for ${token}, which was never enabled`)
    }
  }
}

const monoMs = ({ mono }: LedgerEntry) => Number(BigInt(mono) / 1_000_000n)

function entryOf(entries: readonly LedgerEntry[], kind: string, token: number): LedgerEntry | undefined {
  return entries.find((entry) => entry.kind === kind && entry.data.token === String(token))
}

/** Words 2 and 3 of the block. */
const tokenOf = (words: readonly number[]) => words[2]! * 0x10000 + words[3]!

/** Words 4 and 9: command and heartbeat; a heartbeat is the same block with another word 9. */
function isEnable(words: readonly number[]): boolean {
  return words.length === 16 && words[4] === ENABLE && words[9] === 0
}

function verdictOf(
  frozenCount: number,
  killed: number,
  late: number,
  tally: Tally,
  faults: readonly string[],
): Verdict {
  const answered = [...tally.answers].map(([status, count]) => `${count} × ${status}`).join(', ')
  return {
    figure: [
      `${frozenCount} freezes: ${tally.enables} enables, ${tally.orphans} of nobody`,
      `latest after ${tally.latestMs} ms (${answered})`,
      `${killed} kills: ${late} late`,
    ].join('; '),
    aim: `0 of nobody, 0 late, within ${CHALLENGE_MS} ms`,
    ok: faults.length === 0 && tally.orphans === 0 && late === 0,
    notes: faults,
  }
}
