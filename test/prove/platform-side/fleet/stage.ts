/**
 * A fleet of simulated gateways, a real broker, a real PostgreSQL and roll-ups between them, as processes.
 * Read next: judging.ts (what their answers are held against).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { type Mosquitto, startMosquitto } from '../../../support/mosquitto.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.ts'
import { startProcess, type TestProcess } from '../../../support/process.ts'
import type { Scope } from '../../../support/proof.ts'

export type Size = {
  readonly gateways: number
  readonly machines: number
  readonly heartbeatMs: number
  readonly lifeMs: number
}

export type Address = { readonly site: string; readonly gateway: number; readonly url: string }

export type Rollup = { readonly process: TestProcess; readonly url: string }

export type Stage = {
  readonly broker: Mosquitto
  readonly database: Postgres
  readonly fleet: TestProcess
  readonly fleetUrl: string
  /** `beside`: gateways that are no simulated ones, and who gives tokens for them. */
  startRollup(beside?: readonly Address[], tokens?: string): Promise<Rollup>
  /** SQL on a connection of its own. */
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** More than a fleet of this size has under way at a time. */
const BROKER = ['max_inflight_messages 1000']

export async function startStage(scope: Scope, size: Size, seed: number): Promise<Stage> {
  const [broker, database] = await Promise.all([startMosquitto({ config: BROKER }), startPostgres()])
  scope.defer(() => broker.remove())
  scope.defer(() => database.remove())
  const { process: fleet, ready } = await startFleet(scope, size, seed, ['--broker', broker.url])
  const addresses = ready.sites.map((site) => ({ site, gateway: 0, url: `${ready.url}/${site}` }))
  let rollups = 0
  return {
    ...{ broker, database, fleet, fleetUrl: ready.url },
    async startRollup(beside = [], tokens) {
      const file = join(scope.folder, `gateways-${rollups++}.json`)
      writeFileSync(file, JSON.stringify([...addresses, ...beside]))
      const args = ['--broker', broker.url, '--database', database.url, '--gateways', file]
      const process = startSimulator('rollup', [...args, ...(tokens === undefined ? [] : ['--tokens', tokens])])
      scope.defer(() => process.kill())
      return { process, url: (await process.ready<{ url: string }>()).url }
    },
    async sql<Row extends object>(text: string, values: readonly unknown[] = []) {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      try {
        return (await client.query<Row>(text, [...values])).rows
      } finally {
        await client.end()
      }
    },
  }
}

export async function startFleet(scope: Scope, size: Size, seed: number, more: readonly string[]) {
  const args = [
    ...['--gateways', String(size.gateways), '--machines', String(size.machines), '--seed', String(seed)],
    ...['--heartbeat', String(size.heartbeatMs), '--life', String(size.lifeMs), ...more],
  ]
  const process = startSimulator('fleet', args)
  scope.defer(() => process.kill())
  return { process, ready: await process.ready<{ url: string; sites: string[] }>() }
}

function startSimulator(name: string, args: readonly string[]): TestProcess {
  const file = join(import.meta.dirname, '../../../../simulators', `${name}.ts`)
  return startProcess(process.execPath, [file, ...args])
}
