/**
 * The ledger as it is: entries in order, for an auditor or a platform that saw a gap in its events. The body is what was
 * hashed, once made canonical (RFC 8785).
 */
import Type from 'typebox'
import { type Api, type App, principalOf } from './deps.ts'
import { entrySchema } from './events.ts'
import { pageSize, sequence, toPageSize } from './schema.ts'

const PAGE = 1_000

export function ledgerRoutes(app: App, api: Api): void {
  app.get(
    '/ledger/entries',
    {
      config: { action: 'ledger.read' },
      schema: {
        operationId: 'listEntries',
        summary: 'Entries in order',
        tags: ['ledger'],
        querystring: Type.Object(
          { from: Type.Optional(sequence('First sequence; default 0.')), limit: pageSize(PAGE, 100) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              entries: Type.Array(entrySchema),
              next: Type.Integer({ description: 'Where to go on.' }),
              head: Type.Integer({
                description: 'The next sequence the ledger will give; there is nothing yet when next equals it.',
              }),
            },
            { description: 'Entries.' },
          ),
        },
      },
      // what was hashed is passed on as it is
      serializerCompiler: () => JSON.stringify,
    },
    async (request) => {
      principalOf(request)
      const from = Number(request.query.from ?? 0)
      const entries = api.reader.entries(from, toPageSize(request.query.limit, PAGE, 100))
      return {
        entries: entries.map((entry) => entry.body),
        next: (entries.at(-1)?.seq ?? from - 1) + 1,
        head: api.reader.head().nextSeq,
      }
    },
  )
}
