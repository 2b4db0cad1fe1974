/**
 * `latchkey keys add|list|revoke`: credentials of local people. They live in `<dataDir>/keys.json` (0600), hashed; the
 * key itself is printed once and kept nowhere. A running gateway takes a change over within seconds and records it.
 * Read next: front/api/caller/key.ts, decisions/003-keys-through-a-file.md.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { KEYS } from '../control/host/names.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { KeyRow } from '../core/machine/change.ts'
import { hashKey, newKey } from '../front/api/caller/key.ts'
import { type Io, withSite } from './site.ts'

type KeysAction = 'add' | 'list' | 'revoke'

export type KeysOptions = {
  /** `add`: technician, owner or auditor. */
  readonly role?: string | undefined
  /** `add`: the person; recorded with what they do. */
  readonly name?: string | undefined
  /** `add` with role owner: whose machines. */
  readonly owner?: string | undefined
  /** `add` with role technician or owner: only these machines, separated by commas. */
  readonly machines?: string | undefined
  /** `revoke`: which key. */
  readonly id?: string | undefined
  readonly json?: boolean | undefined
}

/** The exit code: 0 done, 1 not. */
export function keysCommand(action: KeysAction, sitePath: string, options: KeysOptions, io: Io): Promise<number> {
  return withSite(sitePath, io, async (config) => {
    if (action === 'add') await add(config, options, io)
    else if (action === 'list') list(config, options, io)
    else {
      await revokeKey(config.dataDir, options.id ?? '', Date.now())
      io.stderr.write(`Key ${options.id} is revoked.\n`)
    }
    return 0
  })
}

async function add({ dataDir, machines }: SiteConfig, options: KeysOptions, { stdout, stderr }: Io): Promise<void> {
  const { row, text } = await addKey(dataDir, options, machines, Date.now())
  const { id, role, name } = row
  stdout.write(options.json ? `${JSON.stringify({ id, role, name, key: text })}\n` : `${text}\n`)
  stderr.write(
    `Key ${id} for ${name} (${role}). It is shown this once; only a hash is kept. A running gateway knows it within seconds.\n`,
  )
}

function list({ dataDir }: SiteConfig, { json }: KeysOptions, { stdout }: Io): void {
  const rows = readKeys(dataDir)
  const lines = json ? [JSON.stringify(rows.map(withoutHash), null, 2)] : rows.map(lineOf)
  for (const line of lines) stdout.write(`${line}\n`)
}

export function readKeys(dataDir: string): KeyRow[] {
  const path = join(dataDir, KEYS)
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
    throw refused('--name must say who the key is for, in 80 characters at most')
  if ((role === 'owner') !== (owner !== undefined))
    throw refused('--role owner and --owner go together; --owner is an owner in the site file')
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

/** The machines named in `text`: each of this site, and of the owner if there is one. */
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

/** A revoked key stays revoked. */
export async function revokeKey(dataDir: string, id: string, nowMs: number): Promise<void> {
  await change(dataDir, (rows) => {
    const row = rows.find((each) => each.id === id)
    if (row === undefined) throw refused(`there is no key ${id}`)
    if (row.revokedAtMs !== undefined) throw refused(`key ${id} is revoked already`)
    return rows.map((each) => (each.id === id ? { ...each, revokedAtMs: nowMs } : each))
  })
}

/** Replaces the file as a whole. The name of the new file is the lock: only one command at a time can make it. */
async function change(dataDir: string, step: (rows: KeyRow[]) => KeyRow[]): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, KEYS)
  const next = `${path}.new`
  const file = await open(next, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EEXIST'
      ? new GatewayError(
          'lock',
          'keys',
          `${next} exists: another keys command is running, or one was cut short. If none is running, delete that file`,
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
