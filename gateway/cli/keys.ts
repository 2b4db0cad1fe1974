/**
 * `latchkey keys add|list|revoke`: credentials of local people. They live in `<dataDir>/keys.json` (0600), hashed; the
 * key itself is printed once and kept nowhere. A running gateway takes a change over within seconds and records it.
 * Read next: front/api/caller/key.ts.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { KeyRow } from '../core/machine/change.ts'
import { hashKey, newKey } from '../front/api/caller/key.ts'

export { hashKey, newKey, verifyKey } from '../front/api/caller/key.ts'

export type KeysAction = 'add' | 'list' | 'revoke'

export type KeysOptions = {
  /** `add`: technician, owner or auditor. */
  readonly role?: string | undefined
  /** `add`: the person; recorded with what they do. */
  readonly name?: string | undefined
  /** `add` with role owner: whose machines. */
  readonly owner?: string | undefined
  /** `add` with role technician or owner: only these machines, with commas between. */
  readonly machines?: string | undefined
  /** `revoke`: which key. */
  readonly id?: string | undefined
  readonly json?: boolean | undefined
}

/** `process` is one. */
export type KeysIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The exit code: 0 done, 1 not. */
export async function keysCommand(
  action: KeysAction,
  sitePath: string,
  options: KeysOptions,
  io: KeysIo,
): Promise<number> {
  const loaded = loadSite(sitePath, io.env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  const { dataDir, machines } = loaded.config
  try {
    switch (action) {
      case 'add': {
        const { row, text } = await addKey(dataDir, options, machines, Date.now())
        io.stdout.write(
          options.json ? `${JSON.stringify({ id: row.id, role: row.role, name: row.name, key: text })}\n` : `${text}\n`,
        )
        io.stderr.write(`Key ${row.id} for ${row.name} (${row.role}). It is shown this once; only a hash is kept.\n`)
        return 0
      }
      case 'list':
        for (const line of options.json
          ? [JSON.stringify(readKeys(dataDir).map(withoutHash), null, 2)]
          : readKeys(dataDir).map(lineOf))
          io.stdout.write(`${line}\n`)
        return 0
      case 'revoke':
        await revokeKey(dataDir, options.id ?? '', Date.now())
        io.stderr.write(`Key ${options.id} is revoked.\n`)
        return 0
    }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    io.stderr.write(`${error.message}\n`)
    return 1
  }
}

export function readKeys(dataDir: string): KeyRow[] {
  const path = join(dataDir, 'keys.json')
  if (!existsSync(path)) return []
  try {
    const rows: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (Array.isArray(rows)) return rows as KeyRow[]
  } catch (cause) {
    throw new GatewayError('config', 'keys', `${path} cannot be read; nothing was changed`, { cause })
  }
  throw new GatewayError('config', 'keys', `${path} is not a list of keys; nothing was changed`)
}

/** `known`: the machines of the site. */
export async function addKey(
  dataDir: string,
  { role, name, owner, machines }: KeysOptions,
  known: readonly { readonly id: string; readonly owner: string }[],
  nowMs: number,
): Promise<{ row: KeyRow; text: string }> {
  if (role !== 'technician' && role !== 'owner' && role !== 'auditor')
    throw refused('--role must be technician, owner or auditor')
  if (name === undefined || !/^[^\p{C}]{1,80}$/u.test(name) || name.trim() === '')
    throw refused('--name must say who it is for, in 80 characters at most')
  if ((role === 'owner') !== (owner !== undefined))
    throw refused('--owner goes with --role owner: the owner in the site file')
  const owners = new Set(known.map((machine) => machine.owner))
  if (owner !== undefined && !owners.has(owner))
    throw refused(`no machine of this site has the owner ${owner}; there are: ${[...owners].join(', ')}`)
  const only = machines === undefined ? undefined : scopeOf(machines, role, owner, known)
  const key = newKey()
  const row: KeyRow = {
    id: key.id,
    role,
    name,
    hash: await hashKey(key.secret),
    ...(owner === undefined ? {} : { owner }),
    ...(only === undefined ? {} : { machines: only }),
    addedAtMs: nowMs,
  }
  await change(dataDir, (rows) => [...rows, row])
  return { row, text: key.text }
}

/** Each named, of this site, and the owner's own. */
function scopeOf(
  text: string,
  role: string,
  owner: string | undefined,
  known: readonly { readonly id: string; readonly owner: string }[],
): string[] {
  if (role === 'auditor') throw refused('--machines is for technicians and owners; an auditor sees the whole ledger')
  const ids = [...new Set(text.split(',').map((id) => id.trim()))].sort()
  for (const id of ids) {
    const machine = known.find((each) => each.id === id)
    if (machine === undefined)
      throw refused(`there is no machine ${id} here; there are: ${known.map((each) => each.id).join(', ')}`)
    if (owner !== undefined && machine.owner !== owner) throw refused(`${id} is not a machine of ${owner}`)
  }
  return ids
}

/** A key once revoked stays so. */
export async function revokeKey(dataDir: string, id: string, nowMs: number): Promise<void> {
  await change(dataDir, (rows) => {
    const row = rows.find((each) => each.id === id)
    if (row === undefined) throw refused(`there is no key ${id}`)
    if (row.revokedAtMs !== undefined) throw refused(`key ${id} is revoked already`)
    return rows.map((each) => (each.id === id ? { ...each, revokedAtMs: nowMs } : each))
  })
}

/** Replaces the file as a whole. The new file's name is the lock: it can be made by one at a time. */
async function change(dataDir: string, step: (rows: KeyRow[]) => KeyRow[]): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'keys.json')
  const next = `${path}.new`
  const file = await open(next, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EEXIST'
      ? new GatewayError(
          'lock',
          'keys',
          `${next} is there: another keys command runs, or one was cut short. In the latter case remove it`,
          { cause },
        )
      : cause
  })
  try {
    try {
      await file.writeFile(`${JSON.stringify(step(readKeys(dataDir)), null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'keys', message)
}

function withoutHash({ hash: _, ...row }: KeyRow): Omit<KeyRow, 'hash'> {
  return row
}

function lineOf(row: KeyRow): string {
  const state = row.revokedAtMs === undefined ? 'valid' : `revoked ${new Date(row.revokedAtMs).toISOString()}`
  return [
    row.id,
    row.role.padEnd(10),
    row.name,
    ...(row.owner === undefined ? [] : [`owner ${row.owner}`]),
    ...(row.machines === undefined ? [] : [`only ${row.machines.join(', ')}`]),
    `since ${new Date(row.addedAtMs).toISOString()}`,
    state,
  ].join('  ')
}
