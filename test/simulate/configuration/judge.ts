/**
 * What must hold whatever was changed: accounts are conserved, totals never fall, nothing hangs, receipts of before
 * stay good, and the whole log is good evidence. It asks the verifier, which shares nothing with the gateway.
 */
import { counted, type MeterState } from '../../../gateway/core/meter/meter.ts'
import { silentMeters } from '../../../gateway/core/metering/silence.ts'
import { issueBundle, issueReceipt } from '../../../gateway/ledger/issue.ts'
import { keyLines } from '../../../gateway/ledger/log/log-keys.ts'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import type { Gateway } from './gateway.ts'

export type Judge = {
  /** Where in the life it is; the fault says so. */
  at: string
  fault: string | undefined
  readonly happened: Record<string, number>
  /** The last entry that was looked at. */
  seen: number
  readonly totals: Map<string, bigint>
  /** By session, as they were issued. */
  readonly receipts: Map<string, string>
  /** Every checkpoint that there ever was. */
  readonly held: string[]
}

const options = { sha256: nodeSha256, ed25519: createNodeEd25519() }
/** More entries than a life has. */
const ALL = 1_000_000

export const newJudge = (): Judge => ({
  at: '',
  fault: undefined,
  happened: {},
  seen: -1,
  totals: new Map(),
  receipts: new Map(),
  held: [],
})

export function note({ happened }: Judge, name: string): void {
  happened[name] = (happened[name] ?? 0) + 1
}

export function broke(judge: Judge, rule: string, detail: string): void {
  judge.fault ??= `${judge.at}: ${rule}: ${detail}`
}

/** After each change, and what was done since. */
export function look(judge: Judge, gateway: Gateway): void {
  for (const { state } of gateway.machines.values())
    for (const config of state.config.meters) {
      const known = state.meters.get(config.id)
      if (known === undefined) continue
      lookAtTotals(judge, known)
      if (config.kind !== 'register' || known.definition !== config.definition) continue
      const { session, unassigned, disputed } = known.accounts
      const made = counted(known, config)
      if (made !== session + unassigned + disputed)
        broke(judge, 'conserved', `${config.id}: ${made} counted, ${session} + ${unassigned} + ${disputed} in accounts`)
    }
  gateway.shown()
  readEntries(judge, gateway)
  takeReceipts(judge, gateway)
}

function lookAtTotals(judge: Judge, { meter, unit, total, otherUnits = [] }: MeterState): void {
  for (const one of [{ unit, total }, ...otherUnits]) {
    const key = `${meter} ${one.unit}`
    const before = judge.totals.get(key) ?? 0n
    if (one.total < before) broke(judge, 'total', `${key} fell from ${before} to ${one.total}`)
    judge.totals.set(key, one.total)
  }
}

function readEntries(judge: Judge, { reader }: Gateway): void {
  for (const { kind, body, seq } of reader.entries(judge.seen + 1, ALL)) {
    judge.seen = seq
    if (kind !== 'MeterChanged') continue
    const { change, fromUnit, reason } = body.data as { change: string; fromUnit?: string; reason?: string }
    note(judge, `a meter ${change}`)
    if (fromUnit !== undefined) note(judge, 'a meter in another unit')
    if (reason === 'waits-for-end') note(judge, 'a meter that waits for the end of a session')
  }
}

/** A receipt that was issued once stays good, under the keys of now. */
function takeReceipts(judge: Judge, { reader, writer, env }: Gateway): void {
  const { receipts, held } = judge
  writer.checkpoint(env().now.ms)
  const checkpoint = reader.checkpoint()
  if (checkpoint !== undefined) held.push(checkpoint.note)
  for (const { kind, session } of reader.entries(0, ALL)) {
    if (kind !== 'SessionEnded' || session === undefined || receipts.has(session)) continue
    const receipt = issueReceipt(reader, session)
    if (receipt === undefined) broke(judge, 'receipt', `none for ${session}`)
    else receipts.set(session, receipt)
    note(judge, 'a receipt')
  }
  const keys = keyLines(reader.logKeys())
  for (const [session, receipt] of receipts) {
    const { ok, faults } = verifyReceipt(Buffer.from(receipt), keys, options)
    if (!ok) broke(judge, 'receipt', `${session}: ${JSON.stringify(faults)}`)
  }
}

/** Everything counts, and no session is left. */
export function lookSettled(judge: Judge, { machines, env }: Gateway): void {
  for (const { state } of machines.values()) {
    const silent = silentMeters(env(), state)
    if (silent.length > 0) broke(judge, 'silent', JSON.stringify(silent))
    if (state.session !== undefined) broke(judge, 'session', `${state.session.id} is ${state.access.kind}`)
  }
}

/** The whole log, against every checkpoint that was ever kept. */
export function lookAtEvidence(judge: Judge, { reader, config }: Gateway): void {
  const { held, receipts } = judge
  const bundle = Buffer.concat([...issueBundle(reader, config.site)].map((piece) => Buffer.from(piece)))
  const { ok, faults, facts } = verifyBundle(bundle, keyLines(reader.logKeys()), { ...options, held, thorough: true })
  if (!ok) broke(judge, 'evidence', JSON.stringify(faults.slice(0, 3)))
  for (const { session } of facts.sessions) if (receipts.has(session)) note(judge, 'a session in evidence')
}
