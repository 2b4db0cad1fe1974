/**
 * Generated lives in which a clock is wrong for a while: ahead or behind at boot, a step either way, a dead battery, a
 * time source that comes late. Once the clock is right, no rule may be broken: no booking has ended or been released
 * before its time, the clock is trusted unless it was believed while it was wrong, and a new tenant is let in. Where
 * nobody asked for anything meanwhile, all is as in a twin whose clock was right. Each kind must have come about.
 * Read next: test/simulate/access/clock-kinds.ts, test/simulate/access/twins.ts.
 */
import { availableParallelism } from 'node:os'
import { clockKinds } from '../../simulate/access/clock-kinds.ts'
import { playLives } from '../../simulate/access/lives.ts'
import type { Item } from '../item.ts'

/** About one life in three has a wrong clock. */
const SEEDS = 30_000
const QUICK_SEEDS = 120
const SAID_EVERY_MS = 10_000

export const clocks: Item = {
  name: 'clocks',
  async run({ quick, say }) {
    const seeds = quick ? QUICK_SEEDS : SEEDS
    const least = seeds / 4
    let saidMs = 0
    const asked = { runs: seeds, from: 0, jobs: Math.min(2, availableParallelism()), clocks: true }
    const { runs, failed, faults, happened } = await playLives(asked, (so) => {
      for (const { seed, fault } of so.news) say(`seed ${seed}: ${fault}`)
      if (so.ms - saidMs < SAID_EVERY_MS) return
      saidMs = so.ms
      say(`${so.runs} lives with a wrong clock, ${so.perSecond} a second, ${so.failed} broke a rule`)
    })
    const times = clockKinds.map((kind) => [kind, happened[`clock: ${kind}`] ?? 0] as const)
    const never = times.flatMap(([kind, count]) => (count === 0 ? [kind] : []))
    say(times.map(([kind, count]) => `${kind} ${count}`).join(', '))
    return {
      figure: `${runs} lives, ${clockKinds.length - never.length} of ${clockKinds.length} kinds of wrong clocks, each with a twin: ${failed} faults`,
      aim: `${least} lives, every kind, 0 faults`,
      ok: runs >= least && failed === 0 && never.length === 0,
      notes: [
        ...faults.map(({ seed, fault }) => `seed ${seed}: ${fault}`),
        ...never.map((kind) => `never came about: ${kind}`),
      ],
    }
  },
}
