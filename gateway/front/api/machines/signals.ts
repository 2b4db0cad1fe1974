/**
 * Live values of a machine with quality, age and cause, for people who have to find out what it reports. A value that
 * is too old is shown as bad, without the value.
 */
import Type, { type Static } from 'typebox'
import { countedSignals } from '../../../core/drill/acceptance.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { titlesOf } from '../../../core/ground/language.ts'
import type { LiveRow } from '../../../live/image.ts'
import type { Api, App } from '../api.ts'
import { machineFor } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { machineParams, titled, words } from '../http/schema.ts'

const signalSchema = Type.Object(
  {
    id: Type.String({ description: 'machine/alias.name' }),
    ...titled,
    unit: Type.Optional(Type.String()),
    quality: words(['good', 'uncertain', 'bad'] as const, 'OPC UA Part 8.'),
    value: Type.Optional(
      Type.Unsafe<number | boolean | string | readonly number[]>({
        description: 'Absent when bad. Integers beyond 2^53 as decimal text.',
      }),
    ),
    cause: Type.Optional(Type.String({ description: 'Why there is no good value.' })),
    detail: Type.Optional(Type.String({ description: 'The word of the device for it.' })),
    readAt: Type.Optional(shownInstant('When it was read.')),
    ageMs: Type.Optional(Type.Integer()),
    counts: Type.Optional(Type.Literal(true, { description: 'A meter counts by it.' })),
  },
  { title: 'Signal' },
)

const listSignals = {
  config: { action: 'machine.signals', problems: ['not-found'] },
  schema: {
    operationId: 'listSignals',
    summary: 'Live values with quality and age',
    tags: ['machines'],
    params: machineParams,
    response: { 200: Type.Object({ signals: Type.Array(signalSchema) }, { description: 'Live values.' }) },
  },
} as const

export function signalRoutes(app: App, api: Api): void {
  app.get('/machines/:id/signals', listSignals, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const nowMs = Number(api.clock.nowNs()) / 1e6
    const counted = new Set(countedSignals(machine))
    const signals = machine.signals.map((signal) => ({
      ...toSignal(signal, api.signal(signal.id), nowMs),
      ...(counted.has(signal.id) ? { counts: true as const } : {}),
    }))
    return { signals }
  })
}

type SignalView = Static<typeof signalSchema>

export function toSignal(
  config: MachineConfig['signals'][number],
  live: LiveRow | undefined,
  nowMs: number,
): SignalView {
  const named = {
    id: config.id,
    ...titlesOf(config),
    ...(config.unit === undefined ? {} : { unit: config.unit }),
  }
  if (live === undefined) return { ...named, quality: 'bad', cause: 'never-read' }
  const ageMs = Math.floor(nowMs - live.readAtMonoMs)
  const stale = ageMs > live.maxAgeMs
  const quality = stale ? 'bad' : live.quality
  const cause = live.cause ?? (stale ? 'stale' : undefined)
  return {
    ...named,
    quality,
    ...(quality === 'bad' || live.value === undefined ? {} : { value: live.value }),
    ...(cause === undefined ? {} : { cause }),
    ...(live.detail === undefined ? {} : { detail: live.detail }),
    readAt: toInstant(live.readAtMs),
    ageMs: Math.max(0, ageMs),
  }
}
