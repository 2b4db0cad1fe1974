import { expect, test } from 'vitest'
import type { SiteConfig } from '../../../../config/site.ts'
import type { BoardRow } from '../../../../gateway/core/board/message.ts'
import type { JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { parcelOf, viewOf } from '../../../../gateway/front/sinks/sparkplug/metrics.ts'
import { births, changes, openSession, records } from '../../../../gateway/front/sinks/sparkplug/session.ts'
import { boardRow, meterState } from '../rows.ts'
import { decode } from './decode.ts'
import { delivery } from './story.ts'

const BORN_MS = Date.UTC(2026, 10, 1, 12)
const AWAY = { state: 'Unknown', reason: 'link-down:saw/plc.state' } as const

type Meters = readonly string[]

function view(row: Partial<BoardRow> | undefined, meters: Meters = ['energy.total']) {
  const machines = [{ id: 'saw', meters: meters.map((meter) => ({ id: `saw/${meter}`, unit: 'Wh' })) }]
  const ground = { site: 'here', machines: (row === undefined ? [] : machines) as unknown as SiteConfig['machines'] }
  return viewOf(ground, { rows: [boardRow(row)], meters: [meterState({ total: 7n })] }, BORN_MS)
}

function born(row: Partial<BoardRow> = {}, meters?: Meters) {
  const session = openSession({ group: 'g', node: 'n' }, 1, false)
  births(session, view(row, meters), BORN_MS)
  return session
}

const types = (messages: readonly { readonly topic: string }[]) => messages.map(({ topic }) => topic.split('/')[2])
const metricsIn = ({ payload }: { readonly payload: string | Uint8Array }) => decode(payload as Uint8Array).metrics
const parcel = (data: JsonObject, atMs: number) => parcelOf(delivery(1, 'MeterSampled', data, 'saw', atMs))
const reading = (meter: string, total: string) => ({ meters: [{ meter, unit: 'Wh', total, raw: '5', epoch: 1 }] })
const PAST = parcel(reading('saw/energy.total', '3'), BORN_MS - 1)

test('an entry from before the births is history, and so is what it says of a machine, at its own time', () => {
  const messages = records(born(), [PAST], view({}), BORN_MS)
  expect(types(messages)).toEqual(['NDATA', 'DDATA'])
  for (const metric of messages.flatMap(metricsIn))
    expect([metric.isHistorical, metric.timestamp]).toEqual([true, BigInt(BORN_MS - 1)])
  expect(metricsIn(messages[1]!).map(({ name, value }) => [name, value?.value])).toEqual([
    ['Meters/energy/total/Total', 3n],
    ['Meters/energy/total/Raw', 5n],
    ['Meters/energy/total/Epoch', 1n],
  ])
})

test('of a younger one the board has told, so it goes out alone and is the newest', () => {
  const messages = records(born(), [parcel(reading('saw/energy.total', '9'), BORN_MS)], view({}), BORN_MS)
  expect([types(messages), metricsIn(messages[0]!)[0]?.isHistorical]).toEqual([['NDATA'], undefined])
})

test('a machine out of reach is born for its history, as Unknown, and dies again', () => {
  const away = { availability: AWAY }
  const messages = records(born(away), [PAST, PAST], view(away), BORN_MS)
  expect(types(messages)).toEqual(['NDATA', 'DBIRTH', 'DDATA', 'NDATA', 'DDATA', 'DDEATH'])
  expect(metricsIn(messages[1]!)[0]?.value?.value).toBe('Unknown')
})

test('history of a meter that the birth does not name is left to the entry itself', () => {
  const gone = parcel(reading('saw/water.total', '3'), BORN_MS - 1)
  expect(types(records(born(), [gone], view({}), BORN_MS))).toEqual(['NDATA'])
  expect(types(records(born(), [PAST], view(undefined), BORN_MS))).toEqual(['NDATA'])
})

test('a meter that is new, or gone, makes another birth; a machine that left the site file dies', () => {
  const session = born()
  expect(types(changes(session, view({}, ['energy.total', 'water.total']), BORN_MS))).toEqual(['DBIRTH'])
  expect(types(changes(session, view({}), BORN_MS))).toEqual(['DBIRTH'])
  expect(types(changes(session, view({}), BORN_MS))).toEqual([])
  expect(types(changes(session, view(undefined), BORN_MS))).toEqual(['DDEATH'])
})

test('a total beyond 64 bits is not known, rather than wrong', () => {
  const [message] = records(
    born(),
    [parcel(reading('saw/energy.total', String(2n ** 63n)), BORN_MS - 1)],
    view({}),
    1,
  ).slice(1)
  expect(metricsIn(message!).map(({ name }) => name)).not.toContain('Meters/energy/total/Total')
})
