/**
 * `latchkey export <site.yaml> <file>`: the evidence of a site in one file, for `latchkey verify` and the page. Reads the
 * ledger beside a running gateway; what is not covered by a checkpoint yet is left out and said.
 * Read next: ledger/issue.ts.
 */
import { createWriteStream, existsSync, readFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import { issueBundle } from '../ledger/issue.ts'
import { keyLines, parseKeysFile } from '../ledger/log/log-keys.ts'
import { createReader } from '../ledger/store/reader.ts'

export type ExportIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The exit code: 0 written, 1 not. */
export async function exportCommand(
  sitePath: string,
  file: string,
  options: { json: boolean; log?: string },
  io: ExportIo,
): Promise<number> {
  const loaded = loadSite(sitePath, io.env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  const { dataDir, site } = loaded.config
  // a log that has ended is in a folder of its own
  const path = join(dataDir, ...(options.log === undefined ? [] : ['logs', options.log]), 'ledger.sqlite')
  if (!existsSync(path)) {
    io.stderr.write(`There is no ledger at ${path}; run the gateway first.\n`)
    return 1
  }
  const reader = createReader(path)
  const part = `${file}.part`
  try {
    const checkpoint = reader.checkpoint()
    if (checkpoint === undefined) {
      io.stderr.write('Nothing is signed yet: a checkpoint is made when a session ends, and every few minutes.\n')
      return 1
    }
    await pipeline(Readable.from(issueBundle(reader, site)), createWriteStream(part, { mode: 0o600 }))
    await rename(part, file)
    const unsigned = reader.head().nextSeq - checkpoint.size
    const keys = keyLines(reader.logKeys())
    io.stdout.write(
      options.json
        ? `${JSON.stringify({ file, entries: checkpoint.size, unsigned, keys })}\n`
        : `${file}: ${checkpoint.size} entries${unsigned > 0 ? `; ${unsigned} newer ones are not signed yet` : ''}\ncheck it with: latchkey verify ${file} --key ${keys.map((line) => `'${line}'`).join(' ')}\n`,
    )
    return 0
  } finally {
    await rm(part, { force: true })
    reader.close()
  }
}

/** The public key that signs the log of now, to be handed over by another way than the file it checks. */
export function publicKey(dataDir: string): string {
  const keys = parseKeysFile(readFileSync(join(dataDir, 'log.key'), 'utf8'))
  if (typeof keys === 'string') throw new Error(`log.key: ${keys}`)
  return keys.find(({ retiring }) => !retiring)!.vkey
}
