/**
 * Whether what the machines will have recorded by the end of the term fits on the disk. It is an estimate for people;
 * the gateway refuses new unlocks only when the measured reserve is used up.
 * Pure. Read next: control/host/disk.ts.
 */

/** Measured by test/bench/ledger-size.ts, which says what a typical machine does; rounded up. */
export const BYTES_PER_MACHINE_YEAR = 33_554_432

export type Capacity = {
  readonly machines: number
  readonly years: number
  /** Bytes of the ledger now. */
  readonly storedBytes: number
  /** Bytes free on its disk now. */
  readonly freeBytes: number
  /** Bytes that stay free. */
  readonly reserveBytes: number
}

/**
 * The growth of the ledger to the end of the term, with the reserve, bytes. What is stored counts as part of the term.
 */
export function neededBytes({ machines, years, storedBytes, reserveBytes }: Capacity): number {
  return Math.max(0, machines * years * BYTES_PER_MACHINE_YEAR - storedBytes) + reserveBytes
}

/** What is missing, for people; undefined when it fits. */
export function shortfall(capacity: Capacity): string | undefined {
  const needed = neededBytes(capacity)
  if (needed <= capacity.freeBytes) return undefined
  const { machines, years } = capacity
  return `the ledger of ${machines} machine${machines === 1 ? '' : 's'} over ${years} years needs about ${mib(needed)} MiB, and ${mib(capacity.freeBytes)} MiB are free: a larger disk, or a shorter bounds.retentionYears`
}

const mib = (bytes: number) => Math.ceil(bytes / 1_048_576)
