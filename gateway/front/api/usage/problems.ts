/**
 * What somebody should look at, and how it is put right: a correction names the entry it corrects, who and why, and
 * closes its problem; a manual entry stands for a machine that cannot be wired. Nothing recorded is ever changed.
 */
import Type, { type Static } from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { correctionReasons } from '../../../core/session/correction.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { decide } from '../caller/policy.ts'
import { instantSchema, parseInstant, shownInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId, id, pageSize, sequence, toPageSize, words } from '../http/schema.ts'

const PAGE = 500

const kinds = ['incomplete', 'lapsed', 'late', 'counter', 'inspection'] as const
const problemSchema = Type.Object(
  {
    kind: words(
      kinds,
      '`incomplete`: a session without end readings; `lapsed`: an unlock nobody confirmed; `late`: a cycle ran past the grace; `counter`: a counter did not simply grow; `inspection`: the machine was not found in order, after the session it names.',
    ),
    original: Type.Integer({ description: 'Sequence of the entry; a correction that names it closes the problem.' }),
    at: shownInstant('When.'),
    machine: Type.String(),
    session: Type.Optional(Type.String()),
    meter: Type.Optional(Type.String()),
    change: Type.Optional(Type.String({ description: 'What the counter did.' })),
  },
  { title: 'OpenProblem' },
)
const disputedSchema = Type.Object(
  {
    meter: Type.String(),
    machine: Type.String(),
    unit: Type.String(),
    epoch: Type.Integer(),
    quantity: Type.String({
      description: 'Units nobody can say whose they are; a correction that moves them closes it.',
    }),
  },
  { title: 'DisputedUnits' },
)

const account = words(['session', 'unassigned', 'disputed'] as const, 'An account of the meter.')
const why = (description: string) =>
  Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{3,500}$', description: `${description} Goes into the ledger.` })
const correctionBody = Type.Object(
  {
    original: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Sequence of the entry.' }),
    reason: words(correctionReasons, 'What kind of correction.'),
    text: why('Why.'),
    adjust: Type.Optional(
      Type.Array(
        Type.Object(
          {
            meter: Type.String({ pattern: '^[a-z0-9-]{1,32}/[A-Za-z0-9.-]{1,80}$', description: 'machine/alias.name' }),
            from: account,
            to: account,
            quantity: Type.String({ pattern: '^[1-9][0-9]{0,29}$', description: 'Smallest units, decimal text.' }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 20, description: 'Units moved between accounts of the current epoch; none are made or lost.' },
      ),
    ),
  },
  { additionalProperties: false },
)
const manualBody = Type.Object(
  {
    meter: Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{1,80}$', description: 'What was counted, in words.' }),
    unit: Type.String({ pattern: '^[^\\x00-\\x20\\x7f]{1,16}$', description: 'Its unit.' }),
    quantity: Type.String({ pattern: '^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,6})?$', description: 'Decimal text.' }),
    from: instantSchema('It began.'),
    to: instantSchema('It ended.'),
    tenant: Type.Optional(foreignId('Whose it was.')),
    reason: why('Why it is entered by hand.'),
  },
  { additionalProperties: false },
)
const recordedSchema = Type.Object(
  { id: Type.String({ description: 'As in the data of the entry.' }) },
  { description: 'Recorded.' },
)

export function problemRoutes(app: App, api: Api): void {
  app.get(
    '/problems',
    {
      config: { action: 'problem.read' },
      schema: {
        operationId: 'listProblems',
        summary: 'What somebody should look at',
        tags: ['usage'],
        querystring: Type.Object(
          {
            machine: Type.Optional(id('Only this machine.')),
            after: Type.Optional(sequence('Only entries after this one: `next` of the page before.')),
            limit: pageSize(PAGE, 100),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              problems: Type.Array(problemSchema),
              disputed: Type.Array(disputedSchema, { description: 'Meters with disputed units in their epoch.' }),
              next: Type.Optional(Type.Integer({ description: 'Go on after this.' })),
            },
            { description: 'Not yet corrected, in the order of the ledger.' },
          ),
        },
      },
    },
    async (request) => {
      const { machine, after, limit } = request.query
      const machines = machinesOf(api, principalOf(request)).filter((each) => (machine ?? each) === each)
      const size = toPageSize(limit, PAGE, 100)
      const found = api.reader.problemEntries(machines, Number(after ?? -1), size + 1)
      const page = found.slice(0, size)
      return {
        problems: page.map(toProblem),
        disputed: disputedOf(api, machines),
        ...(found.length > size ? { next: page.at(-1)!.seq } : {}),
      }
    },
  )

  app.post(
    '/corrections',
    {
      config: { action: 'correction.write', problems: ['not-found', 'not-in-account', 'busy', 'timed-out'] },
      schema: {
        operationId: 'correct',
        summary: 'Put an entry right',
        description: 'A new entry that names the original, who and why; the original stays as it is.',
        tags: ['usage'],
        body: correctionBody,
        response: { 201: recordedSchema },
      },
    },
    async (request, reply) => {
      const { adjust = [], ...body } = request.body
      const outcome = await api.ask({
        kind: 'correct',
        principal: principalOf(request),
        correction: { ...body, adjust },
      })
      if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
      if (outcome.kind !== 'recorded') return sendProblem(request, reply, refuse('internal'))
      return reply.code(201).send({ id: outcome.id })
    },
  )

  app.post(
    '/machines/:id/manual-entries',
    {
      config: { action: 'manual.write', problems: ['not-found', 'busy', 'timed-out'] },
      schema: {
        operationId: 'enterByHand',
        summary: 'Enter what no device counted',
        description: 'For a machine that cannot be wired; flagged wherever it is shown.',
        tags: ['usage'],
        params: Type.Object({ id: id('Machine.') }),
        body: manualBody,
        response: { 201: recordedSchema },
      },
    },
    async (request, reply) => {
      const machine = request.params.id
      const known = api.machines.get(machine)
      if (known === undefined) return sendProblem(request, reply, refuse('not-found'))
      const refusal = decide(principalOf(request), 'manual.write', { machine, owner: known.owner })
      if (refusal) return sendProblem(request, reply, refusal)
      const { from, to, ...body } = request.body
      const fromMs = parseInstant(from)
      const toMs = parseInstant(to)
      const errors = [
        ...(fromMs === undefined ? [{ path: '/body/from', message: 'is no moment' }] : []),
        ...(toMs === undefined ? [{ path: '/body/to', message: 'is no moment' }] : []),
        ...(toMs !== undefined && fromMs !== undefined && toMs <= fromMs
          ? [{ path: '/body/to', message: 'is not after from' }]
          : []),
        ...(toMs !== undefined && toMs > api.clock.nowMs() ? [{ path: '/body/to', message: 'is not over' }] : []),
      ]
      if (fromMs === undefined || toMs === undefined || errors.length > 0)
        return sendProblem(request, reply, refuse('bad-request'), { errors })
      const outcome = await api.ask({
        kind: 'manual-entry',
        principal: principalOf(request),
        machine,
        entry: { ...body, fromMs, toMs },
      })
      if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
      if (outcome.kind !== 'recorded') return sendProblem(request, reply, refuse('internal'))
      return reply.code(201).send({ id: outcome.id })
    },
  )
}

function machinesOf(api: Api, principal: Principal): string[] {
  return api.config.machines
    .filter(({ id, owner }) => decide(principal, 'problem.read', { machine: id, owner }) === undefined)
    .map(({ id }) => id)
}

function toProblem(entry: Entry): Static<typeof problemSchema> {
  const data = entry.body.data as { meter?: string; change?: string }
  return {
    kind: kindOf(entry),
    original: entry.seq,
    at: entry.body.at,
    machine: entry.machine!,
    ...(entry.session === undefined ? {} : { session: entry.session }),
    ...(entry.kind === 'MeterChanged' ? { meter: data.meter!, change: data.change! } : {}),
  }
}

function kindOf({ kind }: Entry): (typeof kinds)[number] {
  if (kind === 'SessionEnded') return 'incomplete'
  if (kind === 'SessionFinishing') return 'late'
  if (kind === 'InspectionRecorded') return 'inspection'
  return kind === 'MeterChanged' ? 'counter' : 'lapsed'
}

function disputedOf(api: Api, machines: readonly string[]): Static<typeof disputedSchema>[] {
  return api.reader
    .meters()
    .filter(({ machine, accounts }) => machines.includes(machine) && accounts.disputed > 0n)
    .map(({ meter, machine, unit, epoch, accounts }) => ({
      meter,
      machine,
      unit,
      epoch,
      quantity: accounts.disputed.toString(),
    }))
}
