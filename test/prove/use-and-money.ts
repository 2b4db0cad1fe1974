/** The proof `use-and-money`: what a use costs, computed twice by code that shares nothing. One file an item. */
import type { Proof } from './item.ts'
import { examples } from './use-and-money/examples.ts'
import { sums } from './use-and-money/sums.ts'

export const useAndMoney: Proof = {
  about: 'what a use costs, and who gets the share',
  items: [sums, examples],
  quickLanes: 2,
}
