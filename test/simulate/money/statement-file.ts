/**
 * A statement file as the gateway makes it: a log with tariffs, sessions, missed bookings and credits, their receipts,
 * and the entry with the hash of the statement. `forge` and `forgeCredits` stand for a gateway that signs what it may
 * not. Read next: statement-lies.ts (what is done to it).
 */
import canonicalize from 'canonicalize'
import { type Statement, statementOf } from '../../../gateway/core/billing/statement.ts'
import { pinOf } from '../../../gateway/core/billing/tariff.ts'
import type { EntryBody, EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import { inclusionProof, leafHash, leafSource } from '../../../gateway/ledger/evidence/merkle.ts'
import { encodeStatement } from '../../../gateway/ledger/evidence/statement.ts'
import { createLog, keyOf, type Log, sha256 } from '../../ledger/verify/shop/log.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { anyCredits, approvedIn } from './any-credit.ts'
import { chooseBy } from './any-tariff.ts'
import { PERIOD, type Story, storyOf, usesOf } from './sums.ts'

const ORIGIN = 'hall/11aa22bb33cc44dd'
const key = keyOf('money', ORIGIN)
export const VKEY = key.vkey

export type Made = { readonly text: string; readonly statement: Statement; readonly log: Log }

export function statementFile(
  seed: number,
  uses: number,
  forge: (statement: Statement) => Statement = (own) => own,
  forgeCredits: (credits: readonly EntryBody[]) => readonly EntryBody[] = (own) => own,
): Made {
  const story = storyOf(seed, uses)
  const log = createLog('hall', ORIGIN, new Set())
  const append = (kind: EntryKind, data: JsonObject, over: Partial<EntryBody> = {}) => {
    const wallMs = Date.parse(over.at ?? '2026-01-01T00:00:00.000Z')
    const at = { wallMs, monoNs: '1', bootId: 'b1', clock: 'synchronised' as const }
    const { machine, session } = over
    return log.append({ kind, version: 1, at, data, ...(machine && { machine }), ...(session && { session }) })
  }
  append('GatewayStarted', { version: '1.0.0', node: 'v24', fencingId: 3 })
  append('ConfigurationApplied', { configurationId: 'c0ffee', machines: 1, links: 1 })
  const entries = story.entries.filter(({ simulated }) => simulated === undefined)
  const named = new Set(usesOf(entries).flatMap((use) => (use.override || use.incomplete ? [] : (use.tariff ?? []))))
  const tariffs = story.tariffs
    .filter((tariff) => named.has(pinOf(tariff)))
    .map((tariff) => append('TariffPublished', tariff as unknown as JsonObject))
  const kept = entries.map((entry, index) => appendUse(append, entry, index))
  const missed = kept.filter((_, index) => entries[index]!.kind === 'BookingCancelled')
  const placed = entries.map((entry, index) => ({ ...entry, seq: kept[index]! }))
  const credits = forgeCredits(anyCredits(chooseBy(random(seed)), placed, story.tariffs, 0))
  const creditsAt = credits.map(({ kind, data, ...over }) => append(kind, data, over))
  const approved = approvedIn(credits, placed)
  const statement = forge(statementOf(PERIOD, usesOf(entries), byPin(story), approved))
  const hash = Buffer.from(sha256(Buffer.from(canonicalize(statement)!))).toString('hex')
  const issued = append('StatementIssued', { sha256: hash, from: PERIOD.from, to: PERIOD.to })
  const note = log.checkpoint([key.signer])
  const receipts = entries.flatMap(({ kind, session }) => (kind === 'SessionEnded' ? log.receipt(session!) : []))
  const text = encodeStatement({
    origin: ORIGIN,
    statement: statement as unknown as JsonObject,
    entries: [...tariffs, ...missed, ...creditsAt, issued].map((index) => proven(log, index)),
    receipts,
    checkpoint: note,
  })
  return { text, statement, log }
}

const byPin = ({ tariffs }: Story) => new Map(tariffs.map((tariff) => [pinOf(tariff), tariff]))

type Append = (kind: EntryKind, data: JsonObject, over?: Partial<EntryBody>) => number

function appendUse(append: Append, { kind, data, machine, session, at }: EntryBody, index: number): number {
  if (kind === 'SessionEnded') {
    const { booking, tenant, begin, startedAt } = data
    const token = String(19 + 16 * index)
    const over = { machine: machine!, session: session!, at: String(startedAt) }
    append('UnlockIntended', { booking: booking!, tenant: tenant!, begin: begin!, token }, over)
    append('UnlockConfirmed', { begin: begin!, token, resume: false }, over)
  }
  return append(kind, data, { at, ...(machine && { machine }), ...(session && { session }) })
}

function proven({ bodies }: Log, index: number) {
  const leaves = bodies.map((body) => leafHash(sha256, Buffer.from(body)))
  return {
    index,
    body: bodies[index]!,
    proof: inclusionProof(sha256, index, bodies.length, leafSource(sha256, leaves)),
  }
}
