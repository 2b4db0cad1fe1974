/** The proof `field`: what trying the product in the field found, each kind of fault mended. One file per item. */
import { checker } from './field/checker.ts'
import { clocks } from './field/clocks.ts'
import { further } from './field/further.ts'
import { rows } from './field/rows.ts'
import type { Proof } from './item.ts'

export const field: Proof = {
  about: 'what was found in the field, each kind of fault mended',
  items: [
    checker, //
    clocks,
    further,
    rows,
  ],
  quickLanes: 2,
}
