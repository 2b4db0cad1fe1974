/**
 * A server over a real ledger file, with a scripted control end in place of the control thread, and an issuer whose
 * keys and tokens the tests make. No ports unless a test listens.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import type { SiteConfig } from '../../../config/site.ts'
import type { BoardRow } from '../../../gateway/core/board/message.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { refuse } from '../../../gateway/core/ground/refusal.ts'
import type { Change, KeyRow } from '../../../gateway/core/machine/change.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import type { ServerDeps } from '../../../gateway/front/api/api.ts'
import { createBoardCopy } from '../../../gateway/front/api/board.ts'
import { hashKey, newKey } from '../../../gateway/front/api/caller/key.ts'
import { buildServer } from '../../../gateway/front/api/server.ts'
import type { Head } from '../../../gateway/ledger/client.ts'
import { createSigner } from '../../../gateway/ledger/evidence/note.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'

export const ISSUER = 'https://platform.example'
export const AUDIENCE = 'latchkey:test-site'
export const NOW_MS = Date.UTC(2026, 10, 23, 8, 0, 0)
export const NOW_S = NOW_MS / 1000
const LOG_ORIGIN = 'test-site/0011223344556677'

export const machine = (id: string, owner: string): MachineConfig => ({
  id,
  name: { en: `Machine ${id}` },
  owner,
  simulated: true,
  commissioning: { interlockId: '', retestMs: 31_536_000_000 },
  devices: {},
  signals: [
    {
      id: `${id}/main.power`,
      machine: id,
      alias: 'main',
      name: 'power',
      link: 'bus',
      address: 0,
      device: 1,
      intervalMs: 1000,
      unit: 'W',
      scale: 1,
      offset: 0,
      required: true,
    },
  ],
  meters: [
    {
      kind: 'register',
      id: `${id}/main.energy`,
      machine: id,
      signal: `${id}/main.energy`,
      unit: 'Wh',
      perCount: 1n,
      maxRate: 100n,
      resets: 'never',
      gating: true,
    },
    { kind: 'duration', id: `${id}/main.running`, machine: id, unit: 'ms', while: 'Executing', gating: false },
  ],
  state: { kind: 'map', signal: `${id}/main.state`, states: {} },
  offline: { policy: 'accept-signed', caps: {} },
  endOfBooking: { warnMs: 1, graceMs: 1, policy: 'finish-cycle' },
  afterUse: { cleanDownMs: 0, inspection: 'none' },
})

export function siteConfig(dataDir: string, jwksPath: string): SiteConfig {
  return {
    site: 'test-site',
    timezone: 'Asia/Shanghai',
    dataDir,
    fencingId: 0,
    api: {
      host: '127.0.0.1',
      port: 0,
      bodyLimit: 4096,
      requestTimeoutMs: 5000,
      rateLimit: 100_000,
      maxStreams: 4,
      // Not looked at: a test does not depend on how busy its computer is.
      maxLoopDelayMs: 0,
      commandTimeoutMs: 2000,
      maxCommands: 4,
      pinTries: 3,
      pinWindowMs: 900_000,
    },
    issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks: { kind: 'file', path: jwksPath } }],
    time: { trust: 'system' },
    bookings: { source: 'push', unknown: 'accept-signed', earlyStartMs: 0, noShowMs: 900_000, contactMs: 900_000 },
    links: [{ id: 'bus', protocol: 'modbus', options: {} }],
    machines: [machine('saw-1', 'huajian'), machine('press-1', 'other-owner')],
    bounds: {
      ticksPerSecond: 20,
      commitEveryMs: 250,
      maxPending: 1000,
      ledgerTimeoutMs: 5000,
      samples: 1000,
      sampleEveryMs: 60_000,
      reconnectMaxMs: 30_000,
      maxOverrideMs: 3_600_000,
      maxBookings: 100,
      maxBlocks: 100,
      checkpointEveryMs: 300_000,
      diskReserve: 1,
      retentionYears: 10,
    },
    configurationId: 'c'.repeat(64),
  }
}

/** Keys are made once: a pair is slow. */
export const platformKeys = await generateKeyPair('ES256', { extractable: true })
export const strangerKeys = await generateKeyPair('ES256', { extractable: true })

type Claims = Record<string, unknown>

export const bookingClaims = (more: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'tenant-a',
  jti: uuidv7(),
  iat: NOW_S - 60,
  nbf: NOW_S - 60,
  exp: NOW_S + 3600,
  booking: 'b-1',
  ver: 1,
  machine: 'saw-1',
  start: '2026-11-23T15:00:00+08:00',
  end: '2026-11-23T18:00:00+08:00',
  ...more,
})

export const serviceClaims = (more: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'booking-service',
  iat: NOW_S - 60,
  exp: NOW_S + 600,
  ...more,
})

export function sign(
  claims: Claims,
  typ: string,
  header: Record<string, unknown> = {},
  key: CryptoKey = platformKeys.privateKey,
): Promise<string> {
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: 'ES256', typ, kid: 'k1', ...header })
    .sign(key)
}

export const tenantToken = (more: Claims = {}) => sign(bookingClaims(more), 'latchkey-booking+jwt')
export const platformToken = (more: Claims = {}) => sign(serviceClaims(more), 'latchkey-service+jwt')

export const revocationList = (more: Claims = {}) =>
  sign(
    { iss: ISSUER, aud: AUDIENCE, iat: NOW_S - 60, number: 1, bookings: [], jtis: [], ...more },
    'latchkey-revocations+jwt',
  )

export type Bench = Awaited<ReturnType<typeof createBench>>

export async function createBench(
  change: (config: SiteConfig) => SiteConfig = (config) => config,
  more: Partial<ServerDeps> = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-api-'))
  const jwksPath = join(dir, 'platform.json')
  writeFileSync(
    jwksPath,
    JSON.stringify({ keys: [{ ...(await exportJWK(platformKeys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] }),
  )
  const config = change(siteConfig(dir, jwksPath))
  const path = join(dir, 'ledger.db')
  const writer = createWriter(openWriter(path), {
    site: config.site,
    simulated: new Set(),
    samples: 1000,
    log: { origin: LOG_ORIGIN, signers: [createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3))] },
  })
  const reader = createReader(path)
  const board = createBoardCopy()
  const commands: Command[] = []
  const denials: Command[] = []
  const logged: string[] = []
  const listeners = new Set<(head: Head) => void>()
  const clock = { ms: NOW_MS, ns: 1_000_000_000_000n }
  let answer: (command: Command) => Outcome | Promise<Outcome> = () => ({
    kind: 'refused',
    refusal: refuse('internal', 'nothing scripted'),
  })

  const deps: ServerDeps = {
    config,
    version: '0.0.0-test',
    instance: 'boot-1',
    reader,
    board,
    ask: async (command) => {
      commands.push(command)
      return answer(command)
    },
    tell: (command) => void denials.push(command),
    onHead: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    sinks: () => [{ name: 'mqtt', connected: true, behind: 0, behindMs: 0, skipped: 0, parked: 0 }],
    clock: { nowMs: () => clock.ms, nowNs: () => clock.ns },
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    ...more,
  }
  const app: FastifyInstance = buildServer(deps)

  function commit(...changes: Change[]): void {
    writer.commit([changes])
    for (const listener of listeners)
      listener({ nextSeq: writer.nextSeq, nextSample: writer.nextSample, signed: writer.signed })
  }

  return {
    /** Signs what is there. */
    sign: () => writer.checkpoint(NOW_MS),
    app,
    deps,
    config,
    dir,
    clock,
    commands,
    denials,
    logged,
    listeners,
    commit,
    answer(script: typeof answer) {
      answer = script
    },
    addEntries(count: number, draft: (index: number) => Partial<EntryDraft> = () => ({})) {
      const entries = Array.from({ length: count }, (_, index) => ({ ...entryDraft(), ...draft(index) }))
      commit(...entries.map((entry) => ({ kind: 'entry' as const, entry })))
    },
    async addKey(role: KeyRow['role'], name: string, owner?: string, machines?: string[]) {
      const key = newKey()
      const row: KeyRow = {
        id: key.id,
        role,
        name,
        hash: await hashKey(key.secret),
        addedAtMs: NOW_MS,
        ...(owner === undefined ? {} : { owner }),
        ...(machines === undefined ? {} : { machines }),
      }
      commit({ kind: 'key', row })
      return { key, row }
    },
    setBoard(...rows: BoardRow[]) {
      board.take(
        {
          kind: 'board',
          rows,
          signals: [],
          links: [],
          health: { ready: true, notes: [], clock: 'synchronised', counters: { commits: 1 } },
        },
        clock.ns,
      )
    },
    async close() {
      await app.close()
      reader.close()
      writer.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export const entryDraft = (): EntryDraft => ({
  kind: 'AvailabilityChanged',
  version: 1,
  machine: 'saw-1',
  at: { wallMs: NOW_MS, monoNs: '1', bootId: 'boot-1', clock: 'synchronised' },
  data: {},
})

export const boardRow = (id: string, more: Partial<BoardRow> = {}): BoardRow => ({
  machine: id,
  availability: { state: 'Available', freeUntilMs: NOW_MS + 3_600_000 },
  itemState: 'NotExecuting',
  mode: 'Processing',
  access: 'Locked',
  maintenance: false,
  simulated: true,
  commissioning: { kind: 'commissioned' },
  asOfMs: NOW_MS - 500,
  asOfNs: 1_000_000_000_000n - 500_000_000n,
  maxAgeMs: 3000,
  ...more,
})

/** The body of a good manual entry. */
export const readByHand = {
  meter: 'boards',
  unit: 'pcs',
  quantity: '7',
  from: '2026-11-23T06:00:00Z',
  to: '2026-11-23T07:00:00Z',
  reason: 'not wired',
}

export const session = (more: Partial<Session> = {}): Session => ({
  id: uuidv7(),
  machine: 'saw-1',
  booking: 'b-1',
  tenant: 'tenant-a',
  owner: 'huajian',
  simulated: true,
  status: 'open',
  token: '16',
  tag: 7,
  tenantRef: 't-pseudonym',
  intendedAtMs: NOW_MS - 60_000,
  startedAtMs: NOW_MS - 59_000,
  bookedUntilMs: NOW_MS + 3_600_000,
  deadlineNs: '1',
  bootId: 'boot-1',
  limits: {},
  begin: [{ meter: 'saw-1/main.energy', unit: 'Wh', raw: '100', epoch: 1, total: '100', atMs: NOW_MS - 60_000 }],
  use: [{ meter: 'saw-1/main.energy', unit: 'Wh', quantity: '40' }],
  ...more,
})
