/**
 * Reports: what a tenant, a technician or the owner says is wrong with a machine, with photos, and what becomes of it.
 * One that stops the machine keeps everybody from a new use; it is no emergency stop, and a use that runs goes on.
 * Read next: core/people/reports.ts, front/api/photos/pixels.ts (what is left of a photo).
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Photo, type Report, reportCauses, reportStates, severities } from '../../../core/session/report.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { foreignId, id, ledgerText, machineParams, words } from '../http/schema.ts'
import { createPhotos, type Photos } from '../photos/kept.ts'
import { barePhoto } from '../photos/pixels.ts'
import { asked, refusals } from '../refusals.ts'

const MOST_PHOTOS = 3
/** Characters of base64: 2 MB of photo. */
const MOST_PHOTO_CHARS = 2_800_000
const SWEEP_EVERY_MS = 3_600_000

const severity = words(
  severities,
  '`note`: to be known; `wrench`: somebody has to see to it; `stop`: nobody else may begin a use before that.',
)

const makeReport = {
  bodyLimit: MOST_PHOTOS * MOST_PHOTO_CHARS + 16_384,
  config: { action: 'report.write', problems: ['too-many-reports', 'ledger-full', ...refusals.inspect] },
  schema: {
    operationId: 'makeReport',
    summary: 'Say what is wrong with a machine',
    description:
      'By a technician, its owner, or the tenant whose booking holds now or has ended within `endOfBooking.report`. Of a photo its pixels are kept, for `bounds.photosKeep`; places, times and devices in it are not. It is no emergency stop.',
    tags: ['machines'],
    params: machineParams,
    body: Type.Object(
      {
        severity,
        text: ledgerText('What is wrong; never who was there.'),
        photos: Type.Optional(
          Type.Array(
            Type.String({
              maxLength: MOST_PHOTO_CHARS,
              pattern: '^[A-Za-z0-9+/]+={0,2}$',
              description: 'JPEG, PNG or WebP in base64, 2 MB and 100 million pixels at most.',
              contentEncoding: 'base64',
              examples: ['iVBORw0KGgo='],
            }),
            { maxItems: MOST_PHOTOS, description: 'Photos.' },
          ),
        ),
      },
      { additionalProperties: false },
    ),
    response: { 201: Type.Object({ id: Type.String({ description: 'Report.' }) }, { description: 'Recorded.' }) },
  },
} as const

const changeReport = {
  config: { action: 'report.change', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'changeReport',
    summary: 'See to a report, or close it',
    description: 'What is not named stays as it is.',
    tags: ['machines'],
    params: Type.Object({ id: id('Machine.'), report: foreignId('Report.') }),
    body: Type.Object(
      {
        state: Type.Optional(words(reportStates, '`taken`: somebody sees to it.')),
        blocks: Type.Optional(Type.Boolean({ description: 'Whether it keeps everybody from a new use.' })),
        owner: Type.Optional(foreignId('Who sees to it.')),
        expectedEnd: Type.Optional(instantSchema('When that should be over.')),
        text: ledgerText('What was done, or why.'),
      },
      { additionalProperties: false },
    ),
    response: { 204: Type.Null({ description: 'Recorded.' }) },
  },
} as const

const photoSchema = Type.Object({
  sha256: Type.String({ description: 'Of the bytes that are kept, hex.' }),
  type: Type.String(),
  bytes: Type.Integer(),
})

const reportSchema = Type.Object(
  {
    id: Type.String(),
    severity,
    text: Type.String(),
    photos: Type.Array(photoSchema),
    cause: words(reportCauses, 'A person, an answer outside its limits, or a service that is due.'),
    by: Type.String({ description: 'Role of who made it.' }),
    at: shownInstant('When.'),
    state: words(['open', 'taken'] as const, 'A closed one is in the ledger.'),
    blocks: Type.Boolean({ description: 'Whether it keeps everybody from a new use.' }),
    owner: Type.Optional(Type.String({ description: 'Who sees to it.' })),
    expectedEnd: Type.Optional(shownInstant('When that should be over.')),
  },
  { title: 'Report' },
)

const listReports = {
  config: { action: 'report.read', problems: ['not-found'] },
  schema: {
    operationId: 'listReports',
    summary: 'What is reported of a machine and not closed',
    tags: ['machines'],
    params: machineParams,
    response: { 200: Type.Object({ reports: Type.Array(reportSchema) }, { description: 'In their order.' }) },
  },
} as const

const getPhoto = {
  config: { action: 'problem.read', problems: ['not-found'] },
  schema: {
    operationId: 'getPhoto',
    summary: 'A photo of a report',
    description: 'Its SHA-256 is in the ledger.',
    tags: ['machines'],
    params: Type.Object({
      id: id('Machine.'),
      photo: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Its SHA-256, hex.', examples: ['ab'.repeat(32)] }),
    }),
    response: { 200: Type.Unsafe<string>({ type: 'string', format: 'binary', description: 'The picture.' }) },
  },
} as const

export function reportRoutes(app: App, api: Api): void {
  const { bounds, dataDir } = api.config
  const photos = createPhotos({
    ...{ dir: join(dataDir, 'photos'), keepMs: bounds.photosKeepMs, mostBytes: bounds.photosBytes },
    nowMs: api.clock.nowMs,
  })
  sweepHourly(api, photos)

  app.post('/machines/:id/reports', makeReport, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { severity, text, photos: given = [] } = request.body
    const bare = bareAll(given, request, reply)
    if (bare === undefined) return reply
    let isRefused = false
    try {
      const hasRoom = await keepAll(photos, machine.id, bare)
      if (!hasRoom) sendProblem(request, reply, NO_ROOM)
      const kept = bare.map(({ bytes, ...photo }) => ({ ...photo, bytes: bytes.length }))
      const command = { kind: 'report', machine: machine.id, severity, text, photos: kept } as const
      const outcome = hasRoom ? await ask(api, request, reply, command) : undefined
      isRefused = outcome === undefined
      return outcome === undefined ? reply : reply.code(201).send({ id: outcome.id })
    } finally {
      // When nobody has answered, the report may still be taken.
      for (const { sha256 } of bare) await photos.settle(machine.id, sha256, !isRefused)
    }
  })

  app.post('/machines/:id/reports/:report', changeReport, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { expectedEnd, ...change } = request.body
    const read = readInstants('/body', { expectedEnd })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const outcome = await ask(api, request, reply, {
      ...{ kind: 'change-report', machine: machine.id, id: request.params.report, ...given(change) },
      ...(read.times.expectedEnd === undefined ? {} : { expectedEndMs: read.times.expectedEnd }),
    })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })

  app.get('/machines/:id/reports', listReports, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const row = api.reader.machines().find((each) => each.machine === machine.id)
    return { reports: (row?.reports ?? []).map(toReport) }
  })

  app.get('/machines/:id/photos/:photo', getPhoto, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const bytes = await photos.read(machine.id, request.params.photo)
    const bare = bytes && barePhoto(bytes)
    if (bare === undefined) return sendProblem(request, reply, refuse('not-found', 'it is kept no more'))
    return reply
      .type(bare.type)
      .header('cache-control', 'private, immutable')
      .send(bare.bytes as never)
  })
}

/** Only the members that were sent. */
type Change = Omit<Static<typeof changeReport.schema.body>, 'expectedEnd'>
const given = ({ state, blocks, owner, text }: Change) => ({
  text,
  ...(state === undefined ? {} : { state }),
  ...(blocks === undefined ? {} : { blocks }),
  ...(owner === undefined ? {} : { owner }),
})

function sweepHourly(api: Api, photos: Photos): void {
  const sweep = () => void photos.sweep().catch((err) => api.log.warn({ err }, 'old photos cannot be removed'))
  const timer = setInterval(sweep, SWEEP_EVERY_MS)
  timer.unref()
  api.onStop(() => clearInterval(timer))
}

type Bare = Omit<Photo, 'bytes'> & { readonly bytes: Buffer }

/** Undefined when one is no photo; the refusal has been sent. */
function bareAll(given: readonly string[], request: FastifyRequest, reply: FastifyReply): Bare[] | undefined {
  const bare = given.map((text) => barePhoto(Buffer.from(text, 'base64')))
  const errors = bare.flatMap((photo, index) =>
    photo === undefined ? [{ path: `/body/photos/${index}`, message: 'is no JPEG, PNG or WebP' }] : [],
  )
  if (errors.length > 0) return void sendErrors(request, reply, errors)
  return bare.map((photo) => ({ ...photo!, sha256: createHash('sha256').update(photo!.bytes).digest('hex') }))
}

const NO_ROOM = refuse('ledger-full', 'there is no room for photos (bounds.photosMb)')

async function keepAll(photos: Photos, machine: string, bare: readonly Bare[]): Promise<boolean> {
  const kept = await Promise.all(bare.map(({ sha256, bytes }) => photos.keep(machine, sha256, bytes)))
  return kept.every((isKept) => isKept)
}

function toReport({ by, atMs, expectedEndMs, session: _, ...report }: Report): Static<typeof reportSchema> {
  return {
    ...report,
    photos: report.photos.map((photo) => ({ ...photo })),
    by: String((by as { role?: string }).role),
    at: toInstant(atMs),
    ...(expectedEndMs === undefined ? {} : { expectedEnd: toInstant(expectedEndMs) }),
  }
}
