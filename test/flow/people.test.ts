/**
 * People at a machine: a tenant with a PIN, a technician who overrides, and whoever looks at it between two tenants.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Session } from '../support/gateway-api.ts'
import { until } from '../support/process.ts'
import { bookingNow } from '../support/simulators.ts'
import { fileScope, withPlant } from './plant.ts'
import { openStream } from './stream.ts'

const scope = fileScope('people')
const plantOf = withPlant(scope, {
  site: 'people',
  machines: { 'spray-booth': 2 },
  cycleMs: 300,
  autoStart: true,
  api: { pinTries: 3, pinWindow: '1d' },
  more: { 'booth-2': { afterUse: { cleanDown: '5s', inspection: 'required' } } },
  people: {
    wang: { role: 'technician', name: 'Wang Li' },
    zhao: { role: 'technician', name: 'Zhao Min', machines: 'booth-1' },
  },
})

type Told = Session & { code?: string; session?: string; override?: boolean; booking: string }

/** Eight digits that nothing else here has. */
const DIGITS = '83619274'
const WRONG = '83619275'

test('a tenant with a PIN unlocks and ends, also when others have tried wrong ones; the digits are written nowhere', async () => {
  const { api, dataDir, gateway, platform, auditor, machine } = plantOf()
  const { simulator } = machine('booth-1')
  const { booking: id, ...fields } = bookingNow('with-pin', 'booth-1')
  expect(await platform.putBooking({ id, ...fields, pin: DIGITS })).toMatchObject({ status: 201 })
  const events = await openStream(`${api.url}/v1/events?from=0`, auditor)
  const ask = (path: string, digits: string) =>
    api.call<Told>('POST', path, { headers: { authorization: `Pin booth-1:${digits}` }, body: {} })

  expect(await ask('/machines/booth-2/unlock', DIGITS)).toMatchObject({ status: 403, body: { code: 'wrong-machine' } })
  const unlocked = await ask('/machines/booth-1/unlock', DIGITS)
  expect(unlocked).toMatchObject({ status: 200, body: { status: 'open', booking: 'with-pin' } })
  expect((await simulator.judge()).startPermission).toBe(true)
  const end = `/sessions/${unlocked.body.id}/end`
  // Who has lost the id of the session is told it again.
  const again = await ask('/machines/booth-1/unlock', DIGITS)
  expect(again).toMatchObject({ status: 409, body: { code: 'machine-in-use', session: unlocked.body.id } })

  for (let wrong = 0; wrong < 3; wrong += 1)
    expect(await ask('/machines/booth-1/unlock', WRONG)).toMatchObject({ status: 401, body: { code: 'pin-wrong' } })
  expect(await ask('/machines/booth-1/unlock', DIGITS)).toMatchObject({ status: 429, body: { code: 'rate-limited' } })
  expect(await ask(end, WRONG)).toMatchObject({ status: 401, body: { code: 'pin-wrong' } })
  const ended = await ask(end, DIGITS)
  expect(ended.status).toBe(200)
  expect((await simulator.judge()).startPermission).toBe(false)
  await api.untilSession(unlocked.body.id, ({ status }) => status === 'ended', 10_000)
  // It is over, and its id opens no way to guess.
  expect(await ask(end, DIGITS)).toMatchObject({ status: 429 })

  await gateway.stop()
  await gateway.start()
  const denied = (await api.entries()).filter(({ kind, data }) => kind === 'AccessDenied' && data.code === 'pin-wrong')
  expect(denied.reduce((sum, { data }) => sum + Number(data.count ?? 1), 0)).toBe(4)
  const read = events.take()
  events.close()
  expect(read.some(({ event }) => event === 'UnlockConfirmed')).toBe(true)
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name)))
  expect(files.some((bytes) => bytes.includes('with-pin'))).toBe(true)
  for (const digits of [DIGITS, WRONG]) {
    expect(gateway.output()).not.toContain(digits)
    expect(JSON.stringify([await api.entries(), read])).not.toContain(digits)
    expect(files.filter((bytes) => bytes.includes(digits))).toEqual([])
  }
})

test('a technician overrides maintenance under their own name, at the machines of their key only', async () => {
  const { api, key, machine } = plantOf()
  const { simulator, unitMeter } = machine('booth-1')
  const token = key('zhao')
  const before = await api.meter(unitMeter)
  const from = await api.head()
  const maintenance = (on: boolean) =>
    api.call('POST', '/machines/booth-1/maintenance', { token, body: { on, reason: 'new nozzle' } })
  expect((await maintenance(true)).status).toBe(204)
  const tenant = await api.unlock('booth-1', await machine('booth-1').token())
  expect(tenant.status).not.toBe(200)

  const override = (id: string, by: string) =>
    api.call<Told>('POST', `/machines/${id}/override`, { token: by, body: { reason: 'try the nozzle' } })
  const frames = (await machine('booth-2').simulator.judge()).writeFrames.count
  expect(await override('booth-2', token)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect((await machine('booth-2').simulator.judge()).writeFrames.count).toBe(frames)

  const made = (await simulator.judge()).producedUnits
  const opened = await override('booth-1', token)
  expect(opened).toMatchObject({ status: 200, body: { override: true, booking: 'override' } })
  await until(async () => (await simulator.judge()).producedUnits > made, 10_000, 'nothing is made')
  const stopped = await api.call<Told>('POST', `/sessions/${opened.body.id}/end`, { token, body: {} })
  expect(stopped).toMatchObject({ status: 200 })
  const ended = await api.untilSession(opened.body.id, ({ status }) => status === 'ended', 10_000)
  const units = BigInt((await simulator.judge()).producedUnits - made)
  expect(ended).toMatchObject({ stoppedReason: 'MasterPass', override: true })
  expect(ended.use).toContainEqual(expect.objectContaining({ meter: unitMeter, quantity: String(units) }))
  const after = await api.meter(unitMeter)
  expect(BigInt(after.session) - BigInt(before.session)).toBe(units)
  expect(after).toMatchObject({ conserved: true, unassigned: before.unassigned })
  const entry = (await api.entries(from)).find(({ kind }) => kind === 'Override')
  expect(entry).toMatchObject({ machine: 'booth-1', session: opened.body.id, data: { reason: 'try the nozzle' } })
  expect(JSON.stringify(entry?.data.by)).toContain('Zhao Min')
  expect((await maintenance(false)).status).toBe(204)
})

test('after a use the machine is cleaned and looked at before the next tenant; what fails, a technician passes', async () => {
  const { api, key, platform } = plantOf()
  const { booking: id, ...fields } = bookingNow('first', 'booth-2')
  await platform.putBooking({ id, ...fields })
  const first = await platform.token(bookingNow('first', 'booth-2'))
  const from = await api.head()
  const session = await api.unlocked('booth-2', first)
  await api.ended(session.id)
  await platform.cancelBooking('first')
  const second = await platform.token(bookingNow('second', 'booth-2', 'beta'))

  const early = await api.unlock('booth-2', second)
  expect(early.status).toBe(409)
  expect(['clean-down', 'inspection-due']).toContain(early.body.code)
  await api.untilMachine('booth-2', ({ availability }) => availability.state === 'ToCheck', 20_000)
  expect(await api.unlock('booth-2', second)).toMatchObject({ status: 409, body: { code: 'inspection-due' } })

  const inspect = (token: string, passed: boolean, note: string) =>
    api.call('POST', '/machines/booth-2/inspection', { token, body: { passed, note } })
  expect((await inspect(key('zhao'), true, 'not my machine')).status).toBe(403)
  expect((await inspect(second, false, 'the door is bent')).status).toBe(204)
  const blocked = await api.untilMachine('booth-2', ({ availability }) => availability.state === 'Blocked', 10_000)
  expect(blocked.availability.reason).toBe('inspection-failed')
  expect(await api.unlock('booth-2', second)).toMatchObject({ body: { code: 'inspection-failed' } })
  expect((await inspect(second, true, 'it is fine after all')).status).toBe(403)
  expect((await inspect(key('wang'), true, 'door straightened')).status).toBe(204)
  const next = await api.unlocked('booth-2', second)
  await api.ended(next.id)

  const entries = (await api.entries(from)).filter(({ machine }) => machine === 'booth-2')
  const states = entries.filter(({ kind }) => kind === 'AvailabilityChanged').map(({ data }) => data.to)
  expect(states.join()).toMatch(/Finishing,.*ToCheck,.*Blocked/)
  const inspections = entries.filter(({ kind }) => kind === 'InspectionRecorded')
  expect(inspections.map(({ data, session: of }) => [data.passed, of])).toEqual([
    [false, session.id],
    [true, session.id],
  ])
  const view = await api.session(session.id)
  expect(view).toMatchObject({ inspections: [{ by: 'tenant', note: 'the door is bent' }, { by: 'technician' }] })
})
