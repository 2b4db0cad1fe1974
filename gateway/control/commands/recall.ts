/** What is no longer in memory, read from the ledger when a command needs it. */
import type { Booking } from '../../core/booking/booking.ts'
import type { Entry } from '../../core/ground/entry.ts'
import type { Earlier } from '../../core/session/correction.ts'
import type { Session } from '../../core/session/session.ts'
import { billedEntry } from '../../ledger/credits.ts'
import type { Reader } from '../../ledger/store/reader.ts'

export type Recall = {
  booking(id: string): Booking | undefined
  session(id: string): Session | undefined
  entry(seq: number): Entry | undefined
  /** What corrections have moved to and from a session. */
  adjustments(session: string): Earlier[]
  /** The entry of a bill, by the id of the bill. */
  billed(id: string): Entry | undefined
  /** The proposal of a credit and, once there is one, its approval. */
  credit(id: string): Entry[]
  /** Proposals and approvals of credits of one bill, by the sequence of its entry. */
  creditsOf(original: number): Entry[]
  /** Statements that were issued, newest first. */
  statements(): Entry[]
}

/** Statements in which a bill is looked for. */
const MOST_STATEMENTS = 2000

export function recallFrom(reader: Reader): Recall {
  return {
    booking: (id) => reader.booking(id),
    session: (id) => reader.session(id),
    entry: (seq) => reader.entries(seq, 1).find((entry) => entry.seq === seq),
    adjustments: (session) =>
      reader.corrections(session).flatMap(({ body }) => body.data.adjust as unknown as Earlier[]),
    billed: (id) => billedEntry(reader, id),
    credit: (id) => reader.creditEntriesOf(id),
    creditsOf: (original) => reader.creditsOf(original),
    statements: () => reader.statementsIssued(MOST_STATEMENTS),
  }
}
