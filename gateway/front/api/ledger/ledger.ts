/**
 * The ledger as it is: entries in order, for an auditor or a platform that saw a gap in its events. The body is what was
 * hashed, once made canonical (RFC 8785). And the log over it in the static layout of C2SP tlog-tiles: the checkpoint and
 * the hash tiles are public, entry bundles are an auditor's.
 */
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import { encodeEntries, parseTilePath, TILE_WIDTH } from '../../../ledger/evidence/tile.ts'
import { issueProof } from '../../../ledger/issue.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { sendProblem } from '../http/problem.ts'
import { pageSize, sequence, toPageSize } from '../http/schema.ts'
import { entrySchema } from './events.ts'

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

  const open = { open: true } as const
  const text = Type.String()

  app.get(
    '/ledger/checkpoint',
    {
      config: { ...open, problems: ['not-found'] },
      schema: {
        operationId: 'getCheckpoint',
        summary: 'The newest checkpoint, a signed note (C2SP tlog-checkpoint)',
        tags: ['ledger'],
        security: [],
        response: { 200: text },
      },
    },
    async (request, reply) => {
      const checkpoint = api.reader.checkpoint()
      if (checkpoint === undefined) return sendProblem(request, reply, refuse('not-found', 'nothing is signed yet'))
      reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8')
      return checkpoint.note
    },
  )

  app.get(
    '/ledger/tile/*',
    {
      config: { ...open, problems: ['not-found'] },
      schema: {
        operationId: 'getTile',
        summary: 'A tile of hashes, at most 256 of 32 bytes (C2SP tlog-tiles)',
        tags: ['ledger'],
        security: [],
        params: Type.Object({
          '*': Type.String({ maxLength: 100, description: 'Level and index, e.g. 0/x001/234 or 1/000.p/7.' }),
        }),
        response: { 200: text },
      },
    },
    async (request, reply) => {
      const tile = parseTilePath(`tile/${request.params['*']}`)
      const size = api.reader.checkpoint()?.size ?? 0
      if (tile.kind === 'refused') return sendProblem(request, reply, refuse('not-found', tile.reason))
      const { level, index, width } = tile.value
      if (level === 'entries')
        return sendProblem(request, reply, refuse('not-found', 'entry bundles are at /v1/ledger/bundle, for auditors'))
      // Nothing beyond what is signed: a tile that nobody vouches for is none.
      if (index * TILE_WIDTH + width > Math.floor(size / TILE_WIDTH ** level))
        return sendProblem(request, reply, refuse('not-found', 'the tree has not grown that far'))
      return sendBytes(reply, api.reader.tile(level, index, width))
    },
  )

  app.get(
    '/ledger/proof/:seq',
    {
      config: { ...open, problems: ['not-found'] },
      schema: {
        operationId: 'getProof',
        summary: 'That an entry is in the signed tree (C2SP tlog-proof); hashes only, as in the tiles',
        tags: ['ledger'],
        security: [],
        params: Type.Object({ seq: sequence('Entry.') }),
        response: { 200: text },
      },
    },
    async (request, reply) => {
      const proof = issueProof(api.reader, Number(request.params.seq))
      if (proof === undefined) return sendProblem(request, reply, refuse('not-found', 'no checkpoint covers it yet'))
      return reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(proof)
    },
  )

  app.get(
    '/ledger/bundle/*',
    {
      config: { action: 'ledger.read', problems: ['not-found'] },
      schema: {
        operationId: 'getEntryBundle',
        summary: 'Up to 256 entries, each behind its length (C2SP tlog-tiles, entry bundle)',
        tags: ['ledger'],
        params: Type.Object({ '*': Type.String({ maxLength: 100, description: 'Index, e.g. x001/234 or 000.p/7.' }) }),
        response: { 200: text },
      },
    },
    async (request, reply) => {
      principalOf(request)
      const tile = parseTilePath(`tile/entries/${request.params['*']}`)
      if (tile.kind === 'refused') return sendProblem(request, reply, refuse('not-found', tile.reason))
      const { index, width } = tile.value
      const from = index * TILE_WIDTH
      if (from + width > (api.reader.checkpoint()?.size ?? 0))
        return sendProblem(request, reply, refuse('not-found', 'the tree has not grown that far'))
      return sendBytes(reply, encodeEntries(api.reader.bodies(from, from + width)))
    },
  )
}

/** A full tile never changes. */
function sendBytes(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply
    .header('cache-control', 'public, max-age=31536000, immutable')
    .type('application/octet-stream')
    .send(Buffer.from(bytes))
}
