/** VictoriaMetrics as another store for the same lines, through both of the write APIs that it knows. */
import { metered, range } from '../../front/sinks/ledger.ts'
import { freePort } from '../../support/ports.ts'
import { startProcess, until } from '../../support/process.ts'
import type { Scope } from '../../support/proof.ts'
import { commandPath } from '../../support/real.ts'
import { createChecks, type Item } from '../item.ts'
import { startInfluxSink, untilStatus } from './influx-sink.ts'

const APIS = [
  { version: 1, database: 'latchkey', machine: 'saw-1' },
  { version: 2, database: 'latchkey', organisation: 'shop', token: 'any', machine: 'saw-2' },
] as const

export const victoria: Item = {
  name: 'victoria',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const count = quick ? 500 : 20_000
    const url = await startVictoria(scope)
    for (const { machine, ...more } of APIS) {
      const { ledger, handle } = await startInfluxSink(scope, { url, ...more })
      await ledger.commit(...range(0, count).map((n) => metered(n, machine)))
      const { parked } = await untilStatus(handle, ({ backlog }) => backlog === 0)
      checks.check(`version ${more.version}: nothing is set aside`, parked === 0, parked)
      const stored = async () => new Set(await totalsOf(url, machine)).size
      const hasAll = await comesTrue(async () => (await stored()) === count)
      checks.check(`version ${more.version}: all ${count} totals are there`, hasAll, await stored())
    }
    return checks.verdict(`${APIS.length * count} points`)
  },
}

async function startVictoria(scope: Scope): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`
  const { kill } = startProcess(commandPath('victoria-metrics'), [
    `-httpListenAddr=${address}`,
    `-storageDataPath=${scope.folder}/victoria`,
  ])
  scope.defer(() => kill('SIGKILL'))
  const url = `http://${address}`
  const isUp = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(isUp, 20_000, 'VictoriaMetrics does not answer')
  return url
}

/** What was taken is found a little later. */
const comesTrue = (check: () => Promise<boolean>) =>
  until(check, 10_000, '').then(
    () => true,
    () => false,
  )

async function totalsOf(url: string, machine: string): Promise<number[]> {
  const match = new URLSearchParams({ 'match[]': `meter_total{machine="${machine}",origin="ledger"}` })
  const lines = await (await fetch(`${url}/api/v1/export?${match}`)).text()
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as { values: number[] }).values)
}
