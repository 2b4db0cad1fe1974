/**
 * The tariffs that were published, element by element, and where none or more than one of their elements matches, as
 * `latchkey check` finds it. Read next: core/billing/tariff.ts, config/check/tariff-cells.ts, quote.ts (what it makes).
 */
import Type, { type Static } from 'typebox'
import { type Cell, type CellFault, cellFaults } from '../../../../config/check/tariff-cells.ts'
import { bases, occasions, pinOf, type Tariff, unitsOf } from '../../../core/billing/tariff.ts'
import type { Api, App } from '../api.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'

const price = (description: string) => Type.String({ description: `${description} Decimal text.` })
const count = (description: string) => Type.String({ description: `${description} Smallest units, decimal text.` })
const minute = (description: string) => Type.Integer({ description: `${description} Minutes from midnight.` })

const elementSchema = Type.Object(
  {
    id: Type.String(),
    of: Type.String({ description: 'What is counted: a clock, `energy`, `pieces`, `flat`, or a meter as alias.name.' }),
    unit: Type.Optional(Type.String({ description: 'Smallest unit; absent: no machine has the meter.' })),
    when: words(occasions, 'What happened.'),
    price: price('For `per`.'),
    per: count('What the price is for.'),
    days: Type.Optional(Type.Array(Type.Integer(), { description: 'Only on these days; Sunday is 0.' })),
    hours: Type.Optional(
      Type.Object({ from: minute('Begin.'), to: minute('End.') }, { description: 'Only at these hours.' }),
    ),
    above: Type.Optional(count('Only what a use has above this.')),
    free: Type.Optional(count('As much of it is free in a use.')),
    classes: Type.Optional(Type.Array(Type.String(), { description: 'Only for tenants of these classes.' })),
    tax: Type.String({ description: 'Category of `taxes`.' }),
  },
  { title: 'TariffElement' },
)

const noteSchema = Type.Object(
  {
    kind: words(
      ['gap', 'overlap', 'unreachable'] as const,
      'Nothing matches, and it is free; two match, and the first wins; it never wins.',
    ),
    element: Type.String({ description: 'Element; of a gap: one that counts the same.' }),
    other: Type.Optional(Type.String({ description: 'The second of two.' })),
    day: Type.Optional(Type.Integer({ description: 'A day on which it is so; Sunday is 0.' })),
    minute: Type.Optional(minute('The time from which it is so.')),
    class: Type.Optional(Type.String({ description: 'For this class; absent: for none that is named.' })),
    above: Type.Optional(count('Above this; absent: from the first on.')),
  },
  { title: 'TariffNote' },
)

const tariffSchema = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer(),
    publishedAt: shownInstant('Since then it never changes.'),
    approvedBy: Type.String(),
    currency: Type.String({ description: 'ISO 4217.' }),
    zone: Type.String({ description: 'IANA zone of days and hours.' }),
    validFrom: Type.Optional(Type.String({ description: 'First day on which a use may begin.' })),
    validUntil: Type.Optional(Type.String({ description: 'Last day.' })),
    basis: words(bases, 'Which quantities count.'),
    freeCancellationMs: Type.Integer({ description: 'A booking cancelled so long before its begin is free.' }),
    elements: Type.Array(elementSchema, { description: 'The first that matches wins.' }),
    minimum: Type.Optional(price('Of a use.')),
    maximum: Type.Optional(price('Of a use.')),
    taxIncluded: Type.Boolean({ description: 'Prices contain the tax.' }),
    taxes: Type.Record(Type.String(), Type.String(), { description: 'Percent by category.' }),
    split: Type.Object({
      parts: Type.Array(
        Type.Object({
          party: Type.String(),
          percent: Type.Optional(price('Of the net.')),
          fixed: Type.Optional(price('Per use.')),
        }),
      ),
      remainder: Type.String({ description: 'Who gets the rest.' }),
    }),
    machines: Type.Array(Type.String(), { description: 'Whose uses it bills, unless a booking names another.' }),
    notes: Type.Array(noteSchema),
  },
  { title: 'Tariff' },
)

const listTariffs = {
  config: { action: 'machine.read', tagged: true, problems: [] },
  schema: {
    operationId: 'listTariffs',
    summary: 'The tariffs that were published',
    description: 'Each version as it will always be, the newest first.',
    tags: ['money'],
    response: { 200: Type.Object({ tariffs: Type.Array(tariffSchema) }, { description: 'All of them.' }) },
  },
} as const

type Note = Static<typeof noteSchema>
/** What of it was published. */
type Frozen = Omit<Static<typeof tariffSchema>, 'publishedAt' | 'machines' | 'notes'>

export function tariffRoutes(app: App, api: Api): void {
  /** By `id@version`: a version never changes, and what is found in it does not. */
  const noted = new Map<string, Note[]>()
  const notesOf = (tariff: Tariff): Note[] => {
    const pin = pinOf(tariff)
    const notes = noted.get(pin) ?? cellFaults(tariff.elements).map((fault) => toNote(tariff, fault))
    noted.set(pin, notes)
    return notes
  }

  app.get('/tariffs', listTariffs, async () => {
    const tariffs = api.reader.tariffEntries().map(({ body }) => {
      const tariff = body.data as unknown as Tariff
      const machines = [...api.machines.values()]
        .filter((machine) => machine.tariff === pinOf(tariff))
        .map(({ id }) => id)
      const unitOf = (of: string) =>
        unitsOf[of] ?? machines.map((id) => api.reader.meter(`${id}/${of}`)?.unit).find((unit) => unit !== undefined)
      return {
        ...(tariff as unknown as Frozen),
        publishedAt: toInstant(Date.parse(body.at)),
        elements: tariff.elements.map((element) => toElement(element, unitOf(element.of))),
        machines,
        notes: notesOf(tariff),
      }
    })
    return { tariffs: tariffs.reverse() }
  })
}

function toElement(element: Tariff['elements'][number], unit: string | undefined): Static<typeof elementSchema> {
  return { ...(element as unknown as Static<typeof elementSchema>), ...(unit === undefined ? {} : { unit }) }
}

function toNote({ elements }: Tariff, fault: CellFault): Note {
  const nameOf = (index: number) => elements[index]!.id
  return {
    kind: fault.kind,
    element: nameOf(fault.element),
    ...(fault.kind === 'overlap' ? { other: nameOf(fault.other) } : {}),
    ...(fault.kind === 'unreachable' ? {} : toPlace(fault.cell)),
  }
}

function toPlace({ day, minute, above, ...cell }: Cell): Partial<Note> {
  return {
    ...{ day, minute },
    ...(cell.class === '' ? {} : { class: cell.class }),
    ...(above === 0n ? {} : { above: above.toString() }),
  }
}
