/** A machine that uses a profile that comes with the gateway, alone on a Modbus link. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openProfile } from '../../config/catalogue.ts'
import { loadSite } from '../../config/load.ts'
import type { MachineConfig } from '../../gateway/core/ground/config.ts'
import { temporaryFolder } from './folder.ts'

const profiles = join(import.meta.dirname, '..', '..', 'config', 'profiles')

type Shown = Readonly<Record<string, { readonly address?: { readonly type: string } }>>

/** One that has no rule of its own runs by its first signal. `interlock`: the class in which it is unlocked. */
export function profileMachine(profile: string, unit = 1, interlock?: 'watchdog'): MachineConfig {
  const { signals, state } = openProfile([profiles], profile, String)!.value as { signals: Shown; state?: unknown }
  const [[name, first]] = Object.entries(signals) as [[string, Shown[string]]]
  const signal = `it.${name}`
  const on = { on: 'Executing', off: 'NotExecuting' }
  const rule =
    first.address?.type === 'bool'
      ? { kind: 'priority', rules: [{ when: signal, state: on.on }], else: on.off }
      : { kind: 'threshold', signal, above: 1, below: 0, ...on }
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'site.yaml')
  const links = { bus: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: 502 } }
  const devices = { it: { profile, link: 'bus', unit } }
  const unlocks = interlock === undefined ? {} : { interlock: { device: 'it', class: interlock } }
  const m = { name: { en: 'M' }, owner: 'o', devices, state: state === undefined ? rule : 'it', ...unlocks }
  const site = {
    site: 'wire',
    timezone: 'UTC',
    dataDir: 'data',
    api: { listen: '127.0.0.1:0' },
    links,
    machines: { m },
  }
  writeFileSync(path, JSON.stringify(site))
  const loaded = loadSite(path, {})
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults, undefined, 1))
  return loaded.config.machines[0]!
}
