/** How a lease is ended: by its owner, and by what happens at the machine. */
import { describe } from 'vitest'
import {
  badLease,
  busy,
  checkRows,
  emergency,
  enabled,
  fault,
  faulty,
  finish,
  finishing,
  key,
  local,
  locked,
  none,
  notRemote,
  type Row,
  release,
  revoke,
  running,
  safety,
  stop,
} from './lease-bench.ts'

const ending: Row[] = [
  {
    rule: 'shows a running cycle',
    when: (plc) => plc.enable().cycle(true),
    shows: { state: running, permission: true },
  },
  {
    rule: 'is enabled again after the cycle',
    when: (plc) => plc.enable().cycle(true).cycle(false),
    shows: { state: enabled, permission: true },
  },
  {
    rule: 'allows no new start after finish, lets the cycle end',
    when: (plc) => plc.enable().cycle(true).write({ command: finish }),
    shows: { state: finishing, token: 1016, leftMs: 5000, permission: false },
    edges: ['off power-up', 'on enable', 'off finish'],
  },
  {
    rule: 'renews with the finish itself',
    when: (plc) => plc.enable().cycle(true).after(4000).write({ command: finish }),
    shows: { state: finishing, leftMs: 5000 },
  },
  {
    rule: 'is not brought back by a finish after a lapse',
    when: (plc) => plc.enable().cycle(true).after(5000).write({ command: finish }),
    shows: { state: finishing, leftMs: 0, reject: none },
  },
  {
    rule: 'renews after finish',
    when: (plc) => plc.enable().cycle(true).write({ command: finish }).after(4000).beat(1),
    shows: { state: finishing, leftMs: 5000, permission: false },
  },
  {
    rule: 'does not renew after finish with the heartbeat of the enable',
    when: (plc) => {
      plc.enable().cycle(true)
      const { last } = plc
      plc.write({ command: finish }).after(4000)
      plc.last = last
      plc.beat(1)
    },
    shows: { leftMs: 1000 },
  },
  {
    rule: 'locks when the cycle ends after finish',
    when: (plc) => plc.enable().cycle(true).write({ command: finish }).cycle(false),
    shows: { state: locked, token: 0 },
  },
  {
    rule: 'locks at once on finish when no cycle runs',
    when: (plc) => plc.enable().write({ command: finish }),
    shows: { state: locked, token: 0, acknowledged: 101, permission: false },
  },
  {
    rule: 'refuses a finish with a lease of 0',
    when: (plc) => plc.enable().write({ command: finish, leaseMs: 0 }),
    shows: { state: enabled, reject: badLease },
  },
  {
    rule: 'refuses a finish of a stranger',
    when: (plc) => plc.enable().write({ command: finish, token: 1033 }),
    shows: { state: enabled, reject: busy },
  },
  {
    rule: 'locks at once on revoke',
    when: (plc) => plc.enable().write({ command: revoke }),
    shows: { state: locked, token: 0, permission: false },
    edges: ['off power-up', 'on enable', 'off revoke'],
  },
  {
    rule: 'finishes a running cycle after revoke',
    when: (plc) => plc.enable().cycle(true).write({ command: revoke }),
    shows: { state: finishing, leftMs: 0, permission: false },
  },
  {
    rule: 'locks when the cycle ends after revoke',
    when: (plc) => plc.enable().cycle(true).write({ command: revoke }).cycle(false),
    shows: { state: locked, token: 0 },
  },
  {
    rule: 'takes a revoke after finish',
    when: (plc) => plc.enable().cycle(true).write({ command: finish }).write({ command: revoke }),
    shows: { state: finishing, leftMs: 0, reject: none },
  },
  {
    rule: 'refuses a revoke of a stranger',
    when: (plc) => plc.enable().write({ command: revoke, token: 1033 }),
    shows: { state: enabled, reject: busy },
  },
  {
    rule: 'refuses a revoke when nobody owns',
    when: (plc) => plc.write({ command: revoke }),
    shows: { state: locked, reject: busy },
  },
]

const atTheMachine: Row[] = [
  {
    rule: 'drops the permission on an E-stop and forgets the owner',
    when: (plc) => plc.enable().set(stop),
    shows: { state: emergency, token: 0, safetyOk: 0, permission: false },
    edges: ['off power-up', 'on enable', 'off estop'],
  },
  {
    rule: 'refuses an enable during an E-stop',
    when: (plc) => plc.set(stop).enable(),
    shows: { state: emergency, reject: safety },
  },
  {
    rule: 'is locked, not enabled, after the reset of an E-stop',
    when: (plc) => plc.enable().set(stop).set(release),
    shows: { state: locked, safetyOk: 1, permission: false },
  },
  {
    rule: 'is not brought back by a heartbeat after an E-stop',
    when: (plc) => plc.enable().set(stop).set(release).beat(1),
    shows: { state: locked, permission: false },
    ignored: ['old-seq'],
  },
  {
    rule: 'drops the permission when the guard opens',
    when: (plc) => plc.enable().set({ kind: 'guard', open: true }),
    shows: { state: locked, safetyOk: 0, permission: false },
    edges: ['off power-up', 'on enable', 'off guard'],
  },
  {
    rule: 'refuses an enable with the guard open',
    when: (plc) => plc.set({ kind: 'guard', open: true }).enable(),
    shows: { state: locked, reject: safety },
  },
  {
    rule: 'drops the permission on a fault',
    when: (plc) => plc.enable().set({ kind: 'fault', active: true }),
    shows: { state: faulty, permission: false },
  },
  {
    rule: 'refuses an enable in fault',
    when: (plc) => plc.set({ kind: 'fault', active: true }).enable(),
    shows: { state: faulty, reject: fault },
  },
  {
    rule: 'is locked after a fault',
    when: (plc) => plc.enable().set({ kind: 'fault', active: true }).set({ kind: 'fault', active: false }),
    shows: { state: locked, permission: false },
  },
  {
    rule: 'drops the permission without power and does not bring it back',
    when: (plc) => plc.enable().set({ kind: 'power', on: false }).set({ kind: 'power', on: true }),
    shows: { state: locked, permission: false },
    edges: ['off power-up', 'on enable', 'off power'],
  },
  {
    rule: 'refuses an enable without power',
    when: (plc) => plc.set({ kind: 'power', on: false }).enable(),
    shows: { state: locked, reject: fault },
  },
  {
    rule: 'lets the key switch to local win',
    when: (plc) => plc.enable().set(key('local')),
    shows: { state: local, mode: 0, token: 0, permission: true },
    edges: ['off power-up', 'on enable', 'off local', 'on local'],
  },
  {
    rule: "grants starts in local without anybody's lease",
    when: (plc) => plc.set(key('local')),
    shows: { state: local, token: 0, permission: true },
  },
  {
    rule: 'refuses an enable in local',
    when: (plc) => plc.set(key('local')).enable(),
    shows: { state: local, reject: notRemote, token: 0 },
  },
  {
    rule: 'grants nothing in local while the E-stop is pressed',
    when: (plc) => plc.set(key('local')).set(stop),
    shows: { state: emergency, permission: false },
  },
  {
    rule: 'grants nothing in local with the guard open',
    when: (plc) => plc.set(key('local')).set({ kind: 'guard', open: true }),
    shows: { state: local, permission: false },
  },
  {
    rule: 'grants nothing in local without power',
    when: (plc) => plc.set(key('local')).set({ kind: 'power', on: false }),
    shows: { state: local, permission: false },
  },
  {
    rule: 'is local again after the reset of an E-stop in local',
    when: (plc) => plc.set(key('local')).set(stop).set(release),
    shows: { state: local, permission: true },
    edges: ['off power-up', 'on local', 'off estop', 'on local'],
  },
  {
    rule: 'is locked when the key returns to remote',
    when: (plc) => plc.enable().set(key('local')).set(key('remote')),
    shows: { state: locked, mode: 1, token: 0, permission: false },
  },
  {
    rule: 'drops the permission in maintenance',
    when: (plc) => plc.enable().set(key('maintenance')),
    shows: { state: locked, mode: 2, token: 0, permission: false },
    edges: ['off power-up', 'on enable', 'off mode'],
  },
  {
    rule: 'refuses an enable in maintenance',
    when: (plc) => plc.set(key('maintenance')).enable(),
    shows: { state: locked, reject: notRemote },
  },
  {
    rule: 'finishes a running cycle when the key leaves local',
    when: (plc) => plc.set(key('local')).cycle(true).set(key('remote')),
    shows: { state: finishing, token: 0, permission: false },
  },
]

describe('finish and revoke', () => checkRows(ending))
describe('at the machine', () => checkRows(atTheMachine))
