/**
 * Health and metrics, for the people who run the gateway: from the same host, or with any credential. `live`: this
 * thread answers. `ready`: the control thread says so, and said so lately.
 * Read next: metrics.ts, control/board.ts.
 */
import Type, { type Static } from 'typebox'
import type { Health } from '../../../core/board/message.ts'
import type { Api, App, SinkHealth } from '../api.ts'
import { freshRow } from '../board.ts'
import { toInstant } from '../http/instant.ts'
import type { Nearby } from '../nearby.ts'
import type { Metrics } from './metrics.ts'

/** The board comes at least once a second; without one for this long nothing is ready. */
const BOARD_MAX_AGE_MS = 5_000

const liveSchema = Type.Object(
  {
    status: Type.Literal('live'),
    version: Type.String(),
    instance: Type.String(),
    role: Type.Optional(
      Type.Union([Type.Literal('active'), Type.Literal('spare'), Type.Literal('undecided')], {
        description: 'Of a box of a pair. One that is not the active one answers this as well, and nothing else.',
      }),
    ),
    box: Type.Optional(Type.String({ description: 'Its name in pair.boxes.' })),
  },
  { description: 'This thread answers.' },
)
const pairSchema = Type.Object(
  {
    role: Type.Literal('active'),
    box: Type.String({ description: 'This box, as pair.boxes names it.' }),
    other: Type.String({ description: 'The other box.' }),
    otherUrl: Type.Optional(Type.String({ description: 'Where the other box answers, of pair.api.' })),
    term: Type.Integer({ description: 'How often a box of the pair has begun.' }),
    spare: Type.Union([Type.Literal('absent'), Type.Literal('copies'), Type.Literal('follows')], {
      description: 'Only one that follows would take over.',
    }),
    heardAgoMs: Type.Optional(Type.Integer({ description: 'Since it was last heard; absent: not since the start.' })),
    behindMs: Type.Optional(Type.Integer({ description: 'Since it last had everything.' })),
    behind: Type.Optional(Type.Integer({ description: 'Changes of the ledger that it lacks.' })),
  },
  { description: 'Of a gateway on two boxes. The spare says there what would make it take over.' },
)

const readySchema = Type.Object(
  {
    ready: Type.Boolean({ description: 'A tenant could be let in somewhere, as far as the gateway and drills go.' }),
    notes: Type.Array(Type.String(), { description: 'Why not, or what to look at.' }),
    clock: Type.String({ description: 'How far the wall clock is trusted.' }),
    configuration: Type.String({ description: 'SHA-256 of the site file and its profiles.' }),
    bookings: Type.Object(
      {
        source: Type.String({ description: 'push or pull.' }),
        pulledAt: Type.Optional(Type.String({ description: 'When the feed last told what holds, since the start.' })),
        note: Type.Optional(Type.String({ description: 'What is wrong with the feed.' })),
      },
      { description: 'Where bookings come from.' },
    ),
    pair: Type.Optional(pairSchema),
    machines: Type.Object({ known: Type.Integer(), unknown: Type.Integer() }),
    links: Type.Array(
      Type.Object({
        id: Type.String(),
        protocol: Type.String(),
        state: Type.String(),
        cause: Type.Optional(Type.String()),
        since: Type.String(),
      }),
    ),
    sinks: Type.Array(
      Type.Object({
        name: Type.String(),
        connected: Type.Boolean(),
        behind: Type.Integer(),
        parked: Type.Integer(),
        note: Type.Optional(Type.String()),
      }),
    ),
  },
  { title: 'Ready' },
)

/** From another host. */
const config = { open: true, problems: ['unauthenticated', 'forbidden', 'rate-limited'] } as const
const tags = ['health'] as const

const getLive = {
  config,
  schema: { operationId: 'getLive', summary: 'Does it answer?', tags, response: { 200: liveSchema } },
} as const

const getReady = {
  config,
  schema: {
    operationId: 'getReady',
    summary: 'Can it be relied on now?',
    tags,
    response: { 200: readySchema, 503: readySchema },
  },
} as const

const getMetrics = {
  config,
  schema: {
    operationId: 'getMetrics',
    summary: 'Metrics for Prometheus',
    tags,
    response: { 200: Type.String({ description: 'Text exposition format.' }) },
    produces: ['text/plain'],
  },
} as const

export function healthRoutes(app: App, api: Api, nearby: Nearby, metrics: Metrics): void {
  app.addHook('onRequest', nearby)

  app.get('/health/live', getLive, async () => ({
    status: 'live' as const,
    version: api.version,
    instance: api.instance,
    ...roleOf(api),
  }))

  app.get('/health/ready', getReady, async (_request, reply) => {
    const view = toReady(api)
    return reply.code(view.ready ? 200 : 503).send(view)
  })

  app.get('/metrics', getMetrics, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
}

type Ready = Static<typeof readySchema>

function toReady(api: Api): Ready {
  const { board, clock, config, tls } = api
  const nowNs = clock.nowNs()
  const health = board.health()
  const tookAtNs = board.tookAtNs()
  const isRecent = tookAtNs !== undefined && nowNs - tookAtNs <= BigInt(BOARD_MAX_AGE_MS) * 1_000_000n
  const known = board.rows().filter((row) => freshRow(row, nowNs).availability.state !== 'Unknown').length
  return {
    ready: isRecent && !api.isStopping() && health?.ready === true,
    notes: [
      ...(api.isStopping() ? ['stopping'] : []),
      ...(isRecent ? [] : ['nothing was heard from the control thread lately']),
      ...(health?.notes ?? []),
      ...(tls?.notes(clock.nowMs()) ?? []),
      ...api.keyNotes(),
      ...api.sinks().flatMap(dropNotes),
    ],
    clock: health?.clock ?? 'unknown',
    configuration: config.configurationId,
    bookings: toFeed(api),
    ...toPair(health),
    machines: { known, unknown: config.machines.length - known },
    links: board.links().map(({ sinceMs, ...link }) => ({ ...link, since: toInstant(sinceMs) })),
    sinks: api.sinks().map(({ name, connected, behind, parked, note }) => ({
      ...{ name, connected, behind, parked },
      ...(note === undefined ? {} : { note }),
    })),
  }
}

/** What a sink has lost of its samples, and of which signal most. */
function dropNotes({ name, drops }: SinkHealth): string[] {
  return [...Map.groupBy(drops, ({ reason }) => reason)].map(([reason, ofReason]) => {
    const count = ofReason.reduce((sum, drop) => sum + drop.count, 0)
    const most = ofReason[0]!
    return `${name}: ${count} samples dropped since the start, ${WHY[reason]}; most of ${most.signal}: ${most.count}`
  })
}

const WHY: Readonly<Record<SinkHealth['drops'][number]['reason'], string>> = {
  ring: 'since this thread was too slow',
  full: 'since more waited than bounds.samples',
  old: 'since they waited longer than bounds.samplesMaxAge',
  disk: 'since they could not be kept on disk',
  unreadable: 'since they could not be read back from disk',
  refused: 'since it refused them',
}

function roleOf({ board }: Api): { role?: 'active'; box?: string } {
  const pair = board.health()?.pair
  return pair === undefined ? {} : { role: 'active', box: pair.box }
}

function toPair(health: Health | undefined): Pick<Ready, 'pair'> {
  if (health?.pair === undefined) return {}
  const { followed: _, ...pair } = health.pair
  return { pair: { role: 'active', ...pair } }
}

function toFeed({ pull }: Api): Ready['bookings'] {
  if (pull === undefined) return { source: 'push' }
  const { pulledAtMs, note } = pull()
  return {
    source: 'pull',
    ...(pulledAtMs === undefined ? {} : { pulledAt: toInstant(pulledAtMs) }),
    ...(note === undefined ? {} : { note }),
  }
}
