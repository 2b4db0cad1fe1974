/**
 * Loaded into a gateway before anything else (`NODE_OPTIONS=--import=…`): its wall clock is off by as many ms as the
 * file `LATCHKEY_SKEW` says, whenever that changes. The monotonic clock stays.
 */
import { readFileSync } from 'node:fs'

const LOOK_MS = 20
const path = process.env.LATCHKEY_SKEW!
const right = Date.now.bind(Date)
let skewMs = 0
let lookedMs = Number.NEGATIVE_INFINITY

Date.now = () => {
  if (performance.now() - lookedMs >= LOOK_MS) {
    lookedMs = performance.now()
    skewMs = Number(readFileSync(path, 'utf8'))
  }
  return right() + skewMs
}
