/**
 * The tariffs of the site: those that were ever published in this log, and those of the site file that have to be. A
 * version that was published with other content stops the start, because somebody may have been promised its prices.
 * Read next: core/billing/tariff.ts, ledger/store/read-entries.ts `tariffs`.
 */
import { isDeepStrictEqual } from 'node:util'
import { pinOf, type Tariff } from '../../core/billing/tariff.ts'
import { GatewayError } from '../../core/ground/failure.ts'

export type Tariffs = {
  /** By `id@version`. */
  readonly known: Map<string, Tariff>
  readonly toPublish: readonly Tariff[]
}

export function joinTariffs(published: readonly Tariff[], configured: readonly Tariff[]): Tariffs {
  const known = new Map(published.map((tariff) => [pinOf(tariff), tariff]))
  for (const tariff of configured) {
    const before = known.get(pinOf(tariff))
    if (before !== undefined && !isDeepStrictEqual(before, tariff)) throw changed(pinOf(tariff))
  }
  const toPublish = configured.filter((tariff) => !known.has(pinOf(tariff)))
  for (const tariff of toPublish) known.set(pinOf(tariff), tariff)
  return { known, toPublish }
}

function changed(pin: string): GatewayError {
  const message = `The tariff ${pin} was published with other content, and a published version never changes; write it back, and put the new prices under the next version.`
  return new GatewayError('config', 'tariffs', message, { subject: pin })
}
