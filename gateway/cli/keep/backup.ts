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
import type { SiteConfig, SiteFiles } from '../../../config/site.ts'
import { syncFolder } from '../../control/host/files.ts'
import { takeLock } from '../../control/host/lock.ts'
import { BACKUP_LOCK, LEDGER } from '../../control/host/names.ts'
import { readStanding } from '../../control/pair/standing.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { type Io, withoutSecrets } from '../site.ts'
import { piecesOf } from './pieces.ts'
import { closeStage, openStage, type Stage } from './stage.ts'
import { newPair, open, readerOf, seal, TAG, type Vault, vaultFor } from './vault.ts'

type BackupOptions = { readonly to: string; readonly json: boolean; readonly version: string }

/** The exit code: 0 done, 1 not. */
export async function backupCommand(sitePath: string, file: string, options: BackupOptions, io: Io): Promise<number> {
  const loaded = loadSite(sitePath, withoutSecrets(io.env))
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  try {
    const said = backup(loaded, resolve(file), options)
    io.stdout.write(options.json ? `${JSON.stringify(said)}\n` : `${said.sha256}  ${file}\n`)
    const on = said.wentOnFrom === 0 ? '' : `, of which ${said.wentOnFrom} bytes were there`
    io.stderr.write(`${said.entries} entries in ${said.bytes} bytes${on}; written, read back and compared.\n`)
    if (readStanding(loaded.config.dataDir)?.role === 'spare') io.stderr.write(OF_SPARE)
    return 0
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const isOurs = error instanceof GatewayError
    io.stderr.write(`${message}${isOurs ? '' : '. Mend that, and run the same command: it goes on where it was'}\n`)
    return 1
  }
}

const OF_SPARE =
  'This box is the spare: it holds what it has followed. latchkey pair status says whether that is all.\n'

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

type Site = { readonly config: SiteConfig; readonly files: SiteFiles }

/** What is said of it. */
function backup({ config, files }: Site, out: string, { to, version }: BackupOptions) {
  if (existsSync(out)) throw refused(`${out} is there already`)
  if (!existsSync(dirname(out))) throw refused(`there is no folder ${dirname(out)}`)
  if (!existsSync(join(config.dataDir, LEDGER))) throw refused(`there is no ledger in ${config.dataDir}`)
  readerOf(to)
  const lock = takeLock(join(config.dataDir, BACKUP_LOCK), 'another backup; wait until it ends')
  try {
    const stage = openStage(config, files, { out, to }, { nowMs: Date.now(), software: version })
    const { bytes, sha256, from } = write(stage, vaultFor(to, stage.secret), out)
    closeStage(config)
    const { entries, id } = stage.manifest
    return { file: out, bytes, sha256, entries, id, wentOnFrom: from }
  } finally {
    lock.close()
  }
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
