/**
 * What somebody should look at, and how it is put right: a correction names the entry it corrects, who and why, and
 * closes its problem; a manual entry stands for a machine that cannot be wired. Nothing recorded is ever changed.
 * Read next: core/people/correction.ts, by-hand.ts (how usage shows both).
 */
import Type, { type Static } from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import { NOT_IN_A_LINE } from '../../../core/ground/text.ts'
import { correctionReasons } from '../../../core/session/correction.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor, machinesFor } from '../guard.ts'
import { instantSchema, readInstants, shownInstant } from '../http/instant.ts'
import { type FieldError, sendErrors } from '../http/problem.ts'
import { foreignId, id, ledgerText, machineParams, pageSize, sequence, toPageSize, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'

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
const correctionBody = Type.Object(
  {
    original: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Sequence of the entry.' }),
    reason: words(correctionReasons, 'What kind of correction.'),
    text: ledgerText('Why.'),
    adjust: Type.Optional(
      Type.Array(
        Type.Object(
          {
            meter: Type.String({
              pattern: '^[a-z0-9-]{1,32}/[A-Za-z0-9.-]{1,80}$',
              description: 'A meter: machine/alias.name.',
              examples: ['booth-1/meter.energy'],
            }),
            from: account,
            to: account,
            quantity: Type.String({
              pattern: '^[1-9][0-9]{0,29}$',
              description: 'Smallest units, a whole number above 0 as text.',
              examples: ['40'],
            }),
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
    meter: Type.String({
      pattern: `^[^${NOT_IN_A_LINE}]{1,80}$`,
      description: 'What was counted, in words: 1 to 80 characters in one line.',
      examples: ['boards'],
    }),
    unit: Type.String({
      pattern: `^[^ ${NOT_IN_A_LINE}]{1,16}$`,
      description: 'Its unit: 1 to 16 characters without a space.',
      examples: ['pcs'],
    }),
    quantity: Type.String({
      pattern: '^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,6})?$',
      description: 'A decimal number as text, with a point and up to 6 places.',
      examples: ['7.5'],
    }),
    from: instantSchema('It began.'),
    to: instantSchema('It ended.'),
    tenant: Type.Optional(foreignId('Whose it was.')),
    reason: ledgerText('Why it is entered by hand.'),
  },
  { additionalProperties: false },
)
const recordedSchema = Type.Object(
  { id: Type.String({ description: 'As in the data of the entry.' }) },
  { description: 'Recorded.' },
)

const listProblems = {
  config: { action: 'problem.read' },
  schema: {
    operationId: 'listProblems',
    summary: 'What somebody should look at',
    tags: ['usage'],
    querystring: Type.Object(
      {
        machine: Type.Optional(id('Only this machine.')),
        after: Type.Optional(sequence('Only entries after this one: `next` of the page before.')),
        limit: pageSize(PAGE),
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
} as const

const correct = {
  config: { action: 'correction.write', problems: ['not-found', 'not-in-account', ...asked] },
  schema: {
    operationId: 'correct',
    summary: 'Put an entry right',
    description: 'A new entry that names the original, who and why; the original stays as it is.',
    tags: ['usage'],
    body: correctionBody,
    response: { 201: recordedSchema },
  },
} as const

const enterByHand = {
  config: { action: 'manual.write', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'enterByHand',
    summary: 'Enter what no device counted',
    description: 'For a machine that cannot be wired; flagged wherever it is shown.',
    tags: ['usage'],
    params: machineParams,
    body: manualBody,
    response: { 201: recordedSchema },
  },
} as const

export function correctionRoutes(app: App, api: Api): void {
  app.get('/problems', listProblems, async (request) => {
    const { machine, after, limit } = request.query
    const machines = machinesFor(api, principalOf(request), 'problem.read')
      .map(({ id }) => id)
      .filter((id) => (machine ?? id) === id)
    const size = toPageSize(limit, PAGE)
    const found = api.reader.problemEntries(machines, Number(after ?? -1), size + 1)
    const page = found.slice(0, size)
    return {
      problems: page.map(toProblem),
      disputed: disputedOf(api, machines),
      ...(found.length > size ? { next: page.at(-1)!.seq } : {}),
    }
  })

  app.post('/corrections', correct, async (request, reply) => {
    const { adjust = [], ...body } = request.body
    const outcome = await ask(api, request, reply, { kind: 'correct', correction: { ...body, adjust } })
    return outcome === undefined ? reply : reply.code(201).send({ id: outcome.id })
  })

  app.post('/machines/:id/manual-entries', enterByHand, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { from, to, ...body } = request.body
    const read = readInstants('/body', { from, to })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const { from: fromMs, to: toMs } = read.times
    const errors = timeErrors(fromMs, toMs, api.clock.nowMs())
    if (errors.length > 0) return sendErrors(request, reply, errors)
    const entry = { ...body, fromMs, toMs }
    const outcome = await ask(api, request, reply, { kind: 'manual-entry', machine: machine.id, entry })
    return outcome === undefined ? reply : reply.code(201).send({ id: outcome.id })
  })
}

function timeErrors(fromMs: number, toMs: number, nowMs: number): FieldError[] {
  const errors: FieldError[] = []
  if (toMs <= fromMs) errors.push({ path: '/body/to', message: 'is not after `from`' })
  if (toMs > nowMs) errors.push({ path: '/body/to', message: 'is in the future' })
  return errors
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
