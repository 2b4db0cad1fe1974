/**
 * `node gateway/front/api/snapshot.ts` writes the description of the API, OpenAPI 3.1 made from the schemas that
 * validate, to openapi.json. That file is committed, so that a change of the API shows in a review, and served as it
 * is; a test holds it against the schemas. Schemas with a title become components, and every route says who may call
 * it. Read next: description.ts (what is added to the schemas), docs.ts (where it is served).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { pino } from 'pino'
import type { SiteConfig } from '../../../config/site.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import type { ServerDeps } from './api.ts'
import { createBoardCopy } from './board.ts'
import { describe, frame, hoist, named } from './description.ts'
import { buildServer } from './server.ts'

export const SNAPSHOT = new URL('./openapi.json', import.meta.url)

export async function describeApi(): Promise<string> {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const app: FastifyInstance = buildServer({
    ...bareApi(version),
    describe: (server) => describeRoutes(server, version),
  })
  await app.ready()
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
  await app.close()
  return text
}

/** What an API is given that serves no site. */
export const bareApi = (version: string): ServerDeps => ({
  config: bareConfig,
  version,
  instance: '',
  reader: {} as Reader,
  board: createBoardCopy([]),
  signal: () => undefined,
  ask: async () => ({ kind: 'done' }),
  tell: () => undefined,
  onHead: () => () => undefined,
  sinks: () => [],
  clock: { nowMs: Date.now, nowNs: process.hrtime.bigint },
  log: pino({ level: 'silent' }),
})

type Node = { [key: string]: unknown }

/** Before the first route: it learns the routes as they are added. */
function describeRoutes(app: FastifyInstance, version: string): void {
  app.register(swagger, {
    openapi: frame(version),
    transform: ({ schema, url, route }) =>
      named(url, describe(schema as (FastifySchema & Node) | undefined, route.config, route.method)),
    transformObject: (document) =>
      ('openapiObject' in document
        ? hoist(document.openapiObject as unknown as Node)
        : document.swaggerObject) as never,
  })
}

/** The description is the same for every site, so this one has nothing. */
const bareConfig: SiteConfig = {
  site: 'site',
  timezone: 'UTC',
  dataDir: '',
  fencingId: 0,
  api: {
    host: '127.0.0.1',
    port: 0,
    names: [],
    origins: [],
    bodyLimit: 65_536,
    requestTimeoutMs: 1_000,
    rateLimit: 1,
    maxStreams: 1,
    maxLoopDelayMs: 1000,
    commandTimeoutMs: 1_000,
    maxCommands: 1,
    pinTries: 3,
    pinWindowMs: 900_000,
    board: 'nobody',
    idleMs: 900_000,
  },
  issuers: [],
  time: { trust: 'system' },
  bookings: { source: 'push', unknown: 'deny', earlyStartMs: 0, incrementMs: 900_000, noShowMs: 0, contactMs: 0 },
  webhooks: [],
  links: [],
  tariffs: [],
  machines: [],
  bounds: {
    ticksPerSecond: 1,
    commitEveryMs: 1,
    maxPending: 1,
    ledgerTimeoutMs: 1,
    samples: 1,
    samplesMaxAgeMs: 1,
    samplesInMemory: 1,
    youngMb: 6,
    sampleEveryMs: 1,
    flapsPerHour: 20,
    reconnectMaxMs: 1,
    backlogPerSecond: 1,
    trends: 2_000,
    benchPerMinute: 1200,
    maxOverrideMs: 1,
    maxBookings: 1,
    maxSubscriptions: 1_000,
    maxReports: 50,
    photosBytes: 1_048_576,
    photosKeepMs: 86_400_000,
    maxBlocks: 100,
    checkpointEveryMs: 300_000,
    diskReserve: 1,
    memoryReserve: 1,
    handleReserve: 1,
    loopDelayMs: 1,
    wellForMs: 1,
    retentionYears: 10,
  },
  configurationId: '',
}

if (import.meta.main) writeFileSync(SNAPSHOT, await describeApi())
