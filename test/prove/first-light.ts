/** The first proof: the whole works, on real parts, and keeps its word when something fails. One file an item. */
import { badRequests } from './first-light/bad-requests.ts'
import { check } from './first-light/check.ts'
import { demo } from './first-light/demo.ts'
import { frozen } from './first-light/frozen.ts'
import { kill } from './first-light/kill.ts'
import { realParts } from './first-light/real-parts.ts'
import { sinksDown } from './first-light/sinks-down.ts'
import type { Proof } from './item.ts'

export const firstLight: Proof = {
  about: 'the whole works, on real parts, and keeps its word when something fails',
  items: [demo, realParts, kill, sinksDown, badRequests, check, frozen],
  quickLanes: 3,
}
