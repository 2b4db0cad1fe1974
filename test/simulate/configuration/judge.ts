/**
 * What must hold whatever was changed: accounts are conserved, totals never fall, nothing hangs, receipts of before stay
 * good, and the whole log is good evidence. It checks with the verifier, which shares nothing with the gateway.
 */
import { counted } from '../../../gateway/core/meter/meter.ts'
import { silentMeters } from '../../../gateway/core/metering/silence.ts'
import { issueBundle, issueReceipt } from '../../../gateway/ledger/issue.ts'
import { keyLines } from '../../../gateway/ledger/log/log-keys.ts'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import type { Gateway } from './gateway.ts'

export type Judge = ReturnType<typeof createJudge>

const options = { sha256: nodeSha256, ed25519: createNodeEd25519() }

export function createJudge() {
  let fault: string | undefined
  let at = ''
  let seen = -1
  const happened: Record<string, number> = {}
  const totals = new Map<string, bigint>()
  /** As they were issued. */
  const receipts = new Map<string, string>()
  const held: string[] = []

  const note = (name: string) => {
    happened[name] = (happened[name] ?? 0) + 1
  }
  const broke = (rule: string, detail: string) => {
    fault ??= `${at}: ${rule}: ${detail}`
  }

  /** After each change, and what was done since. */
  function look(gateway: Gateway): void {
    for (const { state } of gateway.machines.values()) {
      const { meters } = state.config
      for (const config of meters) {
        const known = state.meters.get(config.id)
        if (known === undefined) continue
        const { session, unassigned, disputed } = known.accounts
        const made =
          config.kind === 'register' && known.definition === config.definition ? counted(known, config) : undefined
        if (made !== undefined && made !== session + unassigned + disputed)
          broke('conserved', `${config.id}: ${made} counted, ${session} + ${unassigned} + ${disputed} in accounts`)
        for (const { unit, total } of [known, ...(known.otherUnits ?? [])]) {
          const key = `${config.id} ${unit}`
          if (total < (totals.get(key) ?? 0n)) broke('total', `${key} fell from ${totals.get(key)} to ${total}`)
          totals.set(key, total)
        }
      }
    }
    gateway.shown()
    readEntries(gateway)
    takeReceipts(gateway)
  }

  function readEntries({ reader }: Gateway): void {
    const { nextSeq } = reader.head()
    for (const { kind, body, seq } of reader.entries(seen + 1, nextSeq)) {
      seen = seq
      if (kind !== 'MeterChanged') continue
      const { change, fromUnit, reason } = body.data as { change: string; fromUnit?: string; reason?: string }
      note(`a meter ${change}`)
      if (fromUnit !== undefined) note('a meter in another unit')
      if (reason === 'waits-for-end') note('a meter that waits for the end of a session')
    }
  }

  /** Receipts that were issued once stay good, under the keys of now. */
  function takeReceipts({ reader, writer, env }: Gateway): void {
    writer.checkpoint(env().now.ms)
    const checkpoint = reader.checkpoint()
    if (checkpoint !== undefined) held.push(checkpoint.note)
    for (const { kind, session } of reader.entries(0, 1_000_000)) {
      if (kind !== 'SessionEnded' || session === undefined || receipts.has(session)) continue
      const receipt = issueReceipt(reader, session)
      if (receipt === undefined) broke('receipt', `none for ${session}`)
      else receipts.set(session, receipt)
      note('a receipt')
    }
    const keys = keyLines(reader.logKeys())
    for (const [session, receipt] of receipts) {
      const { ok, faults } = verifyReceipt(Buffer.from(receipt), keys, options)
      if (!ok) broke('receipt', `${session}: ${JSON.stringify(faults)}`)
    }
  }

  /** Everything counts, and no session is left. */
  function settled({ machines, env }: Gateway): void {
    for (const { state } of machines.values()) {
      const silent = silentMeters(env(), state)
      if (silent.length > 0) broke('silent', JSON.stringify(silent))
      if (state.session !== undefined) broke('session', `${state.session.id} is ${state.access.kind}`)
    }
  }

  /** The whole log, against every checkpoint that was ever kept. */
  function evidence({ reader, config }: Gateway): void {
    const bundle = Buffer.concat([...issueBundle(reader, config.site)].map((piece) => Buffer.from(piece)))
    const { ok, faults, facts } = verifyBundle(bundle, keyLines(reader.logKeys()), { ...options, held, thorough: true })
    if (!ok) broke('evidence', JSON.stringify(faults.slice(0, 3)))
    for (const { session } of facts.sessions) if (receipts.has(session)) note('a session in evidence')
  }

  return {
    set at(text: string) {
      at = text
    },
    get fault() {
      return fault
    },
    happened,
    note,
    broke,
    look,
    settled,
    evidence,
  }
}
