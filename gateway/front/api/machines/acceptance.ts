/**
 * The acceptance of a machine: a technician says what its displays show, the gateway puts its own readings beside that,
 * and with identities, drill and label it is recorded. The file that proves it is the entry with its proof.
 * Read next: core/drill/acceptance.ts (what agrees), ledger/issue.ts (the file).
 */
import Type, { type Static } from 'typebox'
import { type Acceptance, compareReading, countedSignals, judgeAcceptance } from '../../../core/drill/acceptance.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { issueAcceptance } from '../../../ledger/issue.ts'
import { labelOf } from '../../console/model/label.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { toInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { machineParams, reason, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { toSignal } from './signals.ts'

const MOST_READINGS = 32
const MOST_SAID = 32
/** Of what a device says of itself. */
const MOST_CHARS = 64

const shown = {
  signal: Type.String({ maxLength: 128, description: 'machine/alias.name, as the signals are listed.' }),
  shown: Type.String({
    pattern: '^-?[0-9]{1,15}(\\.[0-9]{1,9})?$',
    description: 'What the display shows, with a point and without groups.',
    examples: ['1234.5'],
  }),
  unit: Type.Optional(
    Type.String({
      maxLength: 16,
      description: 'Of the display, where it differs from the signal in its prefix (kWh, Wh).',
    }),
  ),
}

const acceptanceSchema = Type.Object(
  {
    id: Type.String({ description: 'Of this report, as its entry has it.' }),
    accepted: Type.Boolean({ description: 'All readings agree, no counter is missing, and the lock is proven.' }),
    missing: Type.Array(Type.String(), { description: 'Signals of counters that nobody compared.' }),
    label: Type.String({ description: 'Code that the label of the machine has to show.' }),
    configurationId: Type.String(),
    software: Type.String({ description: 'Version of the gateway.' }),
    devices: Type.Array(
      Type.Object({ alias: Type.String(), profile: Type.String(), link: Type.String(), at: Type.String() }),
      { description: 'What the machine consists of; `at`: where on the link.' },
    ),
    says: Type.Array(Type.Object({ signal: Type.String(), value: Type.String() }), {
      description: 'What devices say of themselves.',
    }),
    lock: Type.Object({
      drill: words(
        ['commissioned', 'never', 'failed', 'expired', 'changed', 'no-lock'] as const,
        'What its drill is worth.',
      ),
      due: Type.Optional(Type.String({ description: 'When the next one is due.' })),
      failSafe: Type.Optional(Type.Boolean()),
    }),
    readings: Type.Array(
      Type.Object({
        ...shown,
        reported: Type.Optional(Type.String({ description: 'What the gateway read.' })),
        reportedIn: Type.Optional(Type.String({ description: 'In this unit.' })),
        ageMs: Type.Optional(Type.Integer()),
        agrees: Type.Boolean(),
        why: Type.Optional(Type.String({ description: 'Why it does not.' })),
      }),
    ),
  },
  { title: 'Acceptance' },
)

const acceptMachine = {
  config: { action: 'machine.drill', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'acceptMachine',
    summary: 'Record what a machine is, reads and was shown to do',
    description:
      'A counter may differ from its display in the last digit, another value by 2 % more. It is recorded also when something differs, and `accepted` is false then.',
    tags: ['machines'],
    params: machineParams,
    body: Type.Object(
      {
        reason,
        readings: Type.Array(Type.Object(shown, { additionalProperties: false }), {
          maxItems: MOST_READINGS,
          description: 'What was read off displays just now.',
        }),
      },
      { additionalProperties: false },
    ),
    response: { 201: acceptanceSchema },
  },
} as const

const getAcceptance = {
  config: { action: 'machine.signals', problems: ['not-found'] },
  schema: {
    operationId: 'getAcceptance',
    summary: 'The newest acceptance of a machine, with its proof',
    description: 'Keep it byte for byte; `latchkey verify` checks it. There once a checkpoint covers it.',
    tags: ['machines'],
    params: machineParams,
    response: { 200: Type.Unsafe<string>({ type: 'object', additionalProperties: true, description: 'The file.' }) },
  },
} as const

export function acceptanceRoutes(app: App, api: Api): void {
  app.post('/machines/:id/acceptance', acceptMachine, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { readings, reason } = request.body
    const strange = readings.findIndex(({ signal }) => machine.signals.every(({ id }) => id !== signal))
    if (strange >= 0)
      return sendErrors(request, reply, [
        { path: `/body/readings/${strange}/signal`, message: 'is no signal of this machine' },
      ])
    const acceptance = acceptanceOf(api, machine, readings)
    const outcome = await ask(api, request, reply, { kind: 'accept', machine: machine.id, acceptance, reason })
    if (outcome === undefined) return reply
    return reply.code(201).send({ id: outcome.id, ...acceptance } as Static<typeof acceptanceSchema>)
  })

  app.get('/machines/:id/acceptance', getAcceptance, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const file = issueAcceptance(api.reader, machine.id)
    if (file === undefined)
      return sendProblem(request, reply, refuse('not-found', 'it was never accepted, or that is not signed yet'))
    // Verbatim, because it is checked byte for byte.
    return reply.type('application/json; charset=utf-8').send(file as never)
  })
}

/** `unit 11` */
const placeOf = (device: unknown): string =>
  Object.entries(device ?? {})
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')

type Shown = Static<(typeof acceptMachine)['schema']['body']>['readings'][number]

function acceptanceOf(api: Api, machine: MachineConfig, readings: readonly Shown[]): Acceptance {
  const { config, version, board } = api
  const row = board.row(machine.id)
  const nowMs = Number(api.clock.nowNs()) / 1e6
  const signals = new Map(
    machine.signals.map((signal) => [signal.id, toSignal(signal, api.signal(signal.id), nowMs)] as const),
  )
  const counted = countedSignals(machine)
  const { kind = 'never', ...drilled } = row?.commissioning ?? {}
  return judgeAcceptance({
    label: labelOf(config.site, machine.id).code,
    configurationId: config.configurationId,
    software: version,
    devices: Object.entries(machine.devices).map(([alias, { profile, link, device }]) => ({
      ...{ alias, profile, link, at: placeOf(device) },
    })),
    says: [...signals.values()]
      .flatMap(({ id, value }) =>
        typeof value === 'string' ? [{ signal: id, value: value.slice(0, MOST_CHARS) }] : [],
      )
      .slice(0, MOST_SAID),
    lock: {
      drill: machine.interlock === undefined ? 'no-lock' : kind,
      ...('dueMs' in drilled && drilled.dueMs !== undefined ? { due: toInstant(drilled.dueMs) } : {}),
      ...(row?.failSafe === undefined ? {} : { failSafe: row.failSafe }),
    },
    readings: readings.map((reading) => {
      const { value, unit, cause, ageMs } = signals.get(reading.signal)!
      const known = {
        ...(typeof value === 'number' || typeof value === 'string' ? { value } : {}),
        ...(unit === undefined ? {} : { unit }),
        ...(cause === undefined ? {} : { cause }),
        ...(ageMs === undefined ? {} : { ageMs }),
      }
      return compareReading(reading, known, counted.includes(reading.signal))
    }),
    counted,
  })
}
