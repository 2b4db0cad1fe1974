/** The proof `field`: what trying the product in the field found, each kind of fault mended. One file per item. */
import { before } from './field/before.ts'
import { checker } from './field/checker.ts'
import { clocks } from './field/clocks.ts'
import { configuration } from './field/configuration.ts'
import { crowds, crowdsHttp2 } from './field/crowds.ts'
import { further } from './field/further.ts'
import { hour } from './field/hour.ts'
import { peers } from './field/peers.ts'
import { rows } from './field/rows.ts'
import { siteTexts } from './field/site-texts.ts'
import { texts } from './field/texts.ts'
import type { Proof } from './item.ts'

export const field: Proof = {
  about: 'what was found in the field, each kind of fault mended',
  items: [before, checker, clocks, configuration, further, hour, rows, siteTexts, texts, peers, crowds, crowdsHttp2],
  quickLanes: 2,
}
