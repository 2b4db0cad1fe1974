/**
 * A thousand gateways with ten thousand machines come and go, and what the roll-up says is free is what is free, at
 * every second, but for the delay it states. Then its parts are killed one after the other, and in the end it begins
 * from nothing.
 * Read next: fleet/stage.ts, fleet/judging.ts; simulators/rollup/README.md (what is stated).
 */
import { FIND } from '../../../simulators/rollup/store.ts'
import { goFirst, nowMs, pause } from '../../support/proof.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'
import { breakings, startRubbish } from './fleet/breaking.ts'
import { type Form, judgeRound, type Round } from './fleet/judging.ts'
import { look, ratesBetween } from './fleet/rates.ts'
import { checkReal, startReal } from './fleet/real.ts'
import { type Rollup, type Size, type Stage, startStage } from './fleet/stage.ts'

type Pace = Size & { readonly forMs: number; readonly breakings: number }
const FULL: Pace = { gateways: 1_000, machines: 10, heartbeatMs: 5_000, lifeMs: 200_000, forMs: 600_000, breakings: 4 }
const QUICK: Pace = { gateways: 50, machines: 10, heartbeatMs: 1_000, lifeMs: 20_000, forMs: 3_000, breakings: 0 }
const SEED = 13
/** From a stop of anything until everything is known again. */
const FULL_AGAIN_MS = 60_000
const AGAIN_MS = 200

export const fleet: Item = {
  name: 'fleet',
  async run(run) {
    goFirst()
    const { scope, say, quick } = run
    const pace = quick ? QUICK : FULL
    const checks = createChecks(say)
    const stage = await startStage(scope, pace, SEED)
    const real = await startReal(scope, stage.broker.url)
    const [first, second] = [await stage.startRollup([real.address], real.tokens), await stage.startRollup()]
    await startRubbish(scope, stage.broker.url)
    const [filledMs] = await until(stage, first)
    say(`${pace.gateways} gateways are known after ${seconds(filledMs)} s`)
    const realS = await checkReal(real, first.url, checks)
    say(`a real gateway: free, booked and dead after ${realS.map((each) => each.toFixed(1)).join(', ')} s`)
    const calm = await watch(run, stage, first, pace.forMs, checks)
    const speed = await explain(stage, pace.gateways * pace.machines)
    checks.check('nothing of the rubbish is a machine that is free', speed.strangers === 0, speed.strangers)
    const [writes, standsBy] = await breakAll(run, stage, [first, second], pace.breakings, checks)
    const rebuiltMs = await rebuild(stage, [writes, standsBy], checks)
    return checks.verdict(
      `${calm.seconds} s, ${calm.named} named: ${calm.wrong} wrong, ${calm.missing} missing; asked in ${calm.p50.toFixed(0)} ms, ` +
        `p99 ${calm.p99.toFixed(0)}, of it PostgreSQL ${speed.ms.toFixed(1)} ms; from nothing ${seconds(rebuiltMs)} s`,
    )
  },
}

/** Every machine, once a second, in two forms that take turns. */
async function watch({ say }: Run, stage: Stage, rollup: Rollup, forMs: number, checks: Checks) {
  const [beganMs, before] = [nowMs(), await look(stage, rollup)]
  const rounds: Round[] = []
  while (nowMs() - beganMs < forMs) {
    const roundMs = nowMs()
    const round = await judgeRound(rollup.url, stage.fleetUrl, formOf(rounds.length))
    rounds.push(round)
    if (round.missing.length + round.wrong.length > 0)
      say(`second ${rounds.length}: missing ${round.missing.slice(0, 3)}, wrong ${round.wrong.slice(0, 3)}`)
    await pause(1_000 - (nowMs() - roundMs))
  }
  say(`rates: ${JSON.stringify(ratesBetween(before, await look(stage, rollup)))}`)
  const [wrong, missing] = [rounds.flatMap((round) => round.wrong), rounds.flatMap((round) => round.missing)]
  const tookMs = rounds.flatMap((round) => round.tookMs).sort((one, other) => one - other)
  checks.check('nothing is named that is not free', wrong.length === 0, wrong.slice(0, 9))
  checks.check('all is named that is free', missing.length === 0, missing.slice(0, 9))
  checks.check(
    'every question is answered',
    rounds.every(({ unanswered }) => unanswered === 0),
  )
  checks.check('every second is judged', rounds.length > (forMs / 1_000) * 0.9, rounds.length)
  const named = rounds.reduce((sum, round) => sum + round.named, 0)
  const counted = { seconds: rounds.length, named, wrong: wrong.length, missing: missing.length }
  return { ...counted, p50: part(tookMs, 0.5), p99: part(tookMs, 0.99) }
}

/** While something is broken, machines may be missing; none may be named that is not free. */
async function breakAll(
  { say }: Run,
  stage: Stage,
  rollups: readonly [Rollup, Rollup],
  count: number,
  checks: Checks,
): Promise<readonly [Rollup, Rollup]> {
  let [writes, standsBy] = rollups
  for (const { name, run } of breakings.slice(0, count)) {
    const beganMs = nowMs()
    const broken = run(stage, writes, standsBy)
    const [wrong, after] = await Promise.all([watchBroken(stage, standsBy, broken), broken])
    ;[writes, standsBy] = after
    const [tookMs, more] = await until(stage, writes)
    say(`${name}: all is known ${seconds(nowMs() - beganMs)} s after, ${seconds(tookMs)} s after it was mended`)
    checks.check(`${name}: nothing wrong is said`, wrong.length + more.length === 0, [...wrong, ...more].slice(0, 9))
    checks.check(`${name}: all is known again`, tookMs < FULL_AGAIN_MS, tookMs)
  }
  return [writes, standsBy]
}

async function watchBroken(stage: Stage, rollup: Rollup, broken: Promise<unknown>): Promise<string[]> {
  const wrong: string[] = []
  let isMended = false
  void broken.finally(() => {
    isMended = true
  })
  while (!isMended) {
    wrong.push(...(await judgeRound(rollup.url, stage.fleetUrl, 'now')).wrong)
    await pause(AGAIN_MS)
  }
  return wrong
}

/** Both roll-ups and both tables are gone. How long until every answer is whole. */
async function rebuild(stage: Stage, rollups: readonly Rollup[], checks: Checks): Promise<number> {
  for (const { process } of rollups) await process.kill()
  await stage.sql('drop table machine_state, gateway, rollup')
  const beganMs = nowMs()
  const [, wrong] = await until(stage, await stage.startRollup())
  checks.check('from nothing: nothing wrong is said', wrong.length === 0, wrong.slice(0, 9))
  return nowMs() - beganMs
}

/** Until nothing is missing, in both forms; how long that took, and what was said that is wrong. */
async function until(stage: Stage, rollup: Rollup): Promise<readonly [tookMs: number, wrong: string[]]> {
  const beganMs = nowMs()
  const wrong: string[] = []
  for (let whole = 0; whole < 2 && nowMs() - beganMs < FULL_AGAIN_MS; ) {
    const round = await judgeRound(rollup.url, stage.fleetUrl, formOf(whole))
    wrong.push(...round.wrong)
    whole = round.named > 0 && round.missing.length + round.unanswered === 0 ? whole + 1 : 0
    if (whole === 0) await pause(AGAIN_MS)
  }
  return [nowMs() - beganMs, wrong]
}

/** The question itself, by PostgreSQL's own account. */
async function explain({ sql }: Stage, machines: number) {
  const values = ['laser', 48.14, 11.58, 20_000, new Date(Date.now() + 10_800_000), 120, 100]
  const [row] = await sql<{ 'QUERY PLAN': readonly { readonly 'Execution Time': number }[] }>(
    `explain (analyze, format json) ${FIND}`,
    values,
  )
  const [count] = await sql<{ strangers: number }>(
    `select (count(*) - least(count(*), $1 + 1))::int as strangers from machine_state where kind is not null`,
    [machines],
  )
  return { ms: row!['QUERY PLAN'][0]!['Execution Time'], strangers: count!.strangers }
}

const formOf = (turn: number): Form => (turn % 2 === 0 ? 'now' : 'later')
const seconds = (ms: number) => (ms / 1000).toFixed(1)
const part = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
