/** Live values of a machine, for whoever has to find out what it says: with quality, age and cause. */
import Type, { type Static } from 'typebox'
import type { SignalRow } from '../../../core/board/message.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { decide } from '../caller/policy.ts'
import { deny } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { id, words } from '../http/schema.ts'

const signalSchema = Type.Object(
  {
    id: Type.String({ description: 'machine/alias.name' }),
    title: Type.Optional(Type.String()),
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
  },
  { title: 'Signal' },
)

const params = Type.Object({ id: id('Machine.') })
const LEAST_MAX_AGE_MS = 3_000

export function signalRoutes(app: App, api: Api): void {
  app.get(
    '/machines/:id/signals',
    {
      config: { action: 'machine.signals', problems: ['not-found'] },
      schema: {
        operationId: 'listSignals',
        summary: 'Live values with quality and age',
        tags: ['machines'],
        params,
        response: { 200: Type.Object({ signals: Type.Array(signalSchema) }, { description: 'Live values.' }) },
      },
    },
    async (request, reply) => {
      const machine = api.machines.get(request.params.id)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const refusal = decide(principalOf(request), 'machine.signals', { machine: machine.id, owner: machine.owner })
      if (refusal) {
        deny(api, request, refusal.code)
        return sendProblem(request, reply, refusal)
      }
      const nowNs = api.clock.nowNs()
      const live = new Map(api.board.signals(machine.id).map((signal) => [signal.id, signal]))
      return { signals: machine.signals.map((signal) => toSignal(signal, live.get(signal.id), nowNs)) }
    },
  )
}

type SignalView = Static<typeof signalSchema>

/** A value older than three intervals is no value. */
function toSignal(config: MachineConfig['signals'][number], live: SignalRow | undefined, nowNs: bigint): SignalView {
  const named = {
    id: config.id,
    ...(config.title === undefined ? {} : { title: config.title }),
    ...(config.unit === undefined ? {} : { unit: config.unit }),
  }
  if (live === undefined) return { ...named, quality: 'bad', cause: 'never-read' }
  const ageMs = Number((nowNs - live.readAtNs) / 1_000_000n)
  const stale = ageMs > Math.max(LEAST_MAX_AGE_MS, 3 * config.intervalMs)
  const quality = stale ? 'bad' : live.quality
  const cause = live.cause ?? (stale ? 'stale' : undefined)
  return {
    ...named,
    quality,
    ...(quality === 'bad' || live.value === undefined
      ? {}
      : { value: typeof live.value === 'bigint' ? toJsonInteger(live.value) : live.value }),
    ...(cause === undefined ? {} : { cause }),
    ...(live.detail === undefined ? {} : { detail: live.detail }),
    readAt: toInstant(live.readAtMs),
    ageMs: Math.max(0, ageMs),
  }
}

function toJsonInteger(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
