/** The proof `use-and-money`: what a use costs, and how people come to terms about it. One file an item. */
import type { Proof } from './item.ts'
import { dispute } from './use-and-money/dispute.ts'
import { examples } from './use-and-money/examples.ts'
import { sums } from './use-and-money/sums.ts'
import { upkeep } from './use-and-money/upkeep.ts'
import { week } from './use-and-money/week.ts'

export const useAndMoney: Proof = {
  about: 'what a use costs, and who gets the share',
  items: [sums, examples, dispute, upkeep, week],
  quickLanes: 2,
}
