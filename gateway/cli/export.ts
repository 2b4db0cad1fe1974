/**
 * `latchkey export <site.yaml> <file>`: the evidence of a site in one file, for `latchkey verify` and the page. It
 * reads the ledger beside a running gateway. Entries that no checkpoint covers yet are left out, and the output says
 * so.
 * Read next: ledger/issue.ts.
 */
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { LEDGER } from '../control/host/names.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { issueBundle } from '../ledger/issue.ts'
import { keyLines } from '../ledger/log/log-keys.ts'
import { createReader } from '../ledger/store/reader.ts'
import { type Io, withSite } from './site.ts'

/** `log`: a log that has ended, by its folder. */
type ExportOptions = { readonly json: boolean; readonly log?: string }

/** The exit code: 0 written, 1 not. */
export function exportCommand(sitePath: string, file: string, options: ExportOptions, io: Io): Promise<number> {
  return withSite(sitePath, io, async ({ dataDir, site }) => {
    const folder = options.log === undefined ? dataDir : join(dataDir, 'logs', options.log)
    const { entries, unsigned, keys } = await writeBundle(join(folder, LEDGER), site, file)
    io.stdout.write(
      options.json
        ? `${JSON.stringify({ file, entries, unsigned, keys })}\n`
        : `${file}: ${entries} entries${unsigned > 0 ? `; ${unsigned} newer ones are not signed yet` : ''}\ncheck it with: latchkey verify ${file} --key ${keys.map((line) => `'${line}'`).join(' ')}\n`,
    )
    return 0
  })
}

async function writeBundle(ledgerPath: string, site: string, file: string) {
  if (!existsSync(ledgerPath)) throw refused(`There is no ledger at ${ledgerPath}; run the gateway first.`)
  const reader = createReader(ledgerPath)
  const part = `${file}.part`
  try {
    const checkpoint = reader.checkpoint()
    if (checkpoint === undefined)
      throw refused('Nothing is signed yet: a checkpoint is made when a session ends, and every few minutes.')
    await pipeline(Readable.from(issueBundle(reader, site)), createWriteStream(part, { mode: 0o600 }))
    await rename(part, file)
    const entries = checkpoint.size
    return { entries, unsigned: reader.head().nextSeq - entries, keys: keyLines(reader.logKeys()) }
  } finally {
    await rm(part, { force: true })
    reader.close()
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'export', message)
}
