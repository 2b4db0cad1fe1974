/** What a use would cost, with its reasons. It promises nothing but the prices. Read next: core/billing/quote.ts. */
import Type, { type Static } from 'typebox'
import { isValidOn } from '../../../core/billing/hours.ts'
import { quoteOf } from '../../../core/billing/quote.ts'
import { pinOf } from '../../../core/billing/tariff.ts'
import { MAX_BOOKING_MS } from '../../../core/booking/booking.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import { instantSchema, readInstants } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { id, machineParams } from '../http/schema.ts'
import { billSchema } from './bill-body.ts'

const MOST = 1_000_000_000

const query = Type.Object(
  {
    from: instantSchema('Begin.'),
    to: instantSchema('End, after the begin, 31 days at most.'),
    tariff: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9-]{1,32}@[1-9][0-9]{0,5}$',
        description: 'Absent: that of the machine.',
        examples: ['spray@3'],
      }),
    ),
    class: Type.Optional(id('Class of the tenant.')),
    energyWh: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,9}$', description: 'Energy it will use, Wh.', examples: ['12000'] }),
    ),
    pieces: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,9}$', description: 'Pieces it will make.', examples: ['40'] }),
    ),
  },
  { additionalProperties: false },
)

const getQuote = {
  config: { action: 'machine.read', problems: ['not-found'] },
  schema: {
    operationId: 'getQuote',
    summary: 'What a use would cost, and why',
    description:
      'As if the machine worked from begin to end, with the energy and pieces that are given. The booking that names the tariff is billed by it, whatever is published later.',
    tags: ['money'],
    params: machineParams,
    querystring: query,
    response: { 200: billSchema },
  },
} as const

export function quoteRoutes(app: App, api: Api): void {
  app.get('/machines/:id/quote', getQuote, async (request, reply) => {
    const machine = api.machines.get(request.params.id)
    if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
    const { from, to, class: name, energyWh = '0', pieces = '0' } = request.query
    const read = readInstants('/query', { from, to })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const booked = { fromMs: read.times.from, untilMs: read.times.to }
    if (booked.untilMs <= booked.fromMs || booked.untilMs - booked.fromMs > MAX_BOOKING_MS)
      return sendErrors(request, reply, [{ path: '/query/to', message: 'is not within 31 days after `from`' }])
    const pin = request.query.tariff ?? machine.tariff
    const tariff = api.reader.tariffs().find((each) => pinOf(each) === pin)
    if (tariff === undefined)
      return sendProblem(
        request,
        reply,
        refuse('not-found', pin === undefined ? 'the machine has no tariff' : `there is no tariff ${pin}`),
      )
    if (!isValidOn(tariff, booked.fromMs))
      return sendProblem(request, reply, refuse('not-found', `${pin} is not valid on that day`))
    const expected = {
      machine: machine.id,
      owner: machine.owner,
      booked,
      ...(name === undefined ? {} : { class: name }),
    }
    // The first meter that the tariff names for it is the one that is expected to count.
    const meterIn = (unit: string) =>
      tariff.elements.find(({ of }) => api.reader.meter(`${machine.id}/${of}`)?.unit === unit)?.of
    const [energy, counter] = [meterIn('Wh'), meterIn('pcs')]
    const meters = { ...(energy && { energy }), ...(counter && { pieces: counter }) }
    const numbers = { energyWh: Math.min(MOST, Number(energyWh)), pieces: Math.min(MOST, Number(pieces)) }
    return quoteOf(tariff, { ...expected, ...numbers, meters }) as Static<typeof billSchema>
  })
}
