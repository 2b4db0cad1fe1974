/** The clock of every simulator. Monotonic, so that no change of the wall clock ends or prolongs a lease. */

/** Whole milliseconds since the computer started: the same in every process. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
