/**
 * What the owner of the key may make of sessions: whose they are, when they began and ended, what they are charged, and
 * what was corrected later. Read next: lies.ts (the same of everything else).
 */
import type { Lie } from './lies.ts'
import { add, type Body, type Dice, type Row, rows, set } from './stories.ts'

const UNLOCKS = ['UnlockIntended', 'UnlockConfirmed', 'UnlockRefused', 'UnlockUnconfirmed', 'SessionEnded']

const anyOf = (bodies: readonly Body[], dice: Dice, ...kinds: string[]): Body | undefined => {
  const found = bodies.filter(({ kind }) => kinds.includes(kind))
  return found.length === 0 ? undefined : dice.pick(found)
}
const behind = (bodies: Body[], body: Body, ...more: Body[]) => void bodies.splice(bodies.indexOf(body) + 1, 0, ...more)

/* ── who has the machine ── */

const names: Lie = (bodies, dice) => {
  const body = anyOf(bodies, dice, ...UNLOCKS)
  const other = anyOf(bodies, dice, ...UNLOCKS)
  if (body === undefined || other === undefined) return undefined
  switch (dice.below(4)) {
    case 0:
      body.session = other.session!
      break
    case 1:
      body.machine = other.machine!
      break
    case 2:
      body.data.token = other.data.token ?? '1'
      break
    default:
      for (const each of bodies) if (each.session === other.session) each.session = body.session!
  }
  return `${body.kind} ${body.seq} has the name of ${other.seq}`
}

const again: Lie = (bodies, dice) => {
  const body = anyOf(bodies, dice, ...UNLOCKS)
  if (body === undefined) return undefined
  const copy = structuredClone(body)
  if (dice.chance(0.3)) copy.data.late = true
  if (dice.chance(0.3)) copy.data.resume = true
  if (dice.chance(0.3)) delete copy.data.begin
  if (dice.chance(0.2)) copy.data.token = add(copy.data.token ?? 1, 1)
  const at = dice.chance(0.5) ? bodies.indexOf(body) + 1 : dice.below(bodies.length)
  bodies.splice(at, 0, copy)
  return `${body.kind} ${body.seq} again at ${at}`
}

const gone: Lie = (bodies, dice) => {
  const body = anyOf(bodies, dice, ...UNLOCKS)
  if (body === undefined) return undefined
  bodies.splice(bodies.indexOf(body), 1)
  return `no ${body.kind} ${body.seq}`
}

/** The session is resumed once more: as it should be, or nearly. */
const resumed: Lie = (bodies, dice) => {
  const confirmed = anyOf(bodies, dice, 'UnlockConfirmed')
  const intent =
    confirmed && bodies.findLast((body) => body.kind === 'UnlockIntended' && body.session === confirmed.session)
  if (confirmed === undefined || intent === undefined) return undefined
  const token = dice.chance(0.7) ? add(intent.data.token, 1) : dice.pick(['0', String(intent.data.token), '999999'])
  const { booking, tenant } = intent.data
  const again = { ...intent, data: { booking, tenant, token, resume: true } as Row }
  const answer = dice.pick(['UnlockConfirmed', 'UnlockRefused', 'UnlockUnconfirmed'])
  const answered = { ...confirmed, kind: answer, data: { token, resume: dice.chance(0.8) } as Row }
  if (dice.chance(0.15)) again.data.tenant = 't-other'
  if (dice.chance(0.15)) again.machine = 'lathe'
  if (dice.chance(0.15)) again.data.begin = intent.data.begin
  if (dice.chance(0.2)) Object.assign(answered.data, { begin: confirmed.data.begin, late: dice.chance(0.7) })
  behind(bodies, confirmed, again, ...(dice.chance(0.9) ? [answered] : []))
  return `${confirmed.session} resumed, ${answer}`
}

/** Where the session began, in some of the entries that say so. */
const beginnings: Lie = (bodies, dice) => {
  const intent = anyOf(bodies, dice, 'UnlockIntended')
  if (intent === undefined) return undefined
  const kinds = ['UnlockIntended', 'UnlockConfirmed', 'SessionEnded'].filter(() => dice.chance(0.6))
  const what = dice.below(4)
  for (const { kind, session, data } of bodies) {
    const list = rows(data.begin)
    if (session !== intent.session || !kinds.includes(kind) || list.length === 0) continue
    if (what === 0) list[0]!.total = add(list[0]!.total, -10)
    else if (what === 1) list.splice(0, 1)
    else if (what === 2) list[0]!.at = 5
    else delete data.begin
  }
  return `${intent.session}: another beginning in ${kinds}`
}

/* ── what it says of itself ── */

const claims: Lie = (bodies, dice) => {
  const end = anyOf(bodies, dice, 'SessionEnded')
  if (end === undefined) return undefined
  const { data } = end
  const shares = rows(data.shares)
  const clocks = (data.clocks ?? {}) as Row
  const alter = dice.pick<readonly [string, () => void]>([
    ['booking', () => set(data, 'booking', 'b-other')],
    ['tenant', () => set(data, 'tenant', 't-other')],
    ['startedAt', () => set(data, 'startedAt', dice.pick([null, end.at, '2026-03-02T00:00:00.000Z']))],
    ['endedAt', () => set(data, 'endedAt', dice.pick(['soon', data.startedAt as string]))],
    [
      'a later end',
      () =>
        Object.assign(end, { at: '2026-12-31T00:00:00.000Z', data: { ...data, endedAt: '2026-12-31T00:00:00.000Z' } }),
    ],
    ['the clock', () => set(end, 'clock', dice.pick(['informative', 'relative']))],
    ['clocks', () => set(clocks, 'executingMs', dice.pick([0, 1, 1e12]))],
    ['no clocks', () => delete data.clocks],
    [
      'a share',
      () => shares.length > 0 && set(shares[0]!, 'percent', dice.pick(['61', '60.0', '60.00', '60.000', '060', '1e2'])),
    ],
    [
      'shares',
      () =>
        set(
          data,
          'shares',
          dice.pick([
            [],
            [
              { owner: 'a', percent: '33.34' },
              { owner: 'a', percent: '66.66' },
            ],
          ]),
        ),
    ],
    [
      'flags',
      () => Object.assign(data, { incomplete: dice.pick([true, 'yes']), offline: true, failSafe: false, late: 1 }),
    ],
  ])
  alter[1]()
  return `SessionEnded ${end.seq}: ${alter[0]}`
}

const charges: Lie = (bodies, dice) => {
  const end = anyOf(bodies, dice, 'SessionEnded')
  const use = rows(end?.data.use)
  if (end === undefined || use.length === 0) return undefined
  const line = dice.pick(use)
  const overrun = (quantity: unknown) => set(end.data, 'overrun', [{ ...line, quantity }])
  const alter = dice.pick<readonly [string, () => void]>([
    ['more', () => set(line, 'quantity', add(line.quantity, dice.pick([1, 10, 1000])))],
    ['less', () => set(line, 'quantity', add(line.quantity, dice.pick([-1, -10])))],
    ['all that was made', () => set(line, 'quantity', madeBy(end, line.meter))],
    ['nothing', () => void use.splice(use.indexOf(line), 1)],
    ['below 0', () => set(line, 'quantity', '-5')],
    ['another unit', () => set(line, 'unit', 'MWh')],
    ['twice', () => void use.push({ ...line })],
    ['a meter that was not read', () => void use.push({ ...line, meter: `${end.machine}/glue` })],
    ['all of it overrun', () => overrun(line.quantity)],
    ['more overrun', () => overrun(add(line.quantity, 1))],
    ['overrun below 0', () => overrun('-1')],
    [
      'overrun of another unit',
      () => set(end.data, 'overrun', [{ ...line, unit: 'x', quantity: dice.pick(['0', '1']) }]),
    ],
    [
      'overrun twice',
      () =>
        set(end.data, 'overrun', [
          { ...line, quantity: '0' },
          { ...line, quantity: '0' },
        ]),
    ],
  ])
  alter[1]()
  return `SessionEnded ${end.seq}: charged ${alter[0]}`
}

function madeBy({ data }: Body, meter: unknown): string {
  const totalIn = (list: unknown) => String(rows(list).find((point) => point.meter === meter)?.total ?? '0')
  return String(BigInt(totalIn(data.end)) - BigInt(totalIn(data.begin)))
}

/* ── what people put right ── */

const corrections: Lie = (bodies, dice) => {
  const known = anyOf(bodies, dice, 'Correction')
  const end = anyOf(bodies, dice, 'SessionEnded')
  const use = rows(end?.data.use)[0]
  if (end === undefined || use === undefined) return undefined
  const { meter, unit } = use
  const quantity = dice.pick([use.quantity, '1', add(use.quantity, 1), add(use.quantity, 100_000), '0', '-1'])
  const adjust = { meter, unit, quantity, from: 'session', to: 'disputed', epoch: 1 } as Row
  const data = {
    id: 'c',
    original: end.seq,
    originalKind: 'SessionEnded',
    reason: 'other',
    text: '',
    by: {},
    adjust: [adjust],
  }
  const correction = { ...(known ?? end), kind: 'Correction', session: end.session!, data: data as Row }
  const alter = dice.pick<readonly [string, () => void]>([
    ['as it should be', () => undefined],
    ['twice', () => void data.adjust.push({ ...adjust })],
    ['to the session', () => Object.assign(adjust, { from: 'unassigned', to: 'session' })],
    ['between others', () => Object.assign(adjust, { from: 'unassigned', to: 'disputed' })],
    ['from where it is', () => set(adjust, 'to', 'session')],
    ['of another unit', () => set(adjust, 'unit', 'MWh')],
    ['of another meter', () => set(adjust, 'meter', 'saw/glue')],
    ['of what comes later', () => set(data, 'original', 100_000)],
    ['of half an entry', () => set(data, 'original', 1.5)],
    ['without a reason', () => void Object.assign(data, { reason: undefined })],
    ['of no session', () => set(correction, 'session', 'nobody')],
    ['of nothing', () => void data.adjust.splice(0)],
  ])
  alter[1]()
  bodies.splice(dice.chance(0.8) ? bodies.length : dice.below(bodies.length), 0, correction as Body)
  return `a correction of ${quantity} ${unit} of ${end.session}, ${alter[0]}`
}

const byHand: Lie = (bodies, dice) => {
  const last = bodies.at(-1)!
  const quantity = dice.pick([
    '1250',
    '1.5',
    '0',
    '0.0',
    '01',
    '-1',
    '1.',
    '.5',
    '1,5',
    5,
    '9'.repeat(40),
    '9'.repeat(41),
    `1.${'0'.repeat(38)}`,
    `1.${'0'.repeat(39)}`,
  ])
  const data = { meter: 'glue', unit: 'g', quantity, from: 'a', to: 'b', reason: 'scale' } as Row
  bodies.push({ ...last, kind: 'ManualEntry', machine: 'saw', data })
  return `by hand ${quantity}`
}

export const sessionLies: Readonly<Record<string, Lie>> = {
  'a name': names,
  'an unlock again': again,
  'an unlock less': gone,
  'a session resumed': resumed,
  'a beginning': beginnings,
  'what a session claims': claims,
  'what a session is charged': charges,
  'a correction': corrections,
  'an entry by hand': byHand,
}
