/** A booking ends while a cycle runs and the next tenant is due: what each of the three policies makes of it. */
import { expect, test } from 'vitest'
import { until } from '../support/process.ts'
import { pause } from '../support/proof.ts'
import { fileScope, withPlant } from './plant.ts'

const CYCLE_MS = 8_000
/** The cycle begins this long before the end. */
const BEFORE_MS = 4_000
/** In the lease block. */
const REVOKE = 3
const policies = { 'booth-1': 'finish-cycle', 'booth-2': 'at-end', 'bander-1': 'owner-release' } as const

const scope = fileScope('end-of-booking')
const plantOf = withPlant(scope, {
  site: 'end-of-booking',
  machines: { 'spray-booth': 2, 'edge-bander': 1 },
  cycleMs: CYCLE_MS,
  more: Object.fromEntries(
    Object.entries(policies).map(([id, policy]) => [id, { endOfBooking: { warn: '10s', grace: '30s', policy } }]),
  ),
})

test('it is warned of, no cycle is cut unless that was chosen, the next tenant waits, and what came after is told apart', {
  timeout: 120_000,
}, async () => {
  const { api, platform, machines, machine } = plantOf()
  const from = await api.head()
  const endMs = Date.now() + 12_000
  const instant = (ms: number) => new Date(ms).toISOString()
  const bookingOf = (id: string, tenant: string) => ({
    id: `${tenant}-${id}`,
    machine: id,
    tenant,
    start: instant(tenant === 'acme' ? Date.now() - 60_000 : endMs),
    end: instant(tenant === 'acme' ? endMs : endMs + 3_600_000),
  })
  const tokenOf = (id: string, tenant: string) => {
    const { id: booking, ...claims } = bookingOf(id, tenant)
    return platform.token({ booking, ...claims })
  }
  for (const { id } of machines)
    for (const tenant of ['acme', 'beta'])
      expect(await platform.putBooking(bookingOf(id, tenant))).toMatchObject({ status: 201 })
  const sessions = new Map(
    await Promise.all(machines.map(async ({ id }) => [id, await api.unlocked(id, await tokenOf(id, 'acme'))] as const)),
  )
  const sessionOf = (id: string) => sessions.get(id)!.id
  const judge = (id: string) => machine(id).simulator.judge()
  await pause(endMs - BEFORE_MS - Date.now())
  await Promise.all(machines.map(({ simulator }) => simulator.operate({ pressStart: true })))
  for (const { id } of machines) expect([id, (await judge(id)).cycleRunning]).toEqual([id, true])

  // The end, with the next tenant at the door.
  await pause(endMs - Date.now())
  const next = await Promise.all(machines.map(({ id }) => tokenOf(id, 'beta')))
  const knock = async (id: string) => api.unlock(id, next[machines.findIndex((each) => each.id === id)]!)
  for (const { id } of machines)
    await until(async () => (await api.session(sessionOf(id))).status !== 'open', 10_000, `${id} does not end`)
  const atTheDoor = await Promise.all(machines.map(({ id }) => knock(id)))
  expect(atTheDoor.map(({ status }) => status)).not.toContain(200)

  // Only `at-end` takes the permission away under a cycle.
  await until(async () => !(await judge('booth-2')).startPermission, 10_000, 'the permission is still there')
  const causes = async (id: string) => (await judge(id)).outputEdges.map(({ cause }) => cause)
  await Promise.all(
    ['booth-1', 'bander-1'].map((id) =>
      until(async () => (await judge(id)).producedUnits === 1, 30_000, `the cycle of ${id} does not complete`),
    ),
  )
  expect(await causes('booth-1')).toEqual(['power-up', 'enable', 'finish'])
  const { accepted } = await judge('booth-2')
  expect(accepted.at(-1)).toMatchObject({ command: REVOKE })

  // One is given on when its cycle is done, one when a person says so: its output is still on.
  expect(await api.untilSession(sessionOf('booth-1'), ({ status }) => status === 'ended', 20_000)).toMatchObject({
    stoppedReason: 'TimeLimitReached',
  })
  await api.unlocked('booth-1', next[0]!)
  expect(await api.session(sessionOf('bander-1'))).toMatchObject({ status: 'finishing' })
  expect(await knock('bander-1')).toMatchObject({ status: 409, body: { code: 'machine-in-use' } })
  expect((await judge('bander-1')).startPermission).toBe(true)
  await api.ended(sessionOf('bander-1'), 20_000)
  expect((await judge('bander-1')).startPermission).toBe(false)
  await api.unlocked('bander-1', await tokenOf('bander-1', 'beta'))
  await api.untilSession(sessionOf('booth-2'), ({ status }) => status === 'ended', 30_000)

  const entries = (await api.entries(from)).map((entry) => ({ ...entry, of: entry.session }))
  for (const { id, unitMeter } of machines) {
    const own = entries.filter(({ of }) => of === sessionOf(id))
    const warned = own.filter(({ kind }) => kind === 'SessionWarned')
    expect(warned.map(({ data }) => data)).toEqual([{ endsAt: instant(endMs), nextBookingAt: instant(endMs) }])
    expect(warned[0]!.seq).toBeLessThan(own.find(({ kind }) => kind === 'SessionFinishing')!.seq)
    const { data } = own.find(({ kind }) => kind === 'SessionEnded')!
    const unit = expect.objectContaining({ meter: unitMeter, quantity: '1' })
    if (policies[id as keyof typeof policies] !== 'at-end') {
      expect(own.some(({ kind, data: said }) => kind === 'SessionFinishing' && said.overrun === true)).toBe(true)
      expect(data.use).toContainEqual(unit)
      expect(data.overrun).toContainEqual(unit)
    }
    await until(async () => (await api.meter(unitMeter)).total === '1', 15_000, `the unit of ${id} is not counted`)
    expect(await api.meter(unitMeter)).toMatchObject({ session: '1', unassigned: '0', disputed: '0', conserved: true })
  }
})
