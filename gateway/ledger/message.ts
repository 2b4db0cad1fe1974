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
  /** It is set aside no more. */
  | { readonly kind: 'unpark'; readonly id: number; readonly sink: string; readonly item: string }
  /** `text` is the content of the log's key file: the keys in it sign from now on. */
  | { readonly kind: 'log-keys'; readonly id: number; readonly text: string; readonly at: Stamp }
  /** The other box has all changes up to `n`, or nobody has to. */
  | { readonly kind: 'kept'; readonly n: number }
  /** Answered after all that was said before. */
  | { readonly kind: 'settle'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number }

/** From the ledger thread. */
export type FromLedger =
  | { readonly kind: 'committed'; readonly id: number; readonly firstSeq: number; readonly nextSeq: number }
  | { readonly kind: 'done'; readonly id: number }
  /** Sent to every port after each commit or checkpoint that added something. */
  | { readonly kind: 'head'; readonly nextSeq: number; readonly nextSample: number; readonly signed: number }
  /**
   * Of a pair: what was written since the last one, as a changeset of SQLite. Nobody hears that it is durable before
   * `kept` has come for it.
   */
  | { readonly kind: 'changes'; readonly n: number; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string }
