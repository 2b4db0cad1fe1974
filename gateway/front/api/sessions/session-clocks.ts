/**
 * The four clocks of a session as they are shown; each stands for a time element of ISO 22400-2. They run on in memory,
 * so the board knows them later than the ledger does.
 */
import Type, { type Static } from 'typebox'
import { clockTimes } from '../../../core/session/clocks.ts'
import { isOpen, type Session } from '../../../core/session/session.ts'
import type { BoardCopy } from '../board.ts'
import { shownInstant, toInstant } from '../http/instant.ts'

const ms = (description: string) => Type.Integer({ minimum: 0, description: `ms; ${description}` })

export const clocksSchema = Type.Object(
  {
    bookedMs: ms('planned busy time (PBT): the length of the booking, not measured.'),
    occupiedMs: ms('actual unit busy time (AUBT): unlocked for this session.'),
    poweredMs: ms('occupied and ready; occupied − powered is down time (ADOT).'),
    executingMs: ms('actual production time (APT); powered − executing is set-up and delay time (AUST, ADET).'),
    asOf: Type.Optional(shownInstant('When they stood so, while the session is open; absent: as at its last record.')),
  },
  {
    title: 'SessionClocks',
    description:
      'Four clocks that run in parallel, by ISO 22400-2 with the booking as the order: executing ≤ powered ≤ occupied. Time that nobody watched is not counted.',
  },
)

/** Undefined for a session that never had the machine. With a board, an open session shows them as they stand now. */
export function toClocks(session: Session, board?: BoardCopy): Static<typeof clocksSchema> | undefined {
  if (session.clocks === undefined) return undefined
  const row = isOpen(session) ? board?.row(session.machine) : undefined
  if (row?.clocks === undefined || row.session !== session.id) return clockTimes(session)
  const { atMs, ...times } = row.clocks
  return { ...times, asOf: toInstant(atMs) }
}
