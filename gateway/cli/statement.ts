/**
 * `latchkey statement <site.yaml> --from … --to …`: what uses cost in a period, as JSON or CSV. It reads the ledger
 * beside a running gateway, and signs nothing; `POST /v1/statements` does. Read next: ledger/statement.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LEDGER } from '../control/host/names.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { toTable } from '../front/api/http/csv.ts'
import { type StatementRow, statementColumns, statementRows } from '../front/api/money/statement-rows.ts'
import { MOST_SESSIONS, readStatement } from '../ledger/statement.ts'
import { createReader } from '../ledger/store/reader.ts'
import { type Io, withSite } from './site.ts'

type StatementOptions = {
  /** RFC 3339. */
  readonly from: string
  readonly to: string
  /** As the platform names the tenant. */
  readonly tenant?: string
  readonly owner?: string
  readonly csv?: boolean
}

/** The exit code: 0 written, 1 not. */
export function statementCommand(sitePath: string, options: StatementOptions, io: Io): Promise<number> {
  return withSite(sitePath, io, async ({ dataDir, site }) => {
    const { tenant, owner } = options
    const [fromMs, toMs] = [timeOf('--from', options.from), timeOf('--to', options.to)]
    if (toMs <= fromMs) throw refused('--to must be after --from.')
    const path = join(dataDir, LEDGER)
    if (!existsSync(path)) throw refused(`There is no ledger at ${path}; run the gateway first.`)
    const reader = createReader(path)
    try {
      const of = { ...(tenant === undefined ? {} : { tenant }), ...(owner === undefined ? {} : { owner }) }
      const found = readStatement(reader, { site, fromMs, toMs, ...of })
      if (found === undefined) throw refused(`More than ${MOST_SESSIONS} uses ended in this time; ask for less.`)
      const { statement } = found
      io.stdout.write(
        options.csv
          ? toTable<StatementRow>(statementColumns, statementRows(statement))(',')
          : `${JSON.stringify(statement, null, 2)}\n`,
      )
      return 0
    } finally {
      reader.close()
    }
  })
}

function timeOf(option: string, text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw refused(`${option} is not a time with a zone, such as 2026-11-01T00:00:00+08:00.`)
  return ms
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'statement', message)
}
