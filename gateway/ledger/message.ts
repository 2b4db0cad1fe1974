/**
 * The ledger as others call it: what may be changed together, and what comes back. worker.ts is the only writer;
 * ledger/store/reader.ts reads. A commit is durable when its reply comes; a failure means "unknown" and ends the process.
 */

import type { Stamp } from '../core/ground/entry.ts'
import type { Change } from '../core/machine/change.ts'

export type { Change, KeyRow, MachineRow, SampleDraft } from '../core/machine/change.ts'

/** Anyone → ledger thread. Each port is answered on itself. */
export type ToLedger =
  | { readonly kind: 'commit'; readonly id: number; readonly changes: readonly Change[] }
  /** A sink has delivered all entries below `next`, and all samples below `nextSample`. */
  | {
      readonly kind: 'cursor'
      readonly id: number
      readonly sink: string
      readonly next: number
      readonly nextSample: number
    }
  /** Entry `seq` was refused for good by a sink; it is kept aside with the reason. */
  | {
      readonly kind: 'park'
      readonly id: number
      readonly sink: string
      readonly item: string
      readonly reason: string
    }
  /** The text of the file of the log's private keys: what signs from now on. */
  | { readonly kind: 'log-keys'; readonly id: number; readonly text: string; readonly at: Stamp }
  | { readonly kind: 'close'; readonly id: number }

/** Ledger thread → anyone. */
export type FromLedger =
  | { readonly kind: 'committed'; readonly id: number; readonly firstSeq: number; readonly nextSeq: number }
  | { readonly kind: 'done'; readonly id: number }
  /** To every port, after each group commit that brought something. */
  | { readonly kind: 'head'; readonly nextSeq: number; readonly nextSample: number; readonly signed: number }
  | { readonly kind: 'failed'; readonly message: string }
