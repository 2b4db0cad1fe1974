/**
 * Two boxes are one gateway, and one of them is lost: killed, held still, cut from the other, cut from the machines, or
 * wrong about the time by an hour and then killed. Each time a tenant works. Asked is that the other box is the gateway
 * in time and never before, that no PLC obeys two, that no unit is lost or doubled, and that no token is spent twice.
 * Read next: two-boxes.ts (boxes and cables), gateway/decisions/031-a-pair.md.
 */
import { HOLD_MS } from '../../../gateway/core/pair/times.ts'
import type { SiteMachine } from '../../support/gateway-site.ts'
import { unitMeter } from '../../support/gateway-site.ts'
import { createScope, found, goFirst, nowMs, pause, randomBetween, type Scope } from '../../support/proof.ts'
import { bookingNow, ENABLE } from '../../support/simulators.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'
import { type Box, startTwoBoxes, type TwoBoxes } from './two-boxes.ts'

const KINDS = ['killed', 'held still', 'cut from the other', 'cut from the machines', 'wrong by an hour'] as const
type Kind = (typeof KINDS)[number]

const AIM_MS = 15_000
const HOUR_MS = 3_600_000
/** Pairs side by side in the full form: most of a loss is waiting. */
const LANES = 3
const LOSSES = 100

type Lane = {
  readonly two: TwoBoxes
  readonly checks: Checks
  readonly say: Run['say']
  active: Box
  spare: Box
  /** Sessions for which somebody heard 200. */
  readonly told: string[]
  readonly takenMs: number[]
}

export const pair: Item = {
  name: 'pair',
  async run({ quick, scope, say }) {
    goFirst()
    const checks = createChecks(say)
    const kinds = quick ? (['killed'] as const) : Array.from({ length: LOSSES }, (_, at) => KINDS[at % KINDS.length]!)
    let done = 0
    const takenMs: number[] = []
    /** Losses of one pair after the other; one that comes to nothing is a fault, and another pair goes on. */
    const work = async (own: Scope, number: number) => {
      const lane = await begin(own, number, { checks, say, takenMs })
      for (let kind = kinds[done]; kind !== undefined; kind = kinds[done]) {
        done += 1
        say(`${done} of ${kinds.length} begun: ${kind}; taken over ${spread(takenMs)}`)
        await lose(lane, kind)
      }
      await judgeAll(lane)
    }
    const workOn = async (number: number) => {
      for (let life = number; ; life += LANES) {
        const own = createScope(`pair-${life}`)
        scope.defer(() => own.close())
        const fault = await work(own, life).then(
          () => undefined,
          (error: Error) => `${error.message} ${error.cause ?? ''}`,
        )
        await own.close()
        if (fault === undefined) return
        checks.check('a loss comes to an end', false, fault)
      }
    }
    await Promise.all(Array.from({ length: quick ? 1 : LANES }, (_, number) => workOn(number)))
    return checks.verdict(`${kinds.length} losses; taken over ${spread(takenMs)}`)
  },
}

async function begin(scope: Scope, number: number, shared: Pick<Lane, 'checks' | 'say' | 'takenMs'>): Promise<Lane> {
  const two = await startTwoBoxes(scope, number)
  const [active, spare] = two.boxes
  active.start()
  spare.start()
  const lane: Lane = { ...shared, two, active, spare, told: [] }
  await inStep(lane)
  return lane
}

function spread(ms: readonly number[]): string {
  if (ms.length === 0) return 'never'
  const sorted = [...ms].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return `${sorted.length} times: ${at(0)}, ${at(0.5)}, ${at(0.9)}, ${at(1)} ms (least, half, 9 of 10, most)`
}

/** The spare has everything, and the machines are free. */
async function inStep({ active, two }: Lane): Promise<void> {
  await found(
    () => health(active),
    60_000,
    () => `no spare follows: ${tails(two)}`,
  )
  for (const { id } of two.machines)
    await active.api.untilMachine(
      id,
      ({ access, availability }) => access === 'Locked' && availability.state !== 'Unknown',
      30_000,
    )
}

const tails = ({ boxes }: TwoBoxes) => boxes.map((box) => `${box.name}: ${box.output().slice(-1500)}`).join('\n')

async function health({ api }: Box): Promise<true | undefined> {
  const answer = await fetch(`${api.url}/health/ready`, {
    headers: { authorization: `Bearer ${await api.token()}` },
    signal: AbortSignal.timeout(1000),
  }).catch(() => undefined)
  const body = (await answer?.json().catch(() => undefined)) as { notes?: readonly string[] } | undefined
  return body?.notes !== undefined && !body.notes.some((note) => note.includes('other box')) ? true : undefined
}

/** Whether it is the gateway: a spare answers 503 there. */
const serves = ({ api }: Box): Promise<true | undefined> =>
  fetch(api.url, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok || undefined,
    () => undefined,
  )

async function lose(lane: Lane, kind: Kind): Promise<void> {
  const { two, active, checks, told } = lane
  const [worked, idle] = two.machines as [SiteMachine, SiteMachine]
  const use = await tokenFor(two, worked)
  const session = await found(
    async () => {
      const { status, body } = await active.api.unlock(worked.id, use)
      // A busy computer reads late.
      if (status === 200) return body
      return status === 503 ? undefined : Promise.reject(new Error(`${kind}: no unlock: ${JSON.stringify(body)}`))
    },
    20_000,
    `${kind}: no unlock`,
  )
  told.push(session.id)
  await pause(randomBetween(200, 2500))
  if (kind === 'cut from the other') await cutApart(lane)
  else await loseActive(lane, kind, await tokenFor(two, idle), idle)

  const again = await lane.active.api.unlock(worked.id, use)
  checks.check(`${kind}: a token is spent once`, again.status === 409, again.body)
  const ended = await lane.active.api.ended(session.id, 40_000)
  checks.check(`${kind}: its session is known and ends`, ended.status === 'ended', ended)
  await inStep(lane)
  await countAll(lane, kind)
}

const tokenFor = ({ platform }: TwoBoxes, { id }: SiteMachine) => platform.token(bookingNow(`use-${id}`, id))

/** Both live, both reach the machines: one goes on, and the other does nothing. */
async function cutApart({ two, active, spare, checks }: Lane): Promise<void> {
  two.cutBetween()
  const untilMs = nowMs() + 12_000
  let taken = false
  while (nowMs() < untilMs && !taken) {
    taken = (await serves(spare)) === true
    await pause(300)
  }
  checks.check('cut from the other: nobody takes over', !taken)
  checks.check('cut from the other: the gateway goes on', (await serves(active)) === true, active.output().slice(-800))
  two.healBetween()
}

async function loseActive(lane: Lane, kind: Exclude<Kind, 'cut from the other'>, token: string, idle: SiteMachine) {
  const { active, spare, checks, takenMs, two } = lane
  if (kind === 'wrong by an hour') {
    const skewed = Math.random() < 0.5 ? active : spare
    skewed.setClock(Math.random() < 0.5 ? HOUR_MS : -HOUR_MS)
    await pause(2000)
    checks.check('wrong by an hour: nobody takes over for that', active.runs() && (await serves(spare)) === undefined)
  }
  const lostMs = nowMs()
  if (kind === 'held still') await active.freeze()
  else if (kind === 'cut from the machines') active.cut()
  else await active.kill()
  await found(
    () => serves(spare),
    40_000,
    () => `${kind}: nobody takes over: ${tails(two)}`,
  )
  const ms = nowMs() - lostMs
  takenMs.push(ms)
  checks.check(`${kind}: in time`, ms <= AIM_MS, ms)
  if (kind !== 'cut from the machines') checks.check(`${kind}: not before the other has stopped`, ms >= HOLD_MS, ms)
  for (const box of two.boxes) box.setClock(0)
  if (kind === 'held still') await thaw(lane, token, idle)
  if (kind === 'cut from the machines') active.heal()
  await found(() => !active.runs() || undefined, 20_000, `${kind}: the lost box works on`)
  active.start()
  lane.active = spare
  lane.spare = active
}

/** It wakes up with somebody at its door. */
async function thaw({ active, checks }: Lane, token: string, { id }: SiteMachine): Promise<void> {
  const asked = active.api.unlock(id, token).catch(() => undefined)
  await pause(50)
  active.thaw()
  const answer = await asked
  checks.check('held still: it unlocks nothing when it wakes', answer?.status !== 200, answer?.body)
}

/** What each machine has made is in the ledger once. */
async function countAll({ two, active, checks }: Lane, kind: Kind): Promise<void> {
  for (const machine of two.machines) {
    const meter = await found(
      async () => {
        const { producedUnits } = await machine.simulator.judge()
        const seen = await active.api.meter(unitMeter(machine))
        return seen.total === String(producedUnits) ? seen : undefined
      },
      15_000,
      `${kind}: ${machine.id} is not counted`,
    ).catch((error: Error) => error.message)
    checks.check(`${kind}: every unit once`, typeof meter === 'object' && meter.conserved, meter)
  }
}

/** One log tells of everything that the PLCs obeyed, and of everything that was answered. */
async function judgeAll({ two, active, checks, told }: Lane): Promise<void> {
  const entries = await active.api.entries()
  checks.check(
    'the log has no hole',
    entries.every(({ seq }, index) => seq === index),
  )
  const confirmed = new Set(entries.flatMap(({ kind, session }) => (kind === 'UnlockConfirmed' ? [session] : [])))
  checks.check(
    'what was answered is in it',
    told.every((session) => confirmed.has(session)),
  )
  for (const { id, simulator } of two.machines) {
    const intended = entries.flatMap(({ kind, machine, data }) =>
      kind === 'UnlockIntended' && machine === id ? [String(data.token)] : [],
    )
    checks.check(`${id}: no fencing token is given twice`, new Set(intended).size === intended.length)
    const obeyed = (await simulator.judge()).accepted.filter(({ command }) => command === ENABLE)
    const strange = obeyed.filter(({ token }) => !intended.includes(String(token)))
    checks.check(`${id}: it obeyed nobody else`, strange.length === 0, strange)
    const rising = obeyed.every(({ token }, index) => index === 0 || token > obeyed[index - 1]!.token)
    checks.check(`${id}: one owner after the other`, rising, obeyed)
  }
}
