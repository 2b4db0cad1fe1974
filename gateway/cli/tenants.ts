/**
 * `latchkey tenants erase <site.yaml> <tenant>`: forgets who a tenant was, with the gateway stopped; beside a running one
 * the platform calls `DELETE /v1/tenants/{id}`. The file is then written anew, and looked through for what is left.
 * Read next: core/permission/erasure.ts.
 */
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig } from '../../config/site.ts'
import { adoptKeyed } from '../control/commands/pseudonyms.ts'
import { createClock } from '../control/host/clock.ts'
import { openDataDir } from '../control/host/data-dir.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { Change } from '../core/machine/change.ts'
import { refuseErasure } from '../core/permission/erasure.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader } from '../ledger/store/reader.ts'
import { createWriter } from '../ledger/store/writer.ts'
import { writerOptions } from './stopped.ts'

export type TenantsIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
}

const READ_BYTES = 1_048_576

/** The exit code: 0 done, 1 not. */
export async function eraseCommand(sitePath: string, tenant: string, io: TenantsIo): Promise<number> {
  const loaded = loadSite(sitePath, io.env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  try {
    const ref = erase(loaded.config, tenant, Date.now())
    const left = await occurrences(join(loaded.config.dataDir, 'ledger.sqlite'), tenant)
    io.stdout.write(
      `${tenant} is forgotten; in entries it stays ${ref ?? 'unnamed: nothing was ever written of it'}.\n`,
    )
    if (left > 0)
      io.stderr.write(
        `The letters "${tenant}" are still in the ledger ${left} times: in an id or a reason that people wrote, which no entry can lose, or by chance.\n`,
      )
    io.stderr.write('Copies of the disk, the platform and logs of this host are not reached from here.\n')
    return 0
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    io.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** The pseudonym that stays; undefined when there was none. */
function erase(config: SiteConfig, tenant: string, nowMs: number): string | undefined {
  const path = join(config.dataDir, 'ledger.sqlite')
  if (!existsSync(path)) throw new GatewayError('config', 'tenants', `there is no ledger at ${path}`)
  const dir = openDataDir(config.dataDir, config.site)
  try {
    const db = openWriter(path)
    const writer = createWriter(db, writerOptions(config, dir.log.path))
    const reader = createReader(path)
    try {
      const sessions = reader.sessions({ tenant, onlyOpen: true, limit: 1 })
      const refusal = refuseErasure(tenant, reader.bookings(nowMs, Number.MAX_SAFE_INTEGER), sessions, nowMs)
      if (refusal) throw new GatewayError('config', 'tenants', refusal.detail ?? refusal.code)
      const adopted: Change[] = []
      const { dropKey } = adoptKeyed(dir.pseudonymKeyPath, reader.tenants(), (change) => adopted.push(change))
      writer.commit([adopted])
      dropKey()
      const ref = reader.pseudonyms().find((row) => row.tenant === tenant)?.ref
      const clock = createClock(reader.lastAtMs())
      const at = clock.stamp(clock.now())
      const said: Change[] =
        ref === undefined
          ? []
          : [{ kind: 'entry', entry: { kind: 'TenantErased', version: 1, at, data: { tenant: ref, by: 'command' } } }]
      writer.commit([[{ kind: 'tenant-erased', tenant }, ...said]])
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
