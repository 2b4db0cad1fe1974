/** What is no longer in memory, read from the ledger when a command needs it. */
import type { Booking } from '../../core/booking/booking.ts'
import type { Entry } from '../../core/ground/entry.ts'
import type { Earlier } from '../../core/session/correction.ts'
import type { Session } from '../../core/session/session.ts'
import type { Reader } from '../../ledger/store/reader.ts'

export type Recall = {
  booking(id: string): Booking | undefined
  session(id: string): Session | undefined
  entry(seq: number): Entry | undefined
  /** What corrections have moved to and from a session. */
  adjustments(session: string): Earlier[]
}

export function recallFrom(reader: Reader): Recall {
  return {
    booking: (id) => reader.booking(id),
    session: (id) => reader.session(id),
    entry: (seq) => reader.entries(seq, 1).find((entry) => entry.seq === seq),
    adjustments: (session) =>
      reader.corrections(session).flatMap(({ body }) => body.data.adjust as unknown as Earlier[]),
  }
}
