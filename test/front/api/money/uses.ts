/** A use of an example as the core would have recorded it, and a tariff that was published. Read next: ../bench.ts. */
import { tariffJson } from '../../../../gateway/core/billing/tariff.ts'
import type { EntryDraft, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import type { Example } from '../../../simulate/money/examples.ts'
import type { Bench } from '../bench.ts'
import { NOW_MS, session } from '../rows.ts'

const stamp = (wallMs: number) => ({ wallMs, monoNs: '1', bootId: 'b', clock: 'synchronised' as const })

/** A gateway that has begun, under the tariff of the example. */
export function publish(bench: Bench, { tariff }: Example): void {
  const append = (kind: EntryDraft['kind'], data: JsonObject) =>
    bench.commit({ kind: 'entry', entry: { kind, version: 1, at: stamp(NOW_MS), data } })
  append('GatewayStarted', { version: '1', node: 'v24', fencingId: 0 })
  append('ConfigurationApplied', { configurationId: 'c', machines: 1, links: 1 })
  append('TariffPublished', tariffJson(tariff))
}

/** The id of the session. */
export function commitUse(bench: Bench, { entry }: Example, tenant: string, tenantRef: string): string {
  const at = Date.parse(entry.at)
  const startedMs = Date.parse(String(entry.data.startedAt))
  const { simulated: _, ...row } = session({
    tenant,
    tenantRef,
    status: 'ended',
    endedAtMs: at,
    intendedAtMs: startedMs,
  })
  const begin = entry.data.begin!
  const draft = (kind: EntryDraft['kind'], ms: number, data: JsonObject) =>
    bench.commit({
      kind: 'entry',
      entry: { kind, version: 1, machine: 'booth', session: row.id, at: stamp(ms), data },
    })
  draft('UnlockIntended', startedMs, { booking: 'b1', tenant: tenantRef, token: '19', begin })
  draft('UnlockConfirmed', startedMs, { token: '19', resume: false, begin })
  draft('SessionEnded', at, { ...entry.data, tenant: tenantRef })
  bench.commit({
    kind: 'session',
    session: { ...row, machine: 'booth', simulated: false, shares: [{ owner: 'owner', percent: '100' }] },
  })
  return row.id
}
