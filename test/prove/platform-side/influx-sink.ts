/** The InfluxDB sink of the gateway with a ledger of its own and no gateway around it, for trials with real stores. */
import { createInfluxSink } from '../../../gateway/front/sinks/influx.ts'
import type { InfluxOptions } from '../../../gateway/front/sinks/influx-request.ts'
import { systemClock } from '../../../gateway/front/sinks/sink.ts'
import { type SinkHandle, type SinkStatus, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { openLedger, SITE, type TestLedger } from '../../front/sinks/ledger.ts'
import { INFLUX } from '../../front/sinks/rows.ts'
import { until } from '../../support/process.ts'
import type { Scope } from '../../support/proof.ts'

type Trial = { readonly ledger: TestLedger; readonly handle: SinkHandle }

const WITHIN_MS = 60_000
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }

export async function startInfluxSink(scope: Scope, more: Partial<InfluxOptions>): Promise<Trial> {
  const ledger = await openLedger()
  scope.defer(() => ledger.close())
  const influx = { ...INFLUX, batch: 500, gzip: true, timeoutMs: 1_000, ...more }
  const handle = startSink(createInfluxSink({ site: SITE, influx }), {
    ...{ reader: ledger.reader, ledger: ledger.client, waiting: ledger.waiting() },
    ...{ snapshot: () => ({ rows: [], meters: [] }), log: SILENT, clock: systemClock },
    ...{ reconnectMinMs: 50, reconnectMaxMs: 300 },
  })
  scope.defer(() => handle.stop())
  return { ledger, handle }
}

export async function untilStatus(handle: SinkHandle, holds: (status: SinkStatus) => boolean): Promise<SinkStatus> {
  await until(() => holds(handle.status()), WITHIN_MS, `${holds}`).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(handle.status())}`)
  })
  return handle.status()
}
