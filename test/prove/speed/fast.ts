/**
 * Machines in C that are read fast beside those of a plant (test/bench/bare/machines.c), and what the gateway counts of
 * their samples. Read next: overload.ts, away.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requirePackages, startC } from '../../bench/program.ts'
import type { PlantOptions } from '../../support/gateway-plant.ts'
import { found, pause, type Scope } from '../../support/proof.ts'

export type Fast = {
  /** For the site file. */
  readonly beside: NonNullable<PlantOptions['beside']>
  /** Samples a second, if every poll is on time. */
  readonly rate: number
  /** They are gone. */
  end(): Promise<void>
}

/** What became of the samples that were taken; of one sink. */
export type Account = {
  readonly taken: number
  readonly delivered: number
  readonly waiting: number
  readonly dropped: number
  readonly reasons: Readonly<Record<string, number>>
}

const PROFILE = 'fast-machine'
const QUIET_MS = 1500

export type FastOptions = {
  readonly machines: number
  /** Of each machine, and signals that each of them is read into: more samples for as many requests. */
  readonly floats: number
  readonly signalsEach?: number
  readonly pollMs: number
}

/** The profile goes beside the site file of the plant, which is in the folder of the scope. */
export async function startFast(scope: Scope, options: FastOptions): Promise<Fast> {
  const { machines, floats, signalsEach = 1, pollMs } = options
  requirePackages()
  const shop = await startC(scope, 'machines', machines, floats)
  mkdirSync(join(scope.folder, 'profiles'), { recursive: true })
  writeFileSync(join(scope.folder, 'profiles', `${PROFILE}.yaml`), JSON.stringify(profile(floats, signalsEach, pollMs)))
  const ids = (shop.ready.ports as number[]).map((port, index) => ({ id: `fast-${index + 1}`, port }))
  const link = (port: number) => ({ protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port })
  const machine = (id: string) => ({
    name: { en: id },
    owner: 'huajian',
    devices: { io: { profile: PROFILE, link: id } },
    state: 'io',
  })
  return {
    beside: {
      links: Object.fromEntries(ids.map(({ id, port }) => [id, link(port)])),
      machines: Object.fromEntries(ids.map(({ id }) => [id, machine(id)])),
    },
    rate: (machines * floats * signalsEach * 1000) / pollMs,
    end: shop.end,
  }
}

function profile(floats: number, signalsEach: number, pollMs: number): object {
  const at = (address: number, type: string) => ({ address: { table: 'holding', address, type }, poll: `${pollMs}ms` })
  const signals = Array.from({ length: floats * signalsEach }, (_, index) => {
    const float = index % floats
    return [`f${float}x${(index - float) / floats}`, at(float * 2, 'f32')] as const
  })
  return {
    profile: PROFILE,
    maker: 'Latchkey',
    model: 'machine of a proof',
    source: { document: 'test/bench/bare/machines.c', page: 'opening comment' },
    protocol: 'modbus',
    rung: 'reads',
    signals: { ...Object.fromEntries(signals), word: at(floats * 2, 'u16') },
    state: { kind: 'map', signal: 'word', states: { 2: 'NotExecuting', 3: 'Executing' } },
  }
}

/* ── what is counted ── */

export async function accountOf(url: string, sink: string): Promise<Account> {
  const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(30_000) })).text()
  const number = (line: string) => Number(text.match(new RegExp(`^${line} (\\S+)$`, 'm'))?.[1] ?? Number.NaN)
  const reasons: Record<string, number> = {}
  for (const [, reason, count] of text.matchAll(
    new RegExp(`^latchkey_sample_drops_total\\{sink="${sink}",reason="(\\w+)",signal="[^"]+"\\} (\\d+)$`, 'gm'),
  ))
    reasons[reason!] = (reasons[reason!] ?? 0) + Number(count)
  return {
    taken: number('latchkey_control_total\\{name="samples"\\}'),
    delivered: number(`latchkey_sink_samples\\{sink="${sink}"\\}`),
    waiting: number(`latchkey_sink_samples_waiting\\{sink="${sink}"\\}`),
    dropped: Object.values(reasons).reduce((sum, count) => sum + count, 0),
    reasons,
  }
}

/** Once nothing is taken any more and nothing waits. */
export function settledAccount(url: string, sink: string, withinMs: number): Promise<Account> {
  return found(
    async () => {
      const before = await accountOf(url, sink)
      await pause(QUIET_MS)
      const account = await accountOf(url, sink)
      return account.waiting === 0 && account.taken === before.taken && account.delivered === before.delivered
        ? account
        : undefined
    },
    withinMs,
    `the samples of ${sink} do not come to rest`,
  )
}

export const adds = ({ taken, delivered, waiting, dropped }: Account): boolean =>
  taken === delivered + waiting + dropped && taken > 0
