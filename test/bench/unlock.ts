/**
 * From the request of an unlock to the answer that it was read back: `unlock_p50` and `unlock_p99`. Held against three
 * round trips to a booth of the same kind and two durable commits, one such step after each unlock. What a booth keeps
 * is in memory, as a PLC has it: on disk it would wait for a flush before it shows an enable, and only ours enables it.
 * Read next: bare/unlock-steps.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT } from '../../gateway/build.ts'
import { type Plant, startPlant } from '../support/gateway-plant.ts'
import { startMachine } from '../support/simulators.ts'
import { quantile } from './measure.ts'
import { type Aim, atMost, type Bench, compare, type Figure, type Group, type Pair } from './pair.ts'
import { type Program, startBare } from './program.ts'

const UNLOCKS = 200
const QUICK_UNLOCKS = 20
/** In turn, so that one is unlocked while the others end their sessions. */
const BOOTHS = 8
const UP_MS = 15_000

type Step = { readonly ours: number; readonly bare: number }

export const unlock: Group = {
  keys: ['unlock_p50', 'unlock_p99'],
  async run(bench, wanted) {
    const { scope, quick } = bench
    const keptIn = mkdtempSync('/dev/shm/latchkey-bench-')
    scope.defer(() => rmSync(keptIn, { recursive: true }))
    const file = join(BUILT, 'latchkey.js')
    const plant = await startPlant(scope, { site: 'bench-unlock', machines: { 'spray-booth': BOOTHS }, keptIn, file })
    const booth = await startMachine(scope, 'spray-booth', { name: 'bare-booth', keptIn })
    const database = join(scope.folder, 'unlock.sqlite')
    const bare = await startBare(scope, 'unlock-steps', { port: booth.modbusPort, database })
    const steps: Step[] = []
    const count = quick ? QUICK_UNLOCKS : UNLOCKS
    while (steps.length < count) {
      steps.push({ ours: await unlocked(plant, steps.length), bare: await stepped(bare) })
      if (steps.length % BOOTHS === 0) bench.say(`${steps.length} of ${count} unlocks`)
    }
    return [
      figure(bench, 'unlock_p50', steps, 0.5, atMost(1.5)),
      figure(bench, 'unlock_p99', steps, 0.99, atMost(2.0)),
    ].filter(({ key }) => wanted.has(key))
  },
}

/** Milliseconds of an unlock; its session is ended without waiting for that. */
async function unlocked({ api, machines }: Plant, index: number): Promise<number> {
  const machine = machines[index % BOOTHS]!
  const token = await machine.token()
  // Reserved is for the booking of this very tenant.
  await api.untilMachine(
    machine.id,
    ({ access, availability: { state } }) => access === 'Locked' && (state === 'Available' || state === 'Reserved'),
    UP_MS,
  )
  const began = performance.now()
  const session = await api.unlocked(machine.id, token)
  const took = performance.now() - began
  await api.end(session.id)
  return took
}

async function stepped(bare: Program): Promise<number> {
  return (await bare.ask<{ ms: number }>('step')).ms
}

/** The quantile of all steps is in a note; that of each part, one after the other, makes the pairs. */
function figure({ pairs: parts }: Bench, key: string, steps: readonly Step[], share: number, aim: Aim): Figure {
  const size = Math.ceil(steps.length / parts)
  const of = (part: readonly Step[]): Pair => ({
    ours: quantile(
      part.map(({ ours }) => ours),
      share,
    ),
    bare: quantile(
      part.map(({ bare }) => bare),
      share,
    ),
  })
  const pairs = Array.from({ length: parts }, (_, part) => of(steps.slice(part * size, (part + 1) * size)))
  const whole = of(steps)
  const note = `of all ${steps.length}: ${whole.ours!.toFixed(1)} ms by ${whole.bare!.toFixed(1)} ms`
  return compare(key, 'ms', pairs, aim, { notes: [note] })
}
