/** Entries as a working gateway writes most of them, and ledgers full of them. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EntryDraft } from '../../gateway/core/ground/entry.ts'
import type { Change } from '../../gateway/core/machine/change.ts'
import { createSigner } from '../../gateway/ledger/evidence/note.ts'
import { openWriter } from '../../gateway/ledger/store/database.ts'
import { createWriter, type Writer } from '../../gateway/ledger/store/writer.ts'
import { machineId, SITE } from './site.ts'

const ORIGIN = `${SITE}/0011223344556677`
const FILL = 1000

/** One second apart, of one machine; `from` is 0 or later. */
export function entries(from: number, count: number): Change[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'entry', entry: entry(from + index) }))
}

/** A ledger with its tree, as the ledger thread opens it; or without, for a gateway that will build it. */
export function openLedger(path: string, tree: boolean): Writer {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const signers = [createSigner(ORIGIN, new Uint8Array(32).fill(1))]
  const log = tree ? { log: { origin: ORIGIN, signers } } : {}
  return createWriter(openWriter(path), { site: SITE, simulated: new Set(), ...log })
}

export function fillLedger(path: string, count: number): void {
  const writer = openLedger(path, false)
  for (let from = 0; from < count; from += FILL) writer.commit([entries(from, Math.min(FILL, count - from))])
  writer.close()
}

function entry(index: number): EntryDraft {
  const works = index % 2 === 0
  return {
    kind: 'AvailabilityChanged',
    version: 1,
    machine: machineId(0),
    at: {
      wallMs: Date.UTC(2026, 0, 5) + index * 1000,
      monoNs: String(BigInt(index) * 1_000_000_000n),
      bootId: '7f1f2b3c-0000-4000-8000-000000000001',
      clock: 'synchronised',
    },
    data: {
      from: works ? 'Available' : 'InUse',
      to: works ? 'InUse' : 'Available',
      ...(works ? { reason: 'foreign' } : {}),
      access: 'Unknown',
      itemState: works ? 'Executing' : 'NotExecuting',
      mode: 'None',
    },
  }
}
