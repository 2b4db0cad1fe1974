/**
 * What a site file will do to the meters of a ledger that exists: for `latchkey check`, also beside a running gateway.
 * It reads the ledger and changes nothing. Read next: core/meter/outlook.ts, check.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { LEDGER } from '../control/host/names.ts'
import { type MeterOutlook, outlookOf } from '../core/meter/outlook.ts'
import { createReader } from '../ledger/store/reader.ts'

/** Undefined while there is no ledger; a text when it cannot be read. */
export function meterOutlook({ dataDir, machines }: SiteConfig): readonly MeterOutlook[] | string | undefined {
  const path = join(dataDir, LEDGER)
  if (!existsSync(path)) return undefined
  try {
    const reader = createReader(path)
    try {
      const busy = reader.sessions({ onlyOpen: true, limit: machines.length + 1 }).map(({ machine }) => machine)
      return outlookOf(
        reader.meters(),
        machines.flatMap(({ meters }) => meters),
        new Set(busy),
      )
    } finally {
      reader.close()
    }
  } catch (error) {
    return `the ledger ${path} cannot be read: ${(error as Error).message}`
  }
}
