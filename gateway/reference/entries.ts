/**
 * What each kind of entry holds in its `data`, as closed schemas. A test holds every entry that the core, the control
 * thread and the commands make against them. Data never loses a member or a meaning: readers of ten years depend on it.
 * Read next: parts.ts, words.ts; core/ground/entry.ts (the body around it).
 */
import type { EntryKind } from '../core/ground/entry.ts'
import { gatewayEntries } from './gateway-entries.ts'
import { machineEntries } from './machine-entries.ts'
import { moneyEntries } from './money-entries.ts'
import type { EntryRow } from './parts.ts'
import { sessionEntries } from './session-entries.ts'

export const entries: Readonly<Record<EntryKind, EntryRow>> = {
  ...gatewayEntries,
  ...machineEntries,
  ...sessionEntries,
  ...moneyEntries,
}
