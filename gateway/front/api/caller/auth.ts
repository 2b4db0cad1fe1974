/**
 * Who calls: one Authorization header with a platform token, a local key or the PIN of a booking. It answers with a
 * principal or a refusal. The credential itself goes no further, is never logged, and is kept only as a digest of a key
 * that was found good.
 * Read next: token.ts, key.ts, pin.ts; policy.ts (what the caller may do).
 */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../../../config/site.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import type { KeyRow } from '../../../core/machine/change.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Authentication, Caller, Clock, ListVerifier } from './caller.ts'
import { createGate } from './gate.ts'
import { parseKey, verifyKey } from './key.ts'
import { createKeySet } from './key-set.ts'
import { createPinCheck, type PinDeps } from './pin.ts'
import { createVerifiers } from './token.ts'

export type Authenticator = {
  /** Whose token this is, if it was found good before and that still holds; anything else is to be authenticated. */
  known(header: string): Caller | undefined
  /** `ending`: the session that is asked to end. */
  authenticate(header: string | undefined, ending?: string): Promise<Authentication>
  readonly readList: ListVerifier
  /** For what outlives its request: whether the credential still holds. */
  stillValid(caller: Caller): boolean
  /** What people should look at, for health. */
  notes(): string[]
  /** From now on the keys of the issuers are kept fresh. */
  start(): void
  stop(): void
}

type AuthDeps = {
  readonly config: PinDeps['config'] & Pick<SiteConfig, 'dataDir' | 'issuers'>
  readonly reader: PinDeps['reader'] & { keys(): KeyRow[] }
  readonly clock: Clock
  readonly log: Logger
  readonly fetch?: typeof fetch
}

/** Keys checked at once, and waiting for it: scrypt is slow on purpose. */
const MAX_CHECKS = 2
const MAX_WAITING = 16
const MAX_REMEMBERED = 1_000

export function createAuthenticator(deps: AuthDeps): Authenticator {
  const { config, reader, clock, log } = deps
  const keySetDeps = { dataDir: config.dataDir, clock, log, fetch: deps.fetch ?? fetch }
  const keySets = new Map(config.issuers.map((issuer) => [issuer, createKeySet(issuer, keySetDeps)]))
  const { known, verifyToken, readList } = createVerifiers(config.issuers, (issuer) => keySets.get(issuer)!, clock)
  const gate = createGate(MAX_CHECKS, MAX_WAITING)
  const checkPin = createPinCheck(deps)
  /** Digest of a key that was found good → the hash it was good for. */
  const remembered = new Map<string, string>()

  const rowOf = (id: string): KeyRow | undefined =>
    reader.keys().find((row) => row.id === id && row.revokedAtMs === undefined)

  async function checkKey(text: string): Promise<Authentication> {
    const key = parseKey(text)
    if (key === undefined) return refused('unauthenticated', 'the key is incomplete')
    const row = rowOf(key.id)
    if (row === undefined) return refused('unauthenticated', 'the key is not known or was revoked')
    const digest = createHash('sha256').update(text).digest('base64')
    if (remembered.get(digest) !== row.hash) {
      const good = await gate(() => verifyKey(key.secret, row.hash))
      if (good === undefined) return refused('busy')
      if (!good) return refused('unauthenticated', 'the key is not known or was revoked')
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      remembered.set(digest, row.hash)
    }
    const principal = toPrincipal(row)
    return principal === undefined
      ? refused('forbidden', 'the key has no role')
      : { kind: 'caller', caller: { principal, untilMs: Number.POSITIVE_INFINITY } }
  }

  return {
    readList,
    notes: () => [...keySets.values()].flatMap((keySet) => keySet.note() ?? []),
    start() {
      for (const keySet of keySets.values()) keySet.start()
    },
    stop() {
      for (const keySet of keySets.values()) keySet.stop()
    },
    known(header) {
      const credential = bearerOf(header)
      return credential === undefined ? undefined : known(credential)
    },
    async authenticate(header, ending) {
      const [, machine, digits] = /^Pin ([a-z0-9-]{1,32}):([0-9]{4,8})$/i.exec(header ?? '') ?? []
      if (machine !== undefined && digits !== undefined) return checkPin(machine, digits, ending)
      const credential = bearerOf(header)
      if (credential === undefined) return refused('unauthenticated')
      return credential.startsWith('lk_') ? checkKey(credential) : verifyToken(credential)
    },
    stillValid({ principal, untilMs }) {
      if (clock.nowMs() >= untilMs) return false
      return !('key' in principal) || rowOf(principal.key) !== undefined
    },
  }
}

const bearerOf = (header = '') => /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1]

function toPrincipal(row: KeyRow): Principal | undefined {
  const scope = row.machines === undefined ? {} : { machines: row.machines }
  switch (row.role) {
    case 'technician':
      return { role: 'technician', id: row.name, key: row.id, ...scope }
    case 'auditor':
      return { role: 'auditor', id: row.name, key: row.id }
    case 'owner':
      return row.owner === undefined ? undefined : { role: 'owner', id: row.owner, key: row.id, ...scope }
    default:
      return undefined
  }
}

function refused(code: Refusal['code'], detail?: string): Authentication {
  return { kind: 'refused', refusal: refuse(code, detail) }
}
