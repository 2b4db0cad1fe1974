/** Services in virtual time: when they are due, whom they keep out, and what doing them does. */
import { describe, expect, it } from 'vitest'
import type { ServiceConfig } from '../../../gateway/core/ground/config.ts'
import { isDue } from '../../../gateway/core/people/services.ts'
import { runUpkeep } from '../../simulate/upkeep.ts'
import { createWorld, MACHINE, machineConfig } from '../../support/world.ts'

const DAY_MS = 86_400_000
const service = (over: Partial<ServiceConfig> = {}): ServiceConfig => ({
  ...{ id: 'belt', text: 'change the belt', meter: `${MACHINE}/plc.parts`, every: '5', close: true },
  ...over,
})
const by = { role: 'technician', name: 'Wang', key: 'k-1' }

it.each<[string, Partial<ServiceConfig>, bigint, number, boolean]>([
  ['by use, one unit before', {}, 14n, 0, false],
  ['by use', {}, 15n, 0, true],
  ['by time, a moment before', { days: 2 }, 10n, 2 * DAY_MS - 1, false],
  ['by time, though hardly used', { days: 2 }, 10n, 2 * DAY_MS, true],
])('is due %s', (_, over, total, nowMs, due) => {
  expect(isDue(service(over), { total: '10', atMs: 0 }, { unit: 'pcs', total }, nowMs)).toBe(due)
})

describe('a service', () => {
  it('that closes the machine does so after the use that runs, over a restart, until it is done', () => {
    const world = createWorld({ ...machineConfig, services: [service()] })
    world.run(1000)
    world.operator(true)
    world.putBookings([world.booking('b1')])
    world.unlock()
    world.until(() => world.state.row.reports !== undefined, 120_000)
    expect(world.state.session?.status).toBe('open')
    expect(world.state.row.reports).toMatchObject([{ cause: 'service', blocks: true, text: 'change the belt' }])
    world.end()
    world.run(10_000)
    world.kill()
    world.run(8000)
    world.start()
    world.run(3000)
    const refused = world.unlock()
    world.run(1000)
    expect(world.outcome(refused)).toMatchObject({ refusal: { code: 'machine-blocked' } })
    const done = { service: 'belt', text: 'new belt', parts: ['belt 40x600'], by }
    world.send((command) => ({ kind: 'service-done', command, ...done }))
    world.run(1000)
    expect(world.state.row.reports).toEqual([])
    expect(world.state.row.services?.belt).toMatchObject({ times: 1, unit: 'pcs' })
    expect(world.kinds().filter((kind) => ['ReportMade', 'ServiceDone', 'ReportChanged'].includes(kind))).toEqual([
      'ReportMade',
      'ServiceDone',
      'ReportChanged',
    ])
    world.unlock()
    world.run(3000)
    expect(world.state.session?.status).toBe('open')
  })

  it('that is not done is overdue later, which closes the machine, with a reason of its own', () => {
    const overdue = { every: '3', close: true }
    const world = createWorld({ ...machineConfig, services: [service({ close: false, overdue })] })
    world.run(1000)
    world.operator(true)
    world.putBookings([world.booking('b1')])
    world.unlock()
    world.until(() => world.state.row.services?.belt?.reported === true, 120_000)
    expect(world.state.row.reports).toMatchObject([{ severity: 'wrench', blocks: false }])
    world.until(() => world.state.row.services?.belt?.overdue === true, 120_000)
    expect(world.state.row.reports).toMatchObject([{ severity: 'wrench', blocks: true }])
    expect(world.state.session?.status).toBe('open')
    world.end()
    world.run(10_000)
    expect(world.state.shown.availability).toMatchObject({ state: 'Blocked', reason: 'service-overdue' })
    expect(world.state.row.reports).toHaveLength(1)
    world.send((command) => ({ kind: 'service-done', command, service: 'belt', text: 'new belt', parts: [], by }))
    world.run(1000)
    expect(world.state.row.reports).toEqual([])
  })

  it('that was closed without being done is reported once more when it is overdue', () => {
    const overdue = { every: '3', close: false }
    const world = createWorld({ ...machineConfig, services: [service({ close: false, overdue })] })
    world.run(1000)
    world.operator(true)
    world.putBookings([world.booking('b1')])
    world.unlock()
    world.until(() => world.state.row.services?.belt?.reported === true, 120_000)
    const change = { id: 'service.belt.1', state: 'closed', text: 'not now', by } as const
    world.send((command) => ({ kind: 'report-change', command, change }))
    world.until(() => world.state.row.services?.belt?.overdue === true, 120_000)
    world.run(20_000)
    expect(world.state.row.reports).toMatchObject([{ id: 'service.belt.1.overdue', severity: 'wrench' }])
  })

  it('that is a calibration is due until there is a certificate, and counts from its day', () => {
    const calibration: ServiceConfig = {
      id: 'cal',
      text: 'calibrate',
      days: 30,
      close: false,
      certifies: `${MACHINE}/e.m`,
    }
    const world = createWorld({ ...machineConfig, services: [calibration] })
    world.run(1000)
    expect(world.state.row.reports).toHaveLength(1)
    const done = { service: 'cal', text: 'calibrated', parts: [], by }
    const bare = world.send((command) => ({ kind: 'service-done', command, ...done }))
    world.run(1000)
    expect(world.outcome(bare)).toMatchObject({ refusal: { code: 'bad-request' } })
    const proof = { number: 'K-17', day: '2025-12-20' }
    const fromMs = Date.UTC(2025, 11, 20)
    world.send((command) => ({ kind: 'service-done', command, ...done, certificate: { ...proof, fromMs } }))
    world.run(1000)
    expect(world.state.row.services?.cal).toMatchObject({ atMs: fromMs, certificate: proof })
    expect(world.state.row.reports).toEqual([])
    expect(world.durable.entries.at(-2)).toMatchObject({ kind: 'ServiceDone', data: { certificate: proof } })
  })

  it('of another name is not known', () => {
    const world = createWorld({ ...machineConfig, services: [service()] })
    world.run(1000)
    const command = world.send((id) => ({ kind: 'service-done', command: id, service: 'x', text: 't', parts: [], by }))
    world.run(1000)
    expect(world.outcome(command)).toMatchObject({ refusal: { code: 'not-found' } })
  })

  it('is reported at the very unit, over exchanges and cuts', () => {
    const { due, overdue, exchanges, cuts, wrong } = runUpkeep(100)
    expect(wrong).toEqual([])
    expect(Math.min(due, overdue, exchanges, cuts)).toBeGreaterThan(50)
  })
})
