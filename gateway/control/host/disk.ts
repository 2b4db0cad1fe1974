/** The disk of the data folder: what is free, and whether the ledger will fit. Read next: ledger/store/capacity.ts. */
import { statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { SiteConfig } from '../../../config/site.ts'
import { type Capacity, shortfall } from '../../ledger/store/capacity.ts'
import { LEDGER } from './names.ts'

export type Disk = {
  /** The reserve is intact, as far as is known. */
  isOk(): boolean
  /** As it was last seen, bytes. */
  freeBytes(): number | undefined
  /** Asks the disk. One that does not answer is not taken for full: the next commit shows whether it is. */
  look(): Promise<void>
  /** What does not fit, by the years to be kept; from then on it is in the notes. */
  measure(): Promise<string | undefined>
  /** What people should look at, for health. */
  notes(): string[]
}

export function createDisk(config: SiteConfig): Disk {
  let ok = true
  let seen: number | undefined
  let tooSmall: string | undefined
  return {
    isOk: () => ok,
    freeBytes: () => seen,
    async look() {
      const free = await freeBytes(config.dataDir)
      seen = free ?? seen
      if (free !== undefined) ok = free >= config.bounds.diskReserve
    },
    async measure() {
      tooSmall = await diskShortfall(config)
      return tooSmall
    },
    notes: () => [
      ...(ok ? [] : ['the disk reserve is used up: no new unlock; make room on the disk of dataDir']),
      ...(tooSmall ? [tooSmall] : []),
    ],
  }
}

/** Bytes that a user without privileges may still write; undefined when they cannot be read. */
async function freeBytes(path: string): Promise<number | undefined> {
  const disk = await statfs(path).catch(() => undefined)
  return disk === undefined ? undefined : disk.bavail * disk.bsize
}

/** What does not fit, for people; undefined when everything does, or when there is no folder yet. */
export async function diskShortfall({ dataDir, machines, bounds }: SiteConfig): Promise<string | undefined> {
  const free = await freeBytes(dataDir)
  if (free === undefined) return undefined
  const capacity: Capacity = {
    machines: machines.length,
    years: bounds.retentionYears,
    storedBytes: statSync(join(dataDir, LEDGER), { throwIfNoEntry: false })?.size ?? 0,
    freeBytes: free,
    reserveBytes: bounds.diskReserve,
  }
  return shortfall(capacity)
}
