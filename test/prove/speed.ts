/** The proof of the two streams: what may be dropped never costs what may not. One file an item. */
import type { Proof } from './item.ts'
import { away } from './speed/away.ts'
import { crash } from './speed/crash.ts'
import { overload } from './speed/overload.ts'

export const speed: Proof = {
  about: 'no load of samples costs a lease, an entry or a heartbeat, and every sample is delivered or counted',
  items: [overload, away, crash],
  quickLanes: 3,
}
