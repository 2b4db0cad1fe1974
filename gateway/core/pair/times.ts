/**
 * How long the two boxes of a pair wait for each other, all by the monotonic clock. They are one argument and not
 * options. The spare counts from an answer of its own that is at most `LOST_MS` older than the word that the active box
 * counts from: so `HOLD_MS` and `LOST_MS` are less than `TAKE_MS`, and `BASE_TO_MS` is less than `SETTLE_MS`.
 * Read next: hold.ts (the active box), watch.ts (the spare), decisions/031-a-pair.md.
 */

/** The active box says that often that it is there. */
export const PING_MS = 300
/** Without an answer for this long the other box is out of reach. */
export const LOST_MS = 1500
/** A mark at a machine counts when it was written this long after the loss: after the spare has its first reading. */
export const SETTLE_MS = 2500
/** An active box that nobody vouches for acts no longer than this after the last word that was answered. */
export const HOLD_MS = 5500
/** The spare takes the first reading of a silence within this window; what a lost box still had on the wire is over. */
export const BASE_FROM_MS = 1000
export const BASE_TO_MS = 2300
/** The spare takes over this long after the last word it heard, and not before. */
export const TAKE_MS = 7500
/** So long after that it looks for readings that say so; then a person decides. */
export const LOOK_MS = 2500
/** An active box that sees no machine for this long leaves the site to a spare that does. */
export const BLIND_MS = 3000
/** A machine that cannot be read for this long judges between the boxes no longer. */
export const JUDGES_MS = 10_000
