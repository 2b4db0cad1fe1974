/** Meters served by pymodbus, a process of its own: see test/support/pymodbus-meters.py. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../../support/ports.ts'
import type { Scope } from '../../../support/proof.ts'
import type { Cell, StrangerMap } from './map.ts'

export type Meters = {
  readonly port: number
  /** Resolves when the registers hold it. */
  set(unit: number, cells: readonly Cell[]): Promise<void>
}

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'support', 'pymodbus-meters.py')

/** `maps` by unit, from 1. */
export async function startMeters(scope: Scope, maps: readonly StrangerMap[]): Promise<Meters> {
  const port = await freePort()
  const child = spawn('/usr/bin/python3', ['-B', SCRIPT, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  scope.defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const say = async (line: object) => {
    child.stdin.write(`${JSON.stringify(line)}\n`)
    if ((await lines.next()).done) throw new Error('pymodbus has ended')
  }
  await say({ units: Object.fromEntries(maps.map(({ ranges }, at) => [at + 1, ranges])) })
  return { port, set: (unit, cells) => say({ unit, set: cells }) }
}
