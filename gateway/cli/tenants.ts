/**
 * `latchkey tenants erase <site.yaml> <tenant>`: forgets who a tenant was, with the gateway stopped. Beside a running
 * one the platform calls `DELETE /v1/tenants/{id}` instead. The file is then rewritten and searched for what is left.
 * Read next: core/permission/erasure.ts, decisions/011-erasable-pseudonyms.md.
 */
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { adoptKeyed } from '../control/commands/pseudonyms.ts'
import { createClock } from '../control/host/clock.ts'
import { openDataDir } from '../control/host/data-dir.ts'
import { logOf, readLogKeys } from '../control/host/log-key.ts'
import { LEDGER } from '../control/host/names.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { KnownTime } from '../core/ground/wall.ts'
import type { Change } from '../core/machine/change.ts'
import { refuseErasure } from '../core/permission/erasure.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader, type Reader } from '../ledger/store/reader.ts'
import { createWriter, type Writer } from '../ledger/store/writer.ts'
import { type Io, withSite } from './site.ts'

const READ_BYTES = 1_048_576

/** The exit code: 0 done, 1 not. */
export function eraseCommand(sitePath: string, tenant: string, { stdout, stderr, env }: Io): Promise<number> {
  return withSite(sitePath, { stderr, env }, async (config) => {
    const ref = erase(config, tenant)
    const left = await occurrences(join(config.dataDir, LEDGER), tenant)
    stdout.write(`${tenant} is forgotten; in entries it stays ${ref ?? 'unnamed: nothing was ever written of it'}.\n`)
    if (left > 0)
      stderr.write(
        `The letters "${tenant}" are still in the ledger ${left} times: in an id or a reason that people wrote, which no entry can lose, or by chance.\n`,
      )
    stderr.write('Copies of the disk, the platform and the logs of this host cannot be reached from here.\n')
    return 0
  })
}

/** The pseudonym that stays; undefined when there was none. */
function erase(config: SiteConfig, tenant: string): string | undefined {
  const path = join(config.dataDir, LEDGER)
  if (!existsSync(path)) throw refused(`there is no ledger at ${path}`)
  const dir = openDataDir(config.dataDir, config.site)
  try {
    const db = openWriter(path)
    const writer = createWriter(db, { ...writerOptions(config), log: logOf(readLogKeys(dir.log.path)) })
    const reader = createReader(path)
    try {
      requireUnused(tenant, reader, Date.now())
      takeKeyed(dir.pseudonymKeyPath, reader, writer)
      const ref = reader.pseudonyms().find((row) => row.tenant === tenant)?.ref
      const entries = ref === undefined ? [] : [erasedEntry(ref, reader.lastTime())]
      writer.commit([[{ kind: 'tenant-erased', tenant }, ...entries]])
      db.exec('VACUUM')
      return ref
    } finally {
      reader.close()
      writer.close()
    }
  } finally {
    dir.unlock()
  }
}

function requireUnused(tenant: string, reader: Reader, nowMs: number): void {
  const sessions = reader.sessions({ tenant, onlyOpen: true, limit: 1 })
  const refusal = refuseErasure(tenant, reader.bookings(nowMs, Number.MAX_SAFE_INTEGER), sessions, nowMs)
  if (refusal) throw refused(refusal.detail ?? refusal.code)
}

/** Pseudonyms of an older gateway become rows first, so that this one can be erased. */
function takeKeyed(keyPath: string, reader: Reader, writer: Writer): void {
  const rows: Change[] = []
  const { dropKey } = adoptKeyed(keyPath, reader.tenants(), (change) => rows.push(change))
  writer.commit([rows])
  dropKey()
}

function erasedEntry(tenant: string, known: KnownTime): Change {
  const clock = createClock(known)
  const at = clock.stamp(clock.now())
  return { kind: 'entry', entry: { kind: 'TenantErased', version: 1, at, data: { tenant, by: 'command' } } }
}

/** How often the bytes of a text are in a file. */
export async function occurrences(path: string, text: string): Promise<number> {
  const wanted = Buffer.from(text, 'utf8')
  const file = await open(path)
  let found = 0
  let kept = Buffer.alloc(0)
  try {
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, at)
      if (bytesRead === 0) return found
      at += bytesRead
      const piece = Buffer.concat([kept, buffer.subarray(0, bytesRead)])
      for (let from = piece.indexOf(wanted); from >= 0; from = piece.indexOf(wanted, from + 1)) found += 1
      kept = piece.subarray(Math.max(0, piece.length - wanted.length + 1))
    }
  } finally {
    await file.close()
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'tenants', message)
}
