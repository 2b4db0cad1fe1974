/**
 * `latchkey backup <site.yaml> <file> --to <line>`: writes all that a new box needs to one file, beside a gateway that
 * runs, for the holder of the private key alone. Cut short, the same command goes on where it was. What was written is
 * read back, opened and compared before the file gets its name.
 * Read next: stage.ts (what is in it), vault.ts (who can read it), restore.ts.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { faultLine } from '../../../config/document/fault.ts'
import { loadSite } from '../../../config/load.ts'
import { syncFolder } from '../../control/host/files.ts'
import { LEDGER } from '../../control/host/names.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { type Io, withoutSecrets } from '../site.ts'
import { piecesOf } from './pieces.ts'
import { closeStage, openStage, type Stage } from './stage.ts'
import { newPair, open, seal, TAG, type Vault, vaultFor } from './vault.ts'

type BackupOptions = { readonly to: string; readonly json: boolean; readonly version: string }

/** The exit code: 0 done, 1 not. */
export async function backupCommand(sitePath: string, file: string, options: BackupOptions, io: Io): Promise<number> {
  const loaded = loadSite(sitePath, withoutSecrets(io.env))
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  const { config, files } = loaded
  try {
    const out = resolve(file)
    if (existsSync(out)) throw refused(`${file} is there already`)
    if (!existsSync(join(config.dataDir, LEDGER))) throw refused(`there is no ledger in ${config.dataDir}`)
    const made = { nowMs: Date.now(), software: options.version }
    const stage = openStage(config, files, { out, to: options.to }, made)
    const { bytes, sha256, from } = write(stage, vaultFor(options.to, stage.secret), out)
    closeStage(config)
    const { manifest } = stage
    const said = { file: out, bytes, sha256, entries: manifest.entries, id: manifest.id, wentOnFrom: from }
    io.stdout.write(options.json ? `${JSON.stringify(said)}\n` : `${sha256}  ${file}\n`)
    const on = from === 0 ? '' : `, of which ${from} bytes were there`
    io.stderr.write(`${manifest.entries} entries in ${bytes} bytes${on}; written, read back and compared.\n`)
    return 0
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    io.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** `latchkey backup-key <file>`: the private key goes to the file, the line for `--to` to the output. */
export function backupKeyCommand(file: string, { stdout, stderr }: Io): number {
  const { secret, line } = newPair()
  try {
    writeFileSync(file, secret, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    stderr.write(`${(error as Error).message}\n`)
    return 1
  }
  stdout.write(`${line}\n`)
  stderr.write(`Keep ${file} away from the gateway, and twice: without it no backup can be read.\n`)
  return 0
}

type Written = { readonly bytes: number; readonly sha256: string; readonly from: number }

/** `from`: bytes of an earlier try that could stay. */
function write(stage: Stage, vault: Vault, out: string): Written {
  const part = `${out}.part`
  const file = openSync(part, existsSync(part) ? 'r+' : 'wx+', 0o600)
  try {
    const { bytes, from } = writeRest(file, sealed(stage, vault))
    fsyncSync(file)
    const sha256 = readBack(file, stage, vault)
    renameSync(part, out)
    syncFolder(dirname(out))
    return { bytes, sha256, from }
  } finally {
    closeSync(file)
  }
}

function* sealed({ folder, files }: Stage, vault: Vault): Generator<Buffer> {
  yield vault.head
  for (const { index, isLast, bytes } of piecesOf(folder, files)) yield seal(vault, index, isLast, bytes)
}

/** From the first piece on that is not there as it has to be. */
function writeRest(file: number, parts: Iterable<Buffer>): { bytes: number; from: number } {
  let bytes = 0
  let from = 0
  for (const part of parts) {
    if (from === bytes && readAt(file, bytes, part.length).equals(part)) from += part.length
    else writeSync(file, part, 0, part.length, bytes)
    bytes += part.length
  }
  ftruncateSync(file, bytes)
  return { bytes, from }
}

/** Opens every piece as a reader would, and compares it with what it was made from; the SHA-256 of the file. */
function readBack(file: number, { folder, files }: Stage, vault: Vault): string {
  const head = readAt(file, 0, vault.head.length)
  const hash = createHash('sha256').update(head)
  let at = head.length
  for (const { index, isLast, bytes } of piecesOf(folder, files)) {
    const piece = readAt(file, at, bytes.length + TAG)
    if (!open(vault, index, isLast, piece).equals(bytes)) throw refused(`piece ${index} is not what was to be written`)
    hash.update(piece)
    at += piece.length
  }
  return hash.digest('hex')
}

/** Fewer bytes where the file ends. */
function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, at))
}

const refused = (message: string) => new GatewayError('config', 'backup', message)
