/** The proof that it can be handed to people who did not write it. One file an item. */
import type { Proof } from './item.ts'
import { busy } from './shipping/busy.ts'
import { days } from './shipping/days.ts'
import { image } from './shipping/image.ts'
import { installed } from './shipping/installed.ts'
import { moved } from './shipping/moved.ts'
import { packages } from './shipping/packages.ts'
import { pair } from './shipping/pair.ts'
import { pairFaults } from './shipping/pair-faults.ts'
import { short } from './shipping/short.ts'
import { supervised } from './shipping/supervised.ts'
import { watched } from './shipping/watched.ts'

export const shipping: Proof = {
  about: 'it is installed, upgraded, moved and watched by people who did not write it',
  // What waits longest begins first.
  items: [short, moved, packages, pairFaults, pair, supervised, watched, days, installed, image, busy],
  quickLanes: 4,
}
