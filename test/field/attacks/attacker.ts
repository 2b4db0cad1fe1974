/**
 * Somebody without a credential, as a program of its own so that it does not slow down who measures:
 * `node test/field/attacks/attacker.ts <attack> <url> <seconds>`. Prints how much it did, and ends by itself. Loopback
 * only. Read next: crowds.ts, floods.ts, http2.ts.
 */
import type { Attack } from './attack.ts'
import { slowReaders, slowWriters } from './crowds.ts'
import { floods } from './floods.ts'
import { http2Attack, http2Names } from './http2.ts'

const attacks: Readonly<Record<string, Attack>> = {
  'slow-readers': slowReaders,
  'slow-writers': slowWriters,
  floods,
  ...Object.fromEntries(http2Names.map((name) => [name, http2Attack(name)])),
}

const [name = '', url = '', seconds = ''] = process.argv.slice(2)
const attack = attacks[name]
if (attack === undefined) throw new Error(`the attacks are ${Object.keys(attacks).join(', ')}`)
console.log(await attack(new URL(url), AbortSignal.timeout(Number(seconds) * 1000)))
process.exit(0)
