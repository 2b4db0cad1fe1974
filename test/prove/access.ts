/** The proof `access`: only the booked tenant, fail-safe at every step, online or off. One file an item. */
import { conformance } from './access/conformance.ts'
import { jitter } from './access/jitter.ts'
import { ledgerLives } from './access/ledger-lives.ts'
import { losses } from './access/losses.ts'
import { model } from './access/model.ts'
import { replay } from './access/replay.ts'
import { states } from './access/states.ts'
import { tokens } from './access/tokens.ts'
import type { Proof } from './item.ts'

export const access: Proof = {
  about: 'only the booked tenant, fail-safe at every step, online or off',
  items: [conformance, losses, jitter, states, tokens, replay, model, ledgerLives],
  quickLanes: 5,
}
