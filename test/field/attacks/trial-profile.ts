/** A profile of a device that is nothing but its signals, beside the site file of a trial. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scope } from '../../support/proof.ts'

type Signals = { readonly power: object } & Readonly<Record<string, object>>

/** `power` says what the machine does. */
export function writeProfile({ folder }: Scope, name: string, protocol: string, addresses: Signals): void {
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  const profile = {
    ...{ profile: name, maker: 'Trial', model: name, source: { document: 'none', page: 'none' }, protocol },
    rung: 'reads',
    signals: Object.fromEntries(
      Object.entries(addresses).map(([signal, address]) => [signal, { title: signal, address, poll: '500ms' }]),
    ),
    state: { kind: 'threshold', signal: 'power', above: 2, below: 1, on: 'Executing', off: 'NotExecuting' },
  }
  writeFileSync(join(folder, 'profiles', `${name}.yaml`), JSON.stringify(profile))
}
