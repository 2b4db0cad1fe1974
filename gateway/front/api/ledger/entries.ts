/**
 * Entries in order, for an auditor, or for a platform that saw a gap in its events. The body is what was hashed, once
 * made canonical (RFC 8785). Read next: log.ts (what proves it), events.ts (the same as they are committed).
 */
import Type from 'typebox'
import type { Api, App } from '../api.ts'
import { pageSize, sequence, toPageSize } from '../http/schema.ts'
import { entrySchema } from './entry-body.ts'

const PAGE = 1_000

const listEntries = {
  // What was hashed is passed on as it is.
  serializerCompiler: () => JSON.stringify,
  config: { action: 'ledger.read' },
  schema: {
    operationId: 'listEntries',
    summary: 'Entries in order',
    tags: ['ledger'],
    querystring: Type.Object(
      { from: Type.Optional(sequence('First sequence; default 0.')), limit: pageSize(PAGE) },
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
} as const

export function entryRoutes(app: App, api: Api): void {
  app.get('/ledger/entries', listEntries, async (request) => {
    const from = Number(request.query.from ?? 0)
    const entries = api.reader.entries(from, toPageSize(request.query.limit, PAGE))
    return {
      entries: entries.map((entry) => entry.body),
      next: (entries.at(-1)?.seq ?? from - 1) + 1,
      head: api.reader.head().nextSeq,
    }
  })
}
