/** The four clocks of a session as they are shown; each stands for a time element of ISO 22400-2. */
import Type, { type Static } from 'typebox'
import { clockTimes } from '../../../core/session/clocks.ts'
import type { Session } from '../../../core/session/session.ts'

const ms = (description: string) => Type.Integer({ minimum: 0, description: `ms; ${description}` })

export const clocksSchema = Type.Object(
  {
    bookedMs: ms('planned busy time (PBT): the length of the booking, not measured.'),
    occupiedMs: ms('actual unit busy time (AUBT): unlocked for this session.'),
    poweredMs: ms('occupied and ready; occupied − powered is down time (ADOT).'),
    executingMs: ms('actual production time (APT); powered − executing is set-up and delay time (AUST, ADET).'),
  },
  {
    title: 'SessionClocks',
    description:
      'Four clocks that run in parallel, by ISO 22400-2 with the booking as the order: executing ≤ powered ≤ occupied. Time that nobody watched is not counted. While the session is open they stand as at its last record.',
  },
)

/** Undefined for a session that never had the machine. */
export function toClocks(session: Session): Static<typeof clocksSchema> | undefined {
  return session.clocks === undefined ? undefined : clockTimes(session)
}
