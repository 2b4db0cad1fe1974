/**
 * The log over the ledger, in the static layout of C2SP tlog-tiles: checkpoint, hash tiles and proofs are public, entry
 * bundles are for auditors and the platform. Nothing is served that no checkpoint covers.
 * Read next: ledger/evidence/tile.ts, ledger/issue.ts, decisions/009-the-log-beside-the-entries.md.
 */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import { encodeEntries, parseTilePath, TILE_WIDTH } from '../../../ledger/evidence/tile.ts'
import { issueBundle, issueProof } from '../../../ledger/issue.ts'
import type { Reader } from '../../../ledger/store/reader.ts'
import type { Api, App } from '../api.ts'
import { sendProblem } from '../http/problem.ts'
import { sequence } from '../http/schema.ts'

/** Bundles that are read at once: each holds a log of years. */
const MOST_EXPORTS = 2

const open = { open: true, problems: ['not-found'] } as const

const getCheckpoint = {
  config: open,
  schema: {
    operationId: 'getCheckpoint',
    summary: 'The newest checkpoint, a signed note (C2SP tlog-checkpoint)',
    tags: ['ledger'],
    security: [],
    response: { 200: Type.String() },
    produces: ['text/plain'],
  },
} as const

const getTile = {
  config: open,
  schema: {
    operationId: 'getTile',
    summary: 'A tile of hashes, at most 256 of 32 bytes (C2SP tlog-tiles)',
    tags: ['ledger'],
    security: [],
    params: Type.Object({
      '*': Type.String({ maxLength: 100, description: 'Level and index, e.g. 0/x001/234 or 1/000.p/7.' }),
    }),
    response: { 200: Type.String({ format: 'binary' }) },
    produces: ['application/octet-stream'],
  },
} as const

const getProof = {
  config: open,
  schema: {
    operationId: 'getProof',
    summary: 'That an entry is in the signed tree (C2SP tlog-proof); hashes only, as in the tiles',
    tags: ['ledger'],
    security: [],
    params: Type.Object({ seq: sequence('Entry.') }),
    response: { 200: Type.String() },
    produces: ['text/plain'],
  },
} as const

const getEntryBundle = {
  config: { action: 'ledger.read', problems: ['not-found'] },
  schema: {
    operationId: 'getEntryBundle',
    summary: 'Up to 256 entries, each behind its length (C2SP tlog-tiles, entry bundle)',
    tags: ['ledger'],
    params: Type.Object({ '*': Type.String({ maxLength: 100, description: 'Index, e.g. x001/234 or 000.p/7.' }) }),
    response: { 200: Type.String({ format: 'binary' }) },
    produces: ['application/octet-stream'],
  },
} as const

const getEvidence = {
  config: { action: 'ledger.read', problems: ['not-found', 'busy'] },
  schema: {
    operationId: 'getEvidence',
    summary: 'The evidence bundle: the whole signed log in one file, with a receipt for each session that ended',
    description: 'As `latchkey export` writes it; `latchkey verify` and the page at /verify check it.',
    tags: ['ledger'],
    response: { 200: Type.String({ description: 'A line for each entry, checkpoint and receipt.' }) },
    produces: ['application/x-ndjson'],
  },
} as const

export function logRoutes(app: App, { reader, config }: Api): void {
  let exports = 0

  app.get('/ledger/checkpoint', getCheckpoint, async (request, reply) => {
    const checkpoint = reader.checkpoint()
    if (checkpoint === undefined) return sendProblem(request, reply, refuse('not-found', 'nothing is signed yet'))
    return sendText(reply, checkpoint.note)
  })

  app.get('/ledger/tile/*', getTile, async (request, reply) => {
    const tile = tileOf(reader, request.params['*'])
    if (tile.kind === 'refused') return sendProblem(request, reply, tile.refusal)
    return sendBytes(reply.header('cache-control', FOR_EVER), tile.bytes)
  })

  app.get('/ledger/proof/:seq', getProof, async (request, reply) => {
    const proof = issueProof(reader, Number(request.params.seq))
    if (proof === undefined) return sendProblem(request, reply, refuse('not-found', 'no checkpoint covers it yet'))
    return sendText(reply, proof)
  })

  app.get('/ledger/evidence', getEvidence, async (request, reply) => {
    if (reader.checkpoint() === undefined)
      return sendProblem(request, reply, refuse('not-found', 'nothing is signed yet'))
    if (exports >= MOST_EXPORTS) return sendProblem(request, reply, refuse('busy', 'other bundles are being read'))
    exports += 1
    const file = Readable.from(issueBundle(reader, config.site))
    file.once('close', () => {
      exports -= 1
    })
    reply.header('content-disposition', `attachment; filename="${config.site}-evidence.jsonl"`)
    return reply.type('application/x-ndjson').send(file as never)
  })

  app.get('/ledger/bundle/*', getEntryBundle, async (request, reply) => {
    const bundle = bundleOf(reader, request.params['*'])
    return bundle.kind === 'refused' ? sendProblem(request, reply, bundle.refusal) : sendBytes(reply, bundle.bytes)
  })
}

type Found =
  | { readonly kind: 'found'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const none = (why: string): Found => ({ kind: 'refused', refusal: refuse('not-found', why) })

function tileOf(reader: Reader, path: string): Found {
  const tile = parseTilePath(`tile/${path}`)
  if (tile.kind === 'refused') return none(tile.reason)
  const { level, index, width } = tile.value
  if (level === 'entries') return none('entry bundles are at /v1/ledger/bundle')
  const size = reader.checkpoint()?.size ?? 0
  if (index * TILE_WIDTH + width > Math.floor(size / TILE_WIDTH ** level))
    return none('the signed tree has not grown that far')
  return { kind: 'found', bytes: reader.tile(level, index, width) }
}

function bundleOf(reader: Reader, path: string): Found {
  const tile = parseTilePath(`tile/entries/${path}`)
  if (tile.kind === 'refused') return none(tile.reason)
  const { index, width } = tile.value
  const from = index * TILE_WIDTH
  if (from + width > (reader.checkpoint()?.size ?? 0)) return none('the signed tree has not grown that far')
  return { kind: 'found', bytes: encodeEntries(reader.bodies(from, from + width)) }
}

/** Grows with the tree, so that no cache may keep it unasked. */
function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(text)
}

/** Of a tile: hashes are public, and one that grows gets another path. */
const FOR_EVER = 'public, max-age=31536000, immutable'

function sendBytes(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.type('application/octet-stream').send(Buffer.from(bytes))
}
