/**
 * When a machine may be booked: its free times, as a platform shows them before anybody books. The words are those of
 * OCPI 2.3 Bookings (Calendar: available timeslots and their increment).
 * Read next: core/booking/slots.ts (what is free), machines.ts (the search over all machines).
 */
import Type from 'typebox'
import type { Block } from '../../../core/booking/plan.ts'
import { freeSlots, type Slot } from '../../../core/booking/slots.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { DAY_MS, MINUTE_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import { isFresh } from '../board.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { machineParams } from '../http/schema.ts'

const LONGEST_DAYS = 62
const USUAL_DAYS = 7

/** A caller may ask for more than a booking can have, and finds what is free for so long. */
export const minutesField = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}$', description, examples: ['120'] }))

const getCalendar = {
  config: { action: 'machine.read', tagged: true, problems: ['not-found'] },
  schema: {
    operationId: 'getCalendar',
    summary: 'When a machine may be booked',
    description:
      'Times that no booking, clean-down, block or maintenance window takes. It is the plan alone: whether the machine works now is in `GET /v1/machines/{id}`. Nothing is reserved by looking.',
    tags: ['machines'],
    params: machineParams,
    querystring: Type.Object(
      {
        from: Type.Optional(instantSchema('Begin; absent, or past: now.')),
        to: Type.Optional(
          instantSchema(`End, within ${LONGEST_DAYS} days after the begin; absent: ${USUAL_DAYS} days after it.`),
        ),
        minutes: minutesField('Only times that last so long; absent: `timeslotIncrement`.'),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          machine: Type.String(),
          from: shownInstant('Begin.'),
          to: shownInstant('End.'),
          timeslotIncrement: Type.Number({ description: 'The step in which the site books, minutes.' }),
          availableTimeslots: Type.Array(
            Type.Object({ startFrom: shownInstant('Not before.'), endBefore: shownInstant('Not after.') }),
            { description: 'In order.' },
          ),
        },
        { title: 'Calendar', description: 'Free times.' },
      ),
    },
  },
} as const

export function calendarRoutes(app: App, api: Api): void {
  app.get('/machines/:id/calendar', getCalendar, async (request, reply) => {
    const machine = api.machines.get(request.params.id)
    if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
    const read = readInstants('/query', { from: request.query.from, to: request.query.to })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const fromMs = Math.max(read.times.from ?? 0, api.clock.nowMs())
    const untilMs = read.times.to ?? fromMs + USUAL_DAYS * DAY_MS
    if (untilMs <= fromMs || untilMs - fromMs > LONGEST_DAYS * DAY_MS) {
      const message = `is not within ${LONGEST_DAYS} days after \`from\`, or in the past`
      return sendErrors(request, reply, [{ path: '/query/to', message }])
    }
    const { incrementMs } = api.config.bookings
    const { minutes } = request.query
    const leastMs = minutes === undefined ? incrementMs : Number(minutes) * MINUTE_MS
    const blocks = api.reader.machines().find((row) => row.machine === machine.id)?.blocks
    return {
      machine: machine.id,
      from: toInstant(fromMs),
      to: toInstant(untilMs),
      timeslotIncrement: incrementMs / MINUTE_MS,
      availableTimeslots: slotsOf(api, machine, blocks, { fromMs, untilMs }, leastMs).map((slot) => ({
        startFrom: toInstant(slot.fromMs),
        endBefore: toInstant(slot.untilMs),
      })),
    }
  })
}

/** Those of the machines that are free for so long; without a begin, or with one that is past: now, and Available. */
export function freeMachines(api: Api, machines: readonly MachineConfig[], fromMs: number, lastMs: number) {
  const [nowMs, nowNs] = [api.clock.nowMs(), api.clock.nowNs()]
  const beginMs = Math.max(fromMs, nowMs)
  const within = { fromMs: beginMs, untilMs: beginMs + lastMs }
  const blocks = new Map(api.reader.machines().map((row) => [row.machine, row.blocks]))
  const isAvailable = ({ id }: MachineConfig) => {
    const row = api.board.row(id)
    return row !== undefined && isFresh(row, nowNs) && row.availability.state === 'Available'
  }
  return machines.filter(
    (machine) =>
      (beginMs > nowMs || isAvailable(machine)) &&
      slotsOf(api, machine, blocks.get(machine.id), within, lastMs).length > 0,
  )
}

function slotsOf(
  { reader, config }: Api,
  machine: MachineConfig,
  blocks: readonly Block[] = [],
  within: Slot,
  leastMs: number,
): Slot[] {
  const { cleanDownMs } = machine.afterUse
  const bookings = reader.bookingsAt(
    machine.id,
    within.untilMs + cleanDownMs,
    within.fromMs - cleanDownMs,
    config.bounds.maxBookings,
  )
  return freeSlots({ bookings, blocks, cleanDownMs, windows: machine.windows }, within, leastMs)
}
