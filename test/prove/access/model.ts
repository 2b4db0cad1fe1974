/**
 * Generated lives of a machine with one or two gateways, held against a reference model: bookings, unlocks, cuts,
 * kills, pauses, clock steps, strangers, people. No rule may be broken, and every case must have come about. Then the
 * core is broken on purpose, some thirty ways: each must be found.
 */
import { availableParallelism } from 'node:os'
import { playLives } from '../../simulate/access/lives.ts'
import { mutants, playMutant } from '../../simulate/access/mutants.ts'
import { ENOUGH_LIVES, missing as neverReached } from '../../simulate/access/reached.ts'
import type { Item } from '../item.ts'

const LIVES = 100_000
const QUICK_LIVES = 100
const MUTANT_LIVES = 10_000
const SAID_EVERY_MS = 10_000

export const model: Item = {
  name: 'model',
  async run({ quick, say }) {
    const runs = quick ? QUICK_LIVES : LIVES
    const jobs = Math.min(2, availableParallelism())
    let saidMs = 0
    const lives = await playLives({ runs, from: 0, jobs }, (so) => {
      if (so.ms - saidMs < SAID_EVERY_MS) return
      saidMs = so.ms
      say(`${so.runs} of ${runs} lives, ${so.perSecond} a second, ${so.failed} broke a rule`)
    })
    const missed: string[] = []
    const tried = quick ? mutants.slice(1, 2) : mutants
    for (const mutant of tried) {
      const found = await playMutant(mutant, MUTANT_LIVES)
      say(found === undefined ? `not found: ${mutant.name}` : `${mutant.name}: life ${found.runs}, ${found.fault}`)
      if (found === undefined) missed.push(mutant.name)
    }
    const { happened } = lives
    const vacuous = runs < ENOUGH_LIVES ? [] : neverReached(happened)
    return {
      figure: `${lives.runs} lives of ${Math.round(lives.virtualMs / 3_600_000)} h, ${happened.on ?? 0} unlocks, ${lives.failed} faults; ${tried.length - missed.length} of ${tried.length} broken cores found`,
      aim: `${runs}: 0 faults, every case come to; each broken core within ${MUTANT_LIVES} lives`,
      ok: lives.runs >= runs && lives.failed === 0 && missed.length === 0 && vacuous.length === 0,
      notes: [
        ...lives.faults.map(({ seed, fault }) => `seed ${seed}: ${fault}`),
        ...missed.map((name) => `not found: ${name}`),
        ...vacuous.map((name) => `never came about: ${name}`),
      ],
    }
  },
}
