/**
 * An attack on a gateway that runs as a process: one machine, one tenant who unlocks and ends it all the while, and
 * somebody who has no credential. Says what it did to the tenant, to the heartbeats, to memory and to the ledger.
 *
 *   node test/field/attacks/<attack>.ts [--seconds 60] [--slow-ms 1000]
 *
 * Prints one JSON line; exit code 1 when an aim was missed. Everything stays on loopback.
 * Read next: slow-readers.ts, pin-guesses.ts, denials.ts (the attacks), support/gateway-plant.ts (the plant).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { createScope, pause } from '../../support/proof.ts'

export type Attack = {
  readonly name: string
  /** Before the attack begins. */
  prepare?(plant: Plant): Promise<void>
  /** Works until `signal` is aborted; answers with how much it did. */
  run(plant: Plant, signal: AbortSignal): Promise<number>
  /** Entries of denials that it may leave behind. */
  readonly mostDenials: number
}

/** Growth that is allowed, MiB: 1,100 connections, four answers on each, 64 KiB of each read ahead, and a margin. */
const MOST_GROWTH_MIB = 400
const BETWEEN_ROUNDS_MS = 500

export async function prove(attack: Attack): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, 'slow-ms': { type: 'string', default: '1000' } },
  })
  const scope = createScope('attack')
  try {
    const plant = await startPlant(scope, { site: 'attacked', machines: { 'spray-booth': 1 } })
    await attack.prepare?.(plant)
    const stop = new AbortController()
    const before = rssMib(plant)
    const attacking = attack.run(plant, stop.signal)
    const times = await useMachine(plant, Number(values.seconds) * 1000)
    const growthMib = Math.round(rssMib(plant) - before)
    stop.abort()
    const attempts = await attacking
    const entries = await plant.api.entries()
    const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length
    const figures = {
      attack: attack.name,
      attempts,
      rounds: times.length,
      p99Ms: p99(times),
      growthMib,
      starts: count('GatewayStarted'),
      suspended: count('SessionSuspended'),
      denials: count('AccessDenied'),
    }
    const ok =
      attempts > 0 &&
      times.length > 0 &&
      figures.p99Ms <= Number(values['slow-ms']) &&
      growthMib <= MOST_GROWTH_MIB &&
      figures.starts === 1 &&
      figures.suspended === 0 &&
      figures.denials <= attack.mostDenials
    console.log(JSON.stringify({ ...figures, ok }))
    process.exitCode = ok ? 0 : 1
  } finally {
    await scope.close()
  }
}

/** Unlocks and ends for so long; how long each call took. A call that fails ends the proof. */
async function useMachine({ api, machine }: Plant, forMs: number): Promise<number[]> {
  const booth = machine('booth-1')
  const times: number[] = []
  const timed = async (path: string) => {
    const began = performance.now()
    const { status, body } = await api.call<{ id: string }>('POST', path, { token: await booth.token(), body: {} })
    times.push(Math.round(performance.now() - began))
    if (status !== 200) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`)
    return body.id
  }
  for (const endAt = performance.now() + forMs; performance.now() < endAt; ) {
    const session = await timed('/machines/booth-1/unlock')
    await pause(BETWEEN_ROUNDS_MS)
    await timed(`/sessions/${session}/end`)
    await api.untilSession(session, ({ status }) => status === 'ended', 20_000)
    await api.untilMachine('booth-1', ({ access }) => access === 'Locked', 20_000)
  }
  return times
}

/** Resident memory of the gateway, from the kernel. */
function rssMib({ gateway }: Plant): number {
  const isGateway = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(gateway.sitePath)
    } catch {
      return false
    }
  }
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isGateway(name))
  if (pid === undefined) throw new Error(`the gateway is gone: ${gateway.output()}`)
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

const p99 = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? 0
