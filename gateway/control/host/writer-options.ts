/** What the writer of a site's ledger is given: in the ledger thread, and in a command while no gateway runs. */
import type { SiteConfig } from '../../../config/site.ts'
import type { WriterOptions } from '../../ledger/store/writer.ts'

/** Without the log: such a writer signs nothing. */
export function writerOptions({ site, machines }: SiteConfig): Omit<WriterOptions, 'log'> {
  const simulated = new Set(machines.filter((machine) => machine.simulated).map(({ id }) => id))
  return { site, simulated }
}
