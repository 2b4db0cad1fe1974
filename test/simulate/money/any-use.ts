/**
 * Any use, as the entries of a ledger state it: an end with its trace, or a booking nobody used. Begins lie where
 * clocks change as often as elsewhere; readings leave remainders; meters appear late. By a seed.
 */
import { bandsIn } from '../../../gateway/core/billing/hours.ts'
import { pinOf, type Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { EntryBody, JsonObject } from '../../../gateway/core/ground/entry.ts'
import { type Choose, CLASSES } from './any-tariff.ts'

const MACHINE = 'booth'
const MINUTE_MS = 60_000
/** Around changes of clocks of the zones, and some plain days. */
const DAYS = [
  '2026-03-29',
  '2026-10-25',
  '2026-03-08',
  '2026-11-01',
  '2026-04-05',
  '2026-10-04',
  '2026-06-17',
  '2026-12-31',
]
const METERS = [
  ['energy.energy', 'Wh'],
  ['energy.line', 'Wh'],
  ['plc.parts', 'pcs'],
  ['plc.spray', 'ml'],
] as const

type Counts = { occupiedMs: number; poweredMs: number; executingMs: number; used: bigint[] }

/** The entry, without its place in a log. */
export function anyUse(
  choose: Choose,
  tariff: Tariff,
  id: string,
): Pick<EntryBody, 'kind' | 'machine' | 'session' | 'simulated' | 'at' | 'data'> {
  const { pick, chance, whole } = choose
  const fromMs = Date.parse(`${pick(DAYS)}T00:00:00Z`) + whole(-1440, 1440) * MINUTE_MS
  const booked = { fromMs, untilMs: fromMs + whole(1, chance(0.1) ? 2000 : 300) * MINUTE_MS }
  const billing = {
    tariff: pinOf(tariff),
    ...(chance(0.7) ? { class: pick(CLASSES) } : {}),
    bookedFrom: booked.fromMs,
    bookedUntil: booked.untilMs,
  }
  const shares = pick([
    [{ owner: 'mill', percent: '100' }],
    [
      { owner: 'mill', percent: '66.67' },
      { owner: 'bank', percent: '33.33' },
    ],
    [
      { owner: 'a', percent: '33.3' },
      { owner: 'b', percent: '33.3' },
      { owner: 'site', percent: '33.4' },
    ],
  ])
  const common = { booking: `b-${id}`, tenant: pick(['t-1', 't-2', 't-3']), shares }
  if (chance(0.08)) {
    const isNoShow = chance(0.5)
    const at = new Date(isNoShow ? fromMs + 15 * MINUTE_MS : fromMs - whole(0, 3000) * MINUTE_MS).toISOString()
    const data = { ...common, version: 1, ...(isNoShow ? { reason: 'no-show' } : {}), billing }
    return { kind: 'BookingCancelled', machine: MACHINE, at, data }
  }
  const startedMs = fromMs + whole(0, 20_000)
  const endedMs = startedMs + whole(1, chance(0.1) ? 90_000_000 : 9_000_000)
  const { trace, ...readings } = anyReadings(choose, tariff, startedMs, endedMs)
  const at = new Date(endedMs).toISOString()
  const data = {
    ...common,
    stoppedReason: 'Local',
    startedAt: new Date(startedMs).toISOString(),
    endedAt: at,
    ...readings,
    ...(chance(0.02) ? { incomplete: true } : {}),
    ...(chance(0.02) ? { override: true } : {}),
    ...(chance(0.03) ? {} : { billing: { ...billing, trace } }),
  }
  return {
    kind: 'SessionEnded',
    machine: MACHINE,
    session: id,
    ...(chance(0.02) ? { simulated: true as const } : {}),
    at,
    data,
  }
}

function anyReadings(choose: Choose, tariff: Tariff, fromMs: number, untilMs: number) {
  const { chance, whole } = choose
  const has = METERS.map(() => chance(0.8))
  const first = METERS.map(() => BigInt(whole(0, 1_000_000)) * (chance(0.05) ? 10n ** 15n : 1n))
  const changes = bandsIn(tariff, { fromMs, untilMs })
    .slice(1)
    .map((span) => ({ at: span.fromMs, when: 'use' as const }))
  const graceAt = chance(0.2) ? fromMs + Math.floor(choose.next() * (untilMs - fromMs)) : undefined
  const at = [
    ...changes.filter((change) => graceAt === undefined || change.at < graceAt),
    ...(graceAt === undefined ? [] : [{ at: graceAt, when: 'overrun' as const }]),
    ...changes
      .filter((change) => graceAt !== undefined && change.at > graceAt)
      .map((change) => ({ ...change, when: 'overrun' as const })),
  ].slice(0, 40)
  const counts: Counts = { occupiedMs: 0, poweredMs: 0, executingMs: 0, used: METERS.map(() => 0n) }
  let lastMs = fromMs
  const trace: JsonObject[] = []
  for (const point of at) {
    advance(choose, counts, point.at - lastMs, has)
    lastMs = point.at
    trace.push({ ...point, clocks: clocksOf(counts), meters: metersOf(counts, has, first) })
  }
  advance(choose, counts, untilMs - lastMs, has)
  const point = (index: number, used: bigint, atMs: number) => ({
    meter: `${MACHINE}/${METERS[index]![0]}`,
    unit: METERS[index]![1],
    epoch: 1,
    total: String(first[index]! + used),
    at: atMs,
  })
  const each = METERS.map((_, index) => index).filter((index) => has[index])
  return {
    trace,
    begin: each.map((index) => point(index, 0n, fromMs)),
    end: each.map((index) => point(index, counts.used[index]!, untilMs)),
    use: each
      .filter((index) => counts.used[index]! > 0n)
      .map((index) => ({
        meter: point(index, 0n, 0).meter,
        unit: METERS[index]![1],
        quantity: String(counts.used[index]),
      })),
    clocks: { bookedMs: 0, ...clocksOf(counts) },
  }
}

const clocksOf = ({ occupiedMs, poweredMs, executingMs }: Counts) => ({ occupiedMs, poweredMs, executingMs })

function metersOf({ used }: Counts, has: readonly boolean[], first: readonly bigint[]) {
  return METERS.flatMap(([name, unit], index) =>
    has[index]
      ? [
          {
            meter: `${MACHINE}/${name}`,
            unit,
            quantity: String(used[index]),
            total: String(first[index]! + used[index]!),
          },
        ]
      : [],
  )
}

/** Time passes: executing ≤ powered ≤ occupied, and meters make what they make. */
function advance({ chance, whole, next }: Choose, counts: Counts, ms: number, has: readonly boolean[]): void {
  if (chance(0.1)) return
  const powered = Math.floor(ms * next())
  counts.occupiedMs += ms
  counts.poweredMs += powered
  counts.executingMs += Math.floor(powered * next())
  has.forEach((isThere, index) => {
    if (isThere && chance(0.8)) counts.used[index]! += BigInt(whole(0, 40_000)) * (chance(0.01) ? 10n ** 12n : 1n)
  })
}
