/** What the ledger and the board hold in the tests, and the moment they are about. */
import { v7 as uuidv7 } from 'uuid'
import type { BoardRow } from '../../../gateway/core/board/message.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Session } from '../../../gateway/core/session/session.ts'

export const NOW_MS = Date.UTC(2026, 10, 23, 8, 0, 0)
export const NOW_S = NOW_MS / 1000

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
  silent: [],
  commissioning: { kind: 'commissioned' },
  clock: 'synchronised',
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
