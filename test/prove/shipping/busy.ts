/**
 * A real hour of a busy site: tenants come and go at four machines, a broker takes everything, somebody reads all the
 * time. After a quarter of an hour, when all is warm, memory and handles stay where they are, and ledger and samples
 * grow by what is in them and no more.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { nowMs, pause, randomBetween } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

const HOUR_MS = 3_600_000
const LOOK_MS = 30_000
/** Of the hour; before it everything is still warming up. */
const WARM = 0.25
/** What the middle of the last looks may be above that of the first, and what an entry may cost. */
const AIMS = { memoryMib: 32, handles: 8, bytesPerEntry: 4096 } as const

type Look = { readonly memoryMib: number; readonly handles: number; readonly bytes: number; readonly entries: number }

export const busy: Item = {
  name: 'busy',
  fullOnly: true,
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const broker = await startMosquitto()
    scope.defer(() => broker.remove())
    const plant = await startPlant(scope, {
      site: 'busy',
      machines: { 'spray-booth': 4 },
      cycleMs: 250,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const endMs = nowMs() + (quick ? HOUR_MS / 60 : HOUR_MS)
    const uses = { count: 0 }
    const working = [...plant.machines.map(({ id }) => tenants(plant, id, endMs, uses)), reader(plant, endMs)]
    const looks: Look[] = []
    for (let round = 0; nowMs() < endMs; round += 1) {
      looks.push(await look(plant))
      if (round % 10 === 0) say(JSON.stringify(looks.at(-1)))
      await pause(quick ? LOOK_MS / 15 : LOOK_MS)
    }
    await Promise.all(working)
    const warm = looks.slice(Math.floor(looks.length * WARM))
    const grown = (of: (look: Look) => number) => {
      const third = Math.ceil(warm.length / 3)
      return middle(warm.slice(-third).map(of)) - middle(warm.slice(0, third).map(of))
    }
    const memory = grown(({ memoryMib }) => memoryMib)
    const handles = grown(({ handles }) => handles)
    const [first, last] = [warm[0]!, warm.at(-1)!]
    const perEntry = (last.bytes - first.bytes) / Math.max(1, last.entries - first.entries)
    checks.check(`memory grows by ${AIMS.memoryMib} MiB at most`, memory <= AIMS.memoryMib, memory)
    checks.check(`handles grow by ${AIMS.handles} at most`, handles <= AIMS.handles, handles)
    checks.check(`an entry costs ${AIMS.bytesPerEntry} bytes at most`, perEntry <= AIMS.bytesPerEntry, perEntry)
    return checks.verdict(
      `${uses.count} uses; ${memory.toFixed(1)} MiB, ${handles} handles, ${Math.round(perEntry)} B an entry`,
    )
  },
}

async function tenants(plant: Plant, id: string, endMs: number, uses: { count: number }): Promise<void> {
  const { api, machine, platform } = plant
  // One booking for all of it, with time to spare.
  const booking = { ...machine(id).booking, end: new Date(Date.now() + 3 * HOUR_MS).toISOString() }
  while (nowMs() < endMs) {
    const session = await api.unlocked(id, await platform.token(booking))
    await pause(randomBetween(500, 4000))
    await api.ended(session.id)
    uses.count += 1
  }
}

async function reader({ api }: Plant, endMs: number): Promise<void> {
  while (nowMs() < endMs) {
    await api.entries(Math.max(0, (await api.head()) - 100))
    await fetch(`${api.url}/metrics`).then((answer) => answer.text())
    await pause(200)
  }
}

async function look({ api, gateway, dataDir }: Plant): Promise<Look> {
  const status = readFileSync(`/proc/${gateway.pid()}/status`, 'utf8')
  return {
    memoryMib: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    handles: readdirSync(`/proc/${gateway.pid()}/fd`).length,
    bytes: sizeOf(dataDir),
    entries: await api.head(),
  }
}

const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
    .reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0)

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
