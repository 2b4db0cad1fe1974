/**
 * The messages between the ledger thread and everybody else. worker.ts is the only writer; store/reader.ts reads. A
 * commit is durable when its answer arrives; a failure leaves the outcome unknown and ends the process.
 * Read next: core/machine/change.ts (what a commit changes), client.ts, worker.ts.
 */
import type { Stamp } from '../core/ground/entry.ts'
import type { Change } from '../core/machine/change.ts'

/** To the ledger thread. It answers each message on the port that the message came through. */
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
  /** A sink refused `item` for good; it is set aside with the reason. */
  | {
      readonly kind: 'park'
      readonly id: number
      readonly sink: string
      readonly item: string
      readonly reason: string
    }
  /** `text` is the content of the log's key file: the keys in it sign from now on. */
  | { readonly kind: 'log-keys'; readonly id: number; readonly text: string; readonly at: Stamp }
  | { readonly kind: 'close'; readonly id: number }

/** From the ledger thread. */
export type FromLedger =
  | { readonly kind: 'committed'; readonly id: number; readonly firstSeq: number; readonly nextSeq: number }
  | { readonly kind: 'done'; readonly id: number }
  /** Sent to every port after each commit or checkpoint that added something. */
  | { readonly kind: 'head'; readonly nextSeq: number; readonly nextSample: number; readonly signed: number }
  | { readonly kind: 'failed'; readonly message: string }
