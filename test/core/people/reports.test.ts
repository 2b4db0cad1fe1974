/** Reports in virtual time: who is kept out by one, and until when. */
import { describe, expect, it } from 'vitest'
import type { ReportInput, Severity } from '../../../gateway/core/session/report.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'

const by = { role: 'technician', name: 'Wang', key: 'k-1' }
const reportOf = (severity: Severity, id = 'r-1'): ReportInput => ({
  ...{ id, severity, text: 'the guard is bent', photos: [], cause: 'person', by },
})

function started(): World {
  const world = createWorld({ ...machineConfig })
  world.run(1000)
  world.putBookings([world.booking('b1')])
  world.run(200)
  return world
}
const make = (world: World, severity: Severity, most = 50, id = 'r-1') =>
  world.send((command) => ({ kind: 'report', command, report: reportOf(severity, id), most }))
const codeOf = (world: World, command: number) => {
  world.run(1000)
  const outcome = world.outcome(command)
  return outcome?.kind === 'refused' ? outcome.refusal.code : outcome?.kind
}
const kinds = (world: World) => world.durable.entries.map(({ kind }) => kind)

describe('a report', () => {
  it.each<[Severity, string, string]>([
    ['note', 'session', 'Reserved'],
    ['wrench', 'session', 'Reserved'],
    ['stop', 'machine-blocked', 'Blocked'],
  ])('%s: an unlock brings %s, and the machine is %s', (severity, code, state) => {
    const world = started()
    make(world, severity)
    world.run(1000)
    expect(world.state.shown.availability?.state).toBe(state)
    const command = world.unlock()
    world.run(3000)
    expect(codeOf(world, command)).toBe(code)
    expect(kinds(world)).toContain('ReportMade')
  })

  it('that stops the machine ends no use, is kept over a restart, and is over when it is closed', () => {
    const world = started()
    world.unlock()
    world.run(1000)
    make(world, 'stop')
    world.run(5000)
    expect(world.state.session?.status).toBe('open')
    world.end()
    world.run(3000)
    world.kill()
    world.run(8000)
    world.start()
    world.run(3000)
    expect(world.state.shown.availability).toMatchObject({ reason: 'reported', detail: 'the guard is bent' })
    const change = { id: 'r-1', state: 'closed', text: 'guard replaced', by } as const
    expect(
      codeOf(
        world,
        world.send((command) => ({ kind: 'report-change', command, change })),
      ),
    ).toBe('done')
    world.run(1000)
    expect(world.state.row.reports).toEqual([])
    expect(
      codeOf(
        world,
        world.send((command) => ({ kind: 'report-change', command, change })),
      ),
    ).toBe('not-found')
  })

  it('says when it should be over', () => {
    const world = started()
    make(world, 'stop')
    const expectedEndMs = Date.UTC(2026, 0, 6)
    const change = { id: 'r-1', state: 'taken', owner: 'Wang', expectedEndMs, text: 'part is ordered', by } as const
    world.send((command) => ({ kind: 'report-change', command, change }))
    const outcome = world.outcome(world.unlock())
    expect(outcome).toMatchObject({ refusal: { extra: { freeAt: '2026-01-06T00:00:00.000Z' } } })
    expect(world.state.row.reports).toMatchObject([{ state: 'taken', owner: 'Wang', blocks: true }])
  })

  it('is refused when too many are open', () => {
    const world = started()
    expect(codeOf(world, make(world, 'note', 1))).toBe('recorded')
    expect(codeOf(world, make(world, 'note', 1, 'r-2'))).toBe('too-many-reports')
  })
})
