/**
 * What the owner of the key may make of the entries before they are hashed again and signed: units, readings,
 * sessions, order, names and times told otherwise. A lie alters a copy of a story in place and says what it did;
 * undefined when the story has nothing of the kind. Some of these are no lies but other good stories: both verifiers
 * have to say so. Read next: forge.ts (the signature), texts.ts (lies about the form of an entry).
 */
import { add, type Body, type Dice, type Row, rows, set } from './stories.ts'

export type Lie = (bodies: Body[], dice: Dice) => string | undefined

function pickOf(bodies: readonly Body[], dice: Dice, ...kinds: string[]): Body | undefined {
  const found = bodies.filter(({ kind }) => kinds.includes(kind))
  return found.length === 0 ? undefined : dice.pick(found)
}

/** Makes a lie of something done to one entry of these kinds. */
const inOne =
  (kinds: readonly string[], tell: (body: Body, dice: Dice, bodies: Body[]) => string | undefined): Lie =>
  (bodies, dice) => {
    const body = pickOf(bodies, dice, ...kinds)
    const told = body && tell(body, dice, bodies)
    return body && told && `${body.kind} ${body.seq}: ${told}`
  }

/* ── any value anywhere ── */

type Place = { readonly holder: Row; readonly name: string; readonly value: unknown }

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Row
  return Object.keys(holder).flatMap((name) => [{ holder, name, value: holder[name] }, ...placesIn(holder[name])])
}

const READ = ['MeterSampled', 'MeterChanged', 'SessionFinishing', 'UnlockIntended', 'UnlockConfirmed', 'SessionEnded']
const OPENED = [...READ, 'UnlockRefused', 'UnlockUnconfirmed', 'Correction', 'ManualEntry', 'GatewayStarted']

/** Sessions and corrections are where the units are: half of all lies about values are told there. */
const anyOpened = (bodies: readonly Body[], dice: Dice): Body =>
  (dice.chance(0.5)
    ? pickOf(bodies, dice, 'SessionEnded', 'Correction', 'UnlockIntended', 'MeterChanged')
    : undefined) ?? pickOf(bodies, dice, ...OPENED)!

const numbers: Lie = (bodies, dice) => {
  const body = anyOpened(bodies, dice)
  const places = placesIn(body.data).filter(({ value }) => typeof value === 'number' || /^\d+$/.test(String(value)))
  if (places.length === 0) return undefined
  const { holder, name, value } = dice.pick(places)
  const text = String(value)
  const other = dice.pick([
    ...[add(text, 1), add(text, 10), add(text, -1), `${text}0`, text.slice(0, -1) || '0', '0', '1'],
    ...(dice.chance(0.2) ? ['9'.repeat(40), '9'.repeat(41)] : []),
    ...(dice.chance(0.3) ? [`-${text}`, `0${text}`, `${text}.5`, '', ' 1', '1e3'] : []),
  ])
  holder[name] = typeof value === 'number' && dice.chance(0.9) ? Number(other) || 0 : other
  return `${body.kind} ${body.seq}: ${name} is ${other}, not ${text}`
}

const types: Lie = (bodies, dice) => {
  const body = anyOpened(bodies, dice)
  const { holder, name } = dice.pick(placesIn(body))
  const other = dice.pick([null, true, false, [], {}, '', 'x', 0, -1, 1.5, 1e21, [{}], '2026-03-02T06:00:00.000Z'])
  if (dice.chance(0.4)) delete holder[name]
  else holder[name] = other
  return `${body.kind} ${body.seq}: ${name} is of another type, or gone`
}

const unknownFields: Lie = (bodies, dice) => {
  const body = dice.pick(bodies)
  const objects = [body, ...placesIn(body).map(({ value }) => value)].filter(
    (value): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value),
  )
  const name = dice.pick(['zone', 'paid', 'at2', '~', 'ä', '1', '10', '__proto__', 'A'])
  Object.defineProperty(dice.pick(objects), name, { value: 'x', enumerable: true, configurable: true, writable: true })
  return `${body.kind} ${body.seq}: a field ${name}`
}

/* ── order ── */

const order: Lie = (bodies, dice) => {
  const at = dice.below(bodies.length)
  const to = dice.below(bodies.length)
  switch (dice.below(4)) {
    case 0:
      bodies.splice(at, 1)
      return `entry ${at} dropped`
    case 1:
      bodies.splice(to, 0, structuredClone(bodies[at]!))
      return `entry ${at} again at ${to}`
    case 2:
      bodies.splice(to, 0, ...bodies.splice(at, 1))
      return `entry ${at} moved to ${to}`
    default: {
      const [one, other] = [bodies[at]!, bodies[to]!]
      bodies[at] = other
      bodies[to] = one
      return `entries ${at} and ${to} swapped`
    }
  }
}

/* ── around the data ── */

const envelope: Lie = (bodies, dice) => {
  const body = dice.pick(bodies)
  const [name, value] = dice.pick<readonly [string, unknown]>([
    [
      'at',
      dice.pick([
        '2026-02-30T06:00:00.000Z',
        '2026-03-02T24:00:00.000Z',
        '2026-03-02 06:00',
        '2027-01-01T00:00:00.000Z',
      ]),
    ],
    [
      'at',
      dice.pick([
        '2024-02-29T23:59:59.999Z',
        '2023-02-29T00:00:00.000Z',
        '2026-03-02T06:00:60.000Z',
        '2026-03-02T06:60:00.000Z',
        '2100-02-29T00:00:00.000Z',
        '2000-02-29T00:00:00.000Z',
        '2026-00-10T00:00:00.000Z',
        '2026-04-31T00:00:00.000Z',
        '0000-01-01T00:00:00.000Z',
      ]),
    ],
    ['clock', dice.pick(['informative', 'relative', 'unknown', 'fine'])],
    ['mono', dice.pick(['0', '01', '-5', '1.5', '', '9'.repeat(41), 5])],
    ['boot', dice.pick(['', 'another', null])],
    ['kind', dice.pick(['LinkLost', 'SessionEnded', 'MeterSampled', 'SessionSplit', 'constructor', ''])],
    ['v', dice.pick([2, 0, '1', true])],
    ['site', dice.pick(['other', '', 'hall/7c1e'])],
    ['machine', dice.pick(['lathe', '', undefined, 7])],
    ['session', dice.pick(['s9', '', undefined, null])],
    ['simulated', dice.pick([true, false, undefined, 'true'])],
  ])
  if (value === undefined) delete body[name]
  else body[name] = value
  return `${body.kind} ${body.seq}: ${name} is ${JSON.stringify(value)}`
}

/* ── meters ── */

const CHANGES = 'first wrap gap reset exchange regress reconfigured out-of-range torn unresolved silent foreign'.split(
  ' ',
)
const ACCOUNTS = ['session', 'unassigned', 'disputed']

const changes = inOne(['MeterChanged'], ({ data }, dice) => {
  const alter = dice.pick<readonly [string, () => void]>([
    ['another change', () => set(data, 'change', dice.pick(CHANGES))],
    [
      'another change, and the next epoch',
      () => Object.assign(data, { change: dice.pick(CHANGES), epoch: Number(data.epoch) + 1 }),
    ],
    ['another account', () => set(data, 'account', dice.pick([...ACCOUNTS, 'nobody']))],
    ['another epoch', () => set(data, 'epoch', Number(data.epoch) + dice.pick([-1, 1, 2]))],
    ['more units', () => Object.assign(data, { delta: add(data.delta, 10), total: add(data.total, 10) })],
    ['no from', () => delete data.from],
    ['no to', () => delete data.to],
    ['a value below 0', () => set(data, 'to', '-7')],
    ['another unit', () => set(data, 'unit', 'MWh')],
    ['from another unit', () => set(data, 'fromUnit', dice.pick(['MWh', 'Wh', 'kWh', 7]))],
    ['from another total', () => set(data, 'fromTotal', dice.pick(['0', '7', add(data.fromTotal ?? data.total, 10)]))],
    ['no unit that it was', () => delete data.fromUnit],
    [
      'accounts',
      () => set(data, 'accounts', { session: dice.pick(['0', '5']), unassigned: '0', disputed: String(data.delta) }),
    ],
  ])
  alter[1]()
  return alter[0]
})

const points = inOne(READ, (body, dice) => {
  const list = dice.pick(
    [body.data.meters, body.data.begin, body.data.end].map(rows).filter(({ length }) => length > 0),
  )
  if (list === undefined) return undefined
  const point = dice.pick(list)
  const accounts = point.accounts as Row | undefined
  const alter = dice.pick<readonly [string, () => void]>([
    ['a reading without its counter', () => delete point.raw],
    ['a reading in another unit', () => set(point, 'unit', 'MWh')],
    ['a reading in another epoch', () => set(point, 'epoch', Number(point.epoch) + dice.pick([-1, 1]))],
    ['a reading of another meter', () => set(point, 'meter', dice.pick(['saw/glue', 'saw/energy.energy', 'x']))],
    ['a reading twice', () => void list.push(structuredClone(point))],
    ['a reading less', () => void list.splice(list.indexOf(point), 1)],
    ['readings in another order', () => void list.reverse()],
    ['a later reading', () => set(point, 'at', Number(point.at) + 1)],
    ['a higher total', () => set(point, 'total', add(point.total, 10))],
    ['a lower total', () => set(point, 'total', add(point.total, -20))],
    [
      'a higher total and counter',
      () => Object.assign(point, { total: add(point.total, 10), raw: add(point.raw ?? 0, 1) }),
    ],
    ['no accounts', () => delete point.accounts],
    [
      'another account',
      () => accounts && Object.assign(accounts, { session: accounts.disputed, disputed: accounts.session }),
    ],
    ['more in an account', () => accounts && set(accounts, 'session', add(accounts.session, 1))],
  ])
  alter[1]()
  return alter[0]
})

/**
 * A change that was never seen: behind a reading of the meter, or behind all of them, and perhaps a reading after it.
 */
const inserted: Lie = (bodies, dice) => {
  const readings = bodies.filter(({ kind }) => READ.includes(kind))
  const before = dice.chance(0.6) ? readings.at(-1) : dice.pick(readings)
  const point = before && lastPoints(readings.slice(0, readings.indexOf(before) + 1), dice)
  if (before === undefined || point === undefined) return undefined
  const { meter, unit, total, epoch, raw } = point
  const change = dice.pick(CHANGES)
  const delta = dice.pick(['0', '0', '10'])
  const isNext = dice.chance(
    ['exchange', 'regress', 'reset', 'reconfigured', 'out-of-range'].includes(change) ? 0.8 : 0.3,
  )
  const next = { meter, unit, total: add(total, Number(delta)), epoch: Number(epoch) + (isNext ? 1 : 0) }
  const to = dice.pick([raw, '0', '5', '7', '-3'])
  const account = change === 'regress' || dice.chance(0.5) ? 'disputed' : dice.pick(ACCOUNTS)
  const isUnit = change === 'reconfigured' && dice.chance(0.6)
  const other = {
    unit: dice.pick(['Wh', 'kWh', 'MWh']),
    fromUnit: unit,
    fromTotal: total,
    total: dice.pick(['0', total]),
  }
  const left = isUnit ? (other as Row) : {}
  const data = { ...next, change, delta, account, ...(raw === undefined ? {} : { from: raw, to }), ...left }
  const after = { meters: [{ ...next, total: add(next.total, dice.pick([0, 2, 10])), raw: add(to ?? 0, 1), at: 1 }] }
  const { simulated: _, session: __, ...around } = before
  const more = dice.chance(0.4) ? [{ ...around, kind: 'MeterSampled', data: after } as Body] : []
  bodies.splice(bodies.indexOf(before) + 1, 0, { ...around, kind: 'MeterChanged', data } as Body, ...more)
  return `a ${change} of ${meter} to ${to} with ${delta} behind ${before.seq}, ${more.length} readings more`
}

/** Where some meter stood last. */
function lastPoints(readings: readonly Body[], dice: Dice): Row | undefined {
  const all = readings.flatMap(({ kind, data }) =>
    kind === 'MeterChanged' ? [{ ...data, raw: data.to }] : rows(data.meters ?? data.end ?? data.begin),
  )
  const meters = [...new Set(all.map(({ meter }) => meter))]
  const meter = meters.length === 0 ? undefined : dice.pick(meters)
  return all.findLast((point) => point.meter === meter)
}

/** All that is said of one meter, as if each unit or each count were several. */
const scaled: Lie = (bodies, dice) => {
  const point = rows(pickOf(bodies, dice, 'UnlockIntended', 'MeterSampled')?.data[dice.pick(['begin', 'meters'])])[0]
  if (point === undefined) return undefined
  const names = dice.pick([['raw', 'from', 'to'], ['total', 'delta', 'quantity'], ['total', 'delta'], ['quantity']])
  const factor = dice.pick([2n, 3n, 10n])
  for (const { holder, name, value } of bodies.flatMap(({ data }) => placesIn({ data })))
    if (holder.meter === point.meter && names.includes(name) && /^\d+$/.test(String(value)))
      holder[name] = String(BigInt(String(value)) * factor)
  return `${names} of ${point.meter} times ${factor}`
}

/** Units that came from nowhere, in all that is said of a meter from one entry on. */
const shifted: Lie = (bodies, dice) => {
  const from = dice.below(bodies.length)
  const meter = rows(pickOf(bodies, dice, 'UnlockIntended')?.data.begin)[0]?.meter
  const units = dice.pick([10, 100, -10])
  for (const { holder, name, value } of bodies.slice(from).flatMap(({ data }) => placesIn({ data })))
    if (holder.meter === meter && name === 'total') holder.total = add(value, units)
  return `${units} units more of ${meter} from entry ${from} on`
}

export const lies: Readonly<Record<string, Lie>> = {
  'a number': numbers,
  'a type': types,
  'a field too many': unknownFields,
  'the order': order,
  'the envelope': envelope,
  'a change of a meter': changes,
  'a reading': points,
  'a change that was not': inserted,
  'a meter scaled': scaled,
  'a meter shifted': shifted,
}
