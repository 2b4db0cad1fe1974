/** The log of a machine of the virtual world: real entries of the real core, at random but by a seed. */
import { createWorld, MACHINE } from '../../../support/world.ts'
import { createLog, type Log } from './log.ts'
import { random } from './random.ts'

export function worldLog(seed: number, steps: number): Log {
  const next = random(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!
  const world = createWorld()
  world.run(1000)
  world.putBookings([world.booking('b1', { endMs: world.booking().startMs + 24 * 3_600_000 })])
  world.operator(true)
  const actions: (() => void)[] = [
    () => void world.unlock(),
    () => void world.unlock(),
    () => void world.end(),
    () => void world.resume(),
    () => world.operator(next() < 0.8),
    () => world.rebootPlc(),
    () => world.resetCounter(Math.floor(next() * 3)),
    () => world.freezePlc(Math.floor(next() * 12_000)),
    () => {
      world.link.up = !world.link.up
    },
    () => {
      world.link.up = true
    },
    () => world.happen({ kind: 'emergency-stop', pressed: next() < 0.4 }),
    () => world.happen({ kind: 'mode', mode: pick(['local', 'remote', 'remote']) }),
    () => world.stepClock(Math.floor((next() - 0.5) * 100_000)),
    () => {
      world.kill()
      world.run(Math.floor(next() * 8000))
      world.start()
    },
  ]
  for (let step = 0; step < steps; step++) {
    if (next() < 0.6) pick(actions)()
    world.run(Math.floor(next() * 20_000))
    if (next() < 0.05) world.run(900_000)
  }
  world.link.up = true
  world.run(20_000)

  const log = createLog('hall', 'hall/7c1e', new Set([MACHINE]))
  const at = world.durable.entries[0]!.at
  log.append({ kind: 'GatewayStarted', version: 1, at, data: { version: '1.0.0', node: 'v24', fencingId: 3 } })
  log.append({
    kind: 'ConfigurationApplied',
    version: 1,
    at,
    data: { configurationId: 'c0ffee', machines: 1, links: 1 },
  })
  for (const entry of world.durable.entries) log.append(entry)
  return log
}
