/**
 * The time of a week and the ledger that it is written into, which is on the disk as that of any gateway. Read next:
 * hall.ts.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../../config/site.ts'
import { pinOf } from '../../../gateway/core/billing/tariff.ts'
import type { EntryKind, JsonObject, Stamp } from '../../../gateway/core/ground/entry.ts'
import type { Moment } from '../../../gateway/core/ground/moment.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import type { Env } from '../../../gateway/core/machine/state.ts'
import { createSigner, type VerifierKey } from '../../../gateway/ledger/evidence/note.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import { createTimeline } from '../access/timeline.ts'

/** Monday, midnight in Shanghai. */
export const START_MS = Date.UTC(2026, 0, 4, 16)
export const FENCING_ID = 3
const DISK_MS = 3
/** The log of a played week is signed by a key that everybody knows: it proves nothing to anybody else. */
const SEED = new Uint8Array(32).fill(7)

export type Journal = {
  /** Since the week began. */
  ms(): number
  now(): Moment
  env(): Env
  later(delayMs: number, run: () => void): void
  /** A number nobody had before. */
  next(): number
  passTo(ms: number): void
  append(change: Change): void
  record(kind: EntryKind, data: JsonObject, machine?: string): void
  /** Makes everything durable. */
  flush(): void
  /** Entries that are durable. */
  written(): number
  /** Makes everything durable, then goes on. */
  commit(done: () => void): void
  /** Signs what there is, and closes the ledger; its path. */
  close(): string
  readonly key: VerifierKey
}

export const tenantRef = (tenant: string) => `t-${tenant}`

export function openJournal(config: SiteConfig): Journal {
  const timeline = createTimeline(() => undefined)
  const now = (): Moment => ({ ms: START_MS + timeline.ms, ns: BigInt(timeline.ms) * 1_000_000n + 1n })
  const env = envOver(config, now)
  const origin = `${config.site}/week`
  const signer = createSigner(origin, SEED)
  mkdirSync(config.dataDir, { recursive: true })
  const path = join(config.dataDir, 'ledger.db')
  const log = { origin, signers: [signer] }
  const writer = createWriter(openWriter(path), { site: config.site, simulated: new Set(), log })
  let pending: Change[] = []
  const append = (change: Change) => void pending.push(change)
  const flush = () => {
    if (pending.length > 0) writer.commit([lastOfEach(pending)])
    pending = []
  }
  return {
    ms: () => timeline.ms,
    now,
    env,
    later: timeline.later,
    next: timeline.next,
    passTo: (ms) => timeline.passTo(ms, () => true),
    append,
    record(kind, data, machine) {
      const entry = { kind, version: 1, at: env().stamp, data } as const
      append({ kind: 'entry', entry: machine === undefined ? entry : { ...entry, machine } })
    },
    flush,
    written: () => writer.nextSeq,
    commit(done) {
      flush()
      timeline.later(DISK_MS, done)
    },
    close() {
      flush()
      writer.checkpoint(now().ms)
      writer.close()
      return path
    },
    key: signer.key,
  }
}

/** A gateway that lacks nothing. */
function envOver({ bookings, bounds, tariffs: configured }: SiteConfig, now: () => Moment): () => Env {
  const tariffs = new Map(configured.map((tariff) => [pinOf(tariff), tariff]))
  return () => {
    const { ms, ns } = now()
    const stamp: Stamp = { wallMs: ms, monoNs: String(ns), bootId: 'boot-1', clock: 'synchronised' }
    return {
      now: { ms, ns },
      stamp,
      fencingId: FENCING_ID,
      earlyStartMs: bookings.earlyStartMs,
      noShowMs: bookings.noShowMs,
      tariffs,
      tenantRef,
      acceptSigned: false,
      flapsPerHour: bounds.flapsPerHour,
      believedMs: ms,
      leastMs: ms,
      ...{ timeTrusted: true, ledgerProven: true, diskOk: true, stopping: false, offline: false },
    }
  }
}

/** Of a meter the ledger keeps one row, so that only its last change matters; entries stay as they came. */
function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map<string, Change>()
  for (const change of changes) if (change.kind === 'meter') last.set(change.state.meter, change)
  return changes.filter((change) => change.kind !== 'meter' || last.get(change.state.meter) === change)
}
