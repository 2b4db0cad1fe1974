/**
 * What a use has cost so far, by the same function as its bill; once it has ended, its bill. A reading that is not
 * durable yet is not in it, so it never exceeds the statement.
 * Read next: core/session/cost.ts, core/billing/bill.ts.
 */
import Type, { type Static } from 'typebox'
import { type Bill, billOf } from '../../../core/billing/bill.ts'
import { unbilledFor } from '../../../core/billing/statement.ts'
import { pinOf } from '../../../core/billing/tariff.ts'
import { useSoFar } from '../../../core/session/cost.ts'
import type { Session } from '../../../core/session/session.ts'
import { billedEntry, billedUse } from '../../../ledger/credits.ts'
import type { Api, App } from '../api.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sessionId } from '../http/schema.ts'
import { toClocks } from '../sessions/session-clocks.ts'
import { sessionFor } from '../sessions/sessions.ts'
import { billSchema } from './bill-body.ts'

const getCost = {
  config: { action: 'session.read', problems: ['not-found'] },
  schema: {
    operationId: 'getCost',
    summary: 'What a session has cost so far, and why',
    description: 'It only rises, and is the bill once the session has ended.',
    tags: ['money'],
    params: Type.Object({ id: sessionId }),
    response: {
      200: Type.Object(
        {
          asOf: shownInstant('Of the readings.'),
          final: Type.Boolean({ description: 'The session has ended.' }),
          bill: Type.Optional(billSchema),
          unbilled: Type.Optional(
            Type.String({
              description:
                'Why no statement will have it: simulated, override, incomplete, no-tariff. With a bill: what it would cost.',
            }),
          ),
        },
        { title: 'Cost' },
      ),
    },
  },
} as const

export function costRoutes(app: App, api: Api): void {
  app.get('/sessions/:id/cost', getCost, async (request, reply) => {
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    const ended = session.status === 'ended' ? billedEntry(api.reader, session.id) : undefined
    const use = (ended && billedUse(ended)) ?? useSoFar(session, progressOf(api, session))
    const tariff = api.reader.tariffs().find((each) => pinOf(each) === use.tariff)
    const unbilled = unbilledFor(use, tariff)
    return {
      asOf: toInstant(use.endedAtMs),
      final: ended !== undefined,
      ...(tariff === undefined ? {} : { bill: shown(billOf(tariff, use)) }),
      ...(unbilled === undefined ? {} : { unbilled }),
    }
  })
}

/** The clocks as the board knows them, which is later than the ledger does. */
function progressOf({ board, clock }: Api, session: Session) {
  const { asOf, ...clocks } = toClocks(session, board) ?? { occupiedMs: 0, poweredMs: 0, executingMs: 0 }
  const nowMs = Math.max(clock.nowMs(), session.startedAtMs ?? 0)
  return { atMs: asOf === undefined ? nowMs : Date.parse(asOf), clocks }
}

const shown = (bill: Bill) => bill as Static<typeof billSchema>
