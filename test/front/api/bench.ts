/**
 * A server over a real ledger file, with a scripted control end in place of the control thread. No ports unless a test
 * listens.
 * Read next: site.ts, credentials.ts (who calls), rows.ts (what is there).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { exportJWK } from 'jose'
import { pino } from 'pino'
import type { SiteConfig } from '../../../config/site.ts'
import type { BoardRow } from '../../../gateway/core/board/message.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { refuse } from '../../../gateway/core/ground/refusal.ts'
import type { Change, KeyRow } from '../../../gateway/core/machine/change.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import type { ServerDeps, SinkHealth } from '../../../gateway/front/api/api.ts'
import { createBoardCopy } from '../../../gateway/front/api/board.ts'
import { hashKey, newKey } from '../../../gateway/front/api/caller/key.ts'
import { buildServer } from '../../../gateway/front/api/server.ts'
import type { Head } from '../../../gateway/ledger/client.ts'
import { createSigner } from '../../../gateway/ledger/evidence/note.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import { createImage, imageReader, imageWriter } from '../../../gateway/live/image.ts'
import { livePoints } from '../../../gateway/live/point.ts'

import { platformKeys } from './credentials.ts'
import { entryDraft, NOW_MS } from './rows.ts'
import { siteConfig } from './site.ts'

export const LOG_ORIGIN = 'test-site/0011223344556677'

const SINK: SinkHealth = {
  ...{ name: 'mqtt', connected: true, behind: 0, behindMs: 0, rate: 0, parked: 0 },
  ...{ samples: 0, samplesWaiting: 0, skipped: 0, drops: [] },
}

export type Bench = Awaited<ReturnType<typeof createBench>>

export async function createBench(
  change: (config: SiteConfig) => SiteConfig = (config) => config,
  more: Partial<ServerDeps> = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-api-'))
  const config = change(siteConfig(dir, await writeKeySet(dir)))
  const ledger = openLedger(join(dir, 'ledger.db'), config.site)
  const board = createBoardCopy(config.machines.map(({ id }) => id))
  const signals = createSignals(config)
  const control = createControlEnd()
  const logged: string[] = []
  const clock = { ms: NOW_MS, ns: 1_000_000_000_000n }

  const deps: ServerDeps = {
    config,
    version: '0.0.0-test',
    instance: 'boot-1',
    reader: ledger.reader,
    board,
    signal: signals.read,
    ask: control.ask,
    tell: control.tell,
    onHead: ledger.onHead,
    sinks: () => [SINK],
    clock: { nowMs: () => clock.ms, nowNs: () => clock.ns },
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    ...more,
  }
  const app: FastifyInstance = buildServer(deps)

  return {
    app,
    deps,
    config,
    dir,
    clock,
    logged,
    commands: control.commands,
    denials: control.denials,
    answer: control.answer,
    sign: ledger.sign,
    commit: ledger.commit,
    listeners: ledger.listeners,
    addEntries: ledger.addEntries,
    addKey: ledger.addKey,
    unlock: (token: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/machines/saw-1/unlock',
        headers: { authorization: `Bearer ${token}` },
        payload: {},
      }),
    putSignal: signals.put,
    setBoard(...rows: BoardRow[]) {
      const health = { ready: true, notes: [], clock: 'synchronised', counters: { commits: 1 } }
      board.take({ kind: 'board', rows, asOf: new Float64Array(), links: [], health }, clock.ns)
    },
    async close() {
      await app.close()
      ledger.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The image of values, as the control thread writes it and the front reads it. */
function createSignals({ machines }: SiteConfig) {
  const points = livePoints(machines)
  const memory = createImage(points.length)
  const [writer, reader] = [imageWriter(memory), imageReader(memory)]
  const numberOf = (signal: string) => points.findIndex(({ kind, id }) => kind === 'signal' && id === signal)
  return {
    read: (id: string) => reader(numberOf(id)),
    put: (reading: Reading, maxAgeMs: number) => writer.put(numberOf(reading.point), reading, maxAgeMs),
  }
}

async function writeKeySet(dir: string): Promise<string> {
  const path = join(dir, 'platform.json')
  const key = { ...(await exportJWK(platformKeys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }
  writeFileSync(path, JSON.stringify({ keys: [key] }))
  return path
}

/** What is asked and told is kept; what is answered, a test scripts. */
function createControlEnd() {
  const commands: Command[] = []
  const denials: Command[] = []
  let script: (command: Command) => Outcome | Promise<Outcome> = () => ({
    kind: 'refused',
    refusal: refuse('internal', 'nothing scripted'),
  })
  return {
    commands,
    denials,
    answer(next: typeof script) {
      script = next
    },
    async ask(command: Command): Promise<Outcome> {
      commands.push(command)
      return script(command)
    },
    tell: (command: Command) => void denials.push(command),
  }
}

function openLedger(path: string, site: string) {
  const writer = createWriter(openWriter(path), {
    site,
    simulated: new Set(),
    log: { origin: LOG_ORIGIN, signers: [createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3))] },
  })
  const reader = createReader(path)
  const listeners = new Set<(head: Head) => void>()
  function commit(...changes: Change[]): void {
    writer.commit([changes])
    for (const listener of listeners)
      listener({ nextSeq: writer.nextSeq, nextSample: writer.nextSample, signed: writer.signed })
  }
  return {
    reader,
    listeners,
    commit,
    /** Signs what is there. */
    sign: () => writer.checkpoint(NOW_MS),
    onHead: (listener: (head: Head) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
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
    close() {
      reader.close()
      writer.close()
    },
  }
}
