/**
 * Whether the ledger is still the one that was once signed, as the front finds out at the start. Meanwhile an unlock
 * waits, for a bounded time. A contradiction stays: nothing is unlocked from then on, but nothing is ended either.
 * Read next: ledger/anchor.ts (how the ledger is held against the outside).
 */

import type { Logger } from '../../../adapters/adapter.ts'
import type { ToControl } from '../../core/board/message.ts'
import { ANCHOR_WITHIN_MS } from '../../ledger/anchor.ts'

type Found = Extract<ToControl, { kind: 'anchor' }>

/** On top of what the front itself waits for the outside, ms. */
const FRONT_SLACK_MS = 1000

export type AnchorCheck = {
  /** Resolves once the answer is known, or took too long. */
  readonly known: Promise<void>
  /** Not contradicted; false also while the answer is not known. */
  isProven(): boolean
  take(found: Found): void
  /** What people should look at, for health. */
  notes(): string[]
}

/** `hasOutside`: without a broker there is nothing to hold the ledger against. */
export function createAnchorCheck(hasOutside: boolean, log: Logger): AnchorCheck {
  let state: 'checking' | Found['state'] = hasOutside ? 'checking' : 'unanchored'
  let why = 'no checkpoint of this ledger was found outside'
  const { promise: known, resolve } = Promise.withResolvers<void>()
  if (hasOutside) setTimeout(resolve, ANCHOR_WITHIN_MS + FRONT_SLACK_MS).unref()
  else resolve()
  void known.then(() => {
    if (state === 'checking') state = 'unanchored'
  })

  return {
    known,
    isProven: () => state === 'anchored' || state === 'unanchored',
    take(found) {
      state = found.state
      why = found.why
      resolve()
      if (state === 'contradicted')
        log.error(
          { why: found.why },
          'the ledger contradicts what it once signed: metering goes on, nothing is unlocked',
        )
      else log.info({ anchor: state, why: found.why }, 'the ledger was compared with the checkpoint outside')
    },
    notes() {
      if (state === 'checking')
        return ['the ledger is being compared with the checkpoint outside: an unlock waits for it']
      if (state === 'contradicted')
        return [
          'the ledger contradicts a checkpoint it once signed: no new unlock. If its disk was set back on purpose, stop the gateway and begin a new log: latchkey ledger restart <site.yaml> --reason "…"',
        ]
      if (state === 'unanchored') return [`unanchored: ${why}`]
      return []
    },
  }
}
