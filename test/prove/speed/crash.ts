/**
 * No entry depends on the ring of samples. The gateway is killed while samples go to the disk, the files are torn,
 * overwritten, deleted, or their folder cannot be used or is full; each time it starts, a tenant uses the machine, and
 * at the end the ledger has every entry that was answered. It is the gateway as an image has it, since it starts often.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT, buildGateway } from '../../../gateway/build.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { freePort } from '../../support/ports.ts'
import { found, type Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import { accountOf } from './fast.ts'

type Harm = { readonly name: string; do(folder: string, scope: Scope): boolean }

const files = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.samples'))
    .map((file) => join(folder, file))
const done = (work: () => unknown) => {
  work()
  return true
}

/** Each answers whether it could be done on this computer. */
const harms: readonly Harm[] = [
  { name: 'killed', do: () => true },
  { name: 'torn', do: (folder) => done(() => files(folder).map((path) => truncateSync(path, 45))) },
  {
    name: 'overwritten',
    do: (folder) => done(() => files(folder).map((path) => writeFileSync(path, 'x'.repeat(999)))),
  },
  { name: 'deleted', do: (folder) => done(() => rmSync(folder, { recursive: true })) },
  {
    name: 'a file in the place of the folder',
    do: (folder) =>
      done(() => {
        rmSync(folder, { recursive: true, force: true })
        writeFileSync(folder, '')
      }),
  },
  { name: 'a full disk', do: fullDisk },
]

export const crash: Item = {
  name: 'crash',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    await buildGateway()
    const nobody = await freePort()
    const plant = await startPlant(scope, {
      site: 'crash',
      file: join(BUILT, 'latchkey.js'),
      machines: { 'spray-booth': 1 },
      cycleMs: 300,
      autoStart: true,
      // Nobody is there, so every sample goes to the disk.
      mqtt: { url: `mqtt://127.0.0.1:${nobody}`, version: 5 },
      bounds: { reconnectMax: '1s', samplesInMemory: 1024 },
    })
    const folder = join(plant.dataDir, 'samples', 'mqtt')
    const sessions: string[] = []
    const tried: string[] = []
    const rounds = quick ? 1 : 5
    for (let round = 0; round < rounds; round += 1)
      for (const harm of harms) {
        sessions.push(await useOnce(plant))
        if (sessions.length === 1) await onDisk(plant, folder)
        await plant.gateway.kill()
        unmount(folder)
        if (!harm.do(folder, scope)) {
          say(`${harm.name}: cannot be done here`)
          await plant.gateway.start()
          continue
        }
        tried.push(harm.name)
        await plant.gateway.start()
        await plant.api.untilMachine(
          plant.machines[0]!.id,
          ({ availability }) => availability.state !== 'Unknown',
          30_000,
        )
        say(`${harm.name}: it runs again`)
      }
    sessions.push(await useOnce(plant))
    const entries = await plant.api.entries()
    checks.check(
      'the ledger has no hole',
      entries.every(({ seq }, index) => seq === index),
    )
    for (const session of sessions) {
      const kinds = entries.filter((entry) => entry.session === session).map(({ kind }) => kind)
      const whole = ['UnlockIntended', 'UnlockConfirmed', 'SessionEnded'].every((kind) => kinds.includes(kind))
      checks.check('a session that was answered is whole', whole, kinds)
    }
    const { producedUnits } = await plant.machines[0]!.simulator.judge()
    const used = entries
      .filter(({ kind }) => kind === 'SessionEnded')
      .reduce((sum, { data }) => sum + unitsOf(data.use, plant.machines[0]!.unitMeter), 0)
    checks.check('every unit is in a session', used === producedUnits, [used, producedUnits])
    return checks.verdict(`${tried.length} kills (${[...new Set(tried)].join(', ')}), ${sessions.length} sessions`)
  },
}

async function useOnce({ api, machines }: Plant): Promise<string> {
  const { id, token, simulator } = machines[0]!
  const before = (await simulator.judge()).producedUnits
  const session = await api.unlocked(id, await token())
  const worked = async () => (await simulator.judge()).producedUnits > before || undefined
  await found(worked, 10_000, 'nothing is made')
  await api.ended(session.id)
  return session.id
}

async function onDisk({ api }: Plant, folder: string): Promise<void> {
  const there = async () => ((await accountOf(api.url, 'mqtt')).waiting > 0 && files(folder).length > 0) || undefined
  await found(there, 20_000, 'no samples are on disk')
}

const unitsOf = (use: unknown, meter: string): number =>
  Number((use as { meter: string; quantity: string }[]).find((line) => line.meter === meter)?.quantity ?? 0)

/** A file system of a few pages in the place of the folder. Only root may. */
function fullDisk(folder: string, scope: Scope): boolean {
  try {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder], { stdio: 'ignore' })
    scope.defer(() => unmount(folder))
    writeFileSync(join(folder, 'full'), 'x'.repeat(4096))
    return true
  } catch {
    return false
  }
}

function unmount(folder: string): void {
  try {
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
  } catch {
    // Nothing is mounted there.
  }
}
