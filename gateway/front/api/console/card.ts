/**
 * A machine as a card of the board: all that may be shown of it without people. The occupant is no part of it, and
 * neither is whose a booking is. Pure but for the bookings that it reads.
 * Read next: live.ts (who sends it), machines/machine-body.ts (the same for programs).
 */
import Type, { type Static } from 'typebox'
import type { BoardRow } from '../../../core/board/message.ts'
import { around } from '../../../core/booking/booking.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { DAY_MS } from '../../../core/ground/moment.ts'
import { type Report, severities } from '../../../core/session/report.ts'
import type { Api } from '../api.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'
import { machineSchema, toMachine } from '../machines/machine-body.ts'

/** How far ahead the next booking is looked for, and how many bookings are looked through. */
const AHEAD_MS = 7 * DAY_MS
const LOOK_THROUGH = 64

const spanSchema = Type.Object({ start: shownInstant('Begin.'), end: shownInstant('End.') })

const cardSchema = Type.Object(
  {
    machine: machineSchema,
    kind: Type.String({
      description: 'What it is, as the site groups machines; else the profile that says what it does.',
    }),
    about: Type.Optional(
      Type.Object({
        contact: Type.Optional(Type.String()),
        manual: Type.Optional(Type.String()),
        photo: Type.Optional(Type.Literal(true, { description: 'At `/console/photos/{id}`.' })),
        place: Type.Optional(
          Type.Object(
            { x: Type.Number(), y: Type.Number() },
            { description: 'On `/console/plan`, percent from left and top.' },
          ),
        ),
      }),
    ),
    maintenance: Type.Boolean(),
    silent: Type.Integer({ description: 'Its meters that do not count.' }),
    problem: Type.Optional(
      Type.Object(
        {
          severity: words(severities, 'How bad.'),
          state: words(['open', 'taken'] as const, '`taken`: somebody sees to it.'),
          expectedEnd: Type.Optional(shownInstant('When that should be over.')),
        },
        { description: 'The worst that is reported of it and not closed; what it says is for people of the site.' },
      ),
    ),
    now: Type.Optional(
      Type.Object(
        { ...spanSchema.properties, begun: Type.Boolean({ description: 'Its tenant has come.' }) },
        { description: 'The booking that holds.' },
      ),
    ),
    next: Type.Optional(spanSchema),
  },
  { title: 'Card' },
)
export type Card = Static<typeof cardSchema>

export type Plan = Pick<Card, 'now' | 'next' | 'problem'>

/** `reports`: those of the machine that are not closed. */
export function planOf(
  { reader, clock }: Pick<Api, 'reader' | 'clock'>,
  machine: string,
  reports: readonly Report[],
): Plan {
  const nowMs = clock.nowMs()
  const { now, next } = around(reader.bookingsAt(machine, nowMs + AHEAD_MS, nowMs, LOOK_THROUGH), nowMs)
  const span = ({ startMs, endMs }: { startMs: number; endMs: number }) => ({
    start: toInstant(startMs),
    end: toInstant(endMs),
  })
  return {
    ...(now === undefined ? {} : { now: { ...span(now), begun: now.status === 'used' } }),
    ...(next === undefined ? {} : { next: span(next) }),
    ...problemOf(reports),
  }
}

function problemOf(reports: readonly Report[]): Pick<Card, 'problem'> {
  const worst = reports.toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity))[0]
  if (worst === undefined) return {}
  const { severity, state, expectedEndMs } = worst
  return {
    problem: { severity, state, ...(expectedEndMs === undefined ? {} : { expectedEnd: toInstant(expectedEndMs) }) },
  }
}

export function toCard(machine: MachineConfig, row: BoardRow | undefined, isFresh: boolean, plan: Plan): Card {
  const { about } = machine
  const signal = stateSignalOf(machine.state)
  const device = machine.devices[signal.slice(machine.id.length + 1).split('.')[0] ?? '']
  return {
    machine: toMachine(machine, row, isFresh, undefined, undefined),
    kind: machine.kind ?? device?.profile ?? '',
    ...(about === undefined ? {} : { about: aboutOf(about) }),
    maintenance: row?.maintenance === true,
    silent: row?.silent.length ?? 0,
    ...plan,
  }
}

function aboutOf({ contact, manual, photo, place }: NonNullable<MachineConfig['about']>): NonNullable<Card['about']> {
  return {
    ...(contact === undefined ? {} : { contact }),
    ...(manual === undefined ? {} : { manual }),
    ...(photo === undefined ? {} : { photo: true }),
    ...(place === undefined ? {} : { place: { ...place } }),
  }
}

/** The first signal by which it says what it does. */
function stateSignalOf(state: MachineConfig['state']): string {
  switch (state.kind) {
    case 'priority':
      return state.rules[0]?.when ?? ''
    case 'nested':
      return state.levels[0]?.signal ?? ''
    default:
      return state.signal
  }
}

/** Whether it is free, and nothing else: for whoever may not know more. */
export function toFreeCard({ machine }: Card): Card {
  const { id, name, owner, simulated, availability } = machine
  const { state, asOf, maxAgeMs } = availability
  const shown = state === 'Available' || state === 'Unknown' ? state : 'InUse'
  return {
    machine: {
      ...{ id, name, owner, simulated, safetyRelevant: false },
      availability: { state: shown, maxAgeMs, ...(asOf === undefined ? {} : { asOf }) },
      ...{ itemState: 'Unknown', mode: 'Unknown', access: 'Unknown' },
    },
    kind: '',
    maintenance: false,
    silent: 0,
  }
}
