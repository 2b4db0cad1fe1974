import { describe, expect, it } from 'vitest'
import { type AvailabilityInput, deriveAvailability } from '../../../gateway/core/machine/availability.ts'

const free: AvailabilityInput = {
  itemState: 'NotExecuting',
  fault: false,
  emergencyStop: false,
  maintenance: false,
  commissioned: true,
  hasInterlock: true,
  access: 'Locked',
  session: false,
  reserved: false,
}

describe('availability, first rule that holds', () => {
  it.each([
    ['nothing stands in the way', {}, { state: 'Available' }],
    ['free until the next booking', { freeUntilMs: 5000 }, { state: 'Available', freeUntilMs: 5000 }],
    [
      'a stale reading beats everything',
      { stale: { signal: 'plc.state', cause: 'stale' }, emergencyStop: true, session: true },
      { state: 'Unknown', reason: 'stale:plc.state' },
    ],
    ['a state no rule knows', { itemState: 'Unknown', fault: true }, { state: 'Unknown', reason: 'state-unknown' }],
    [
      'emergency stop before maintenance',
      { emergencyStop: true, maintenance: true },
      { state: 'OutOfOrder', reason: 'emergency-stop' },
    ],
    [
      'fault in a session',
      { fault: true, session: true, access: 'Unlocked' },
      { state: 'OutOfOrder', reason: 'fault' },
    ],
    [
      'a module that would not drop its output before the fault that this is',
      { unsafe: 'the watchdog of the module is off', fault: true },
      { state: 'OutOfOrder', reason: 'interlock-unsafe', detail: 'the watchdog of the module is off' },
    ],
    ['out of service', { itemState: 'OutOfService' }, { state: 'OutOfOrder', reason: 'out-of-service' }],
    [
      'maintenance before a session',
      { maintenance: true, session: true, access: 'Unlocked' },
      { state: 'Blocked', reason: 'maintenance' },
    ],
    ['not commissioned', { commissioned: false }, { state: 'Blocked', reason: 'not-commissioned' }],
    ['never unlocked, so nothing to commission', { commissioned: false, hasInterlock: false }, { state: 'Available' }],
    ['an unconfirmed unlock', { access: 'Unconfirmed', session: true }, { state: 'Unknown', reason: 'unconfirmed' }],
    ['an interlock not read yet', { access: 'Unknown' }, { state: 'Unknown', reason: 'access-unknown' }],
    ['unlocked by somebody else', { access: 'Foreign' }, { state: 'InUse', reason: 'foreign' }],
    ['running without a session', { itemState: 'Executing' }, { state: 'InUse', reason: 'foreign' }],
    [
      'an unlock under way',
      { access: 'Unlocking', session: true, freeAtMs: 9000 },
      { state: 'Preparing', freeAtMs: 9000 },
    ],
    [
      'a session',
      { access: 'Unlocked', session: true, itemState: 'Executing', freeAtMs: 9000 },
      { state: 'InUse', reason: 'session', freeAtMs: 9000 },
    ],
    ['a suspended session', { access: 'Suspended', session: true }, { state: 'InUse', reason: 'session' }],
    ['a session at its end', { access: 'Finishing', session: true }, { state: 'Finishing' }],
    [
      'a block of the owner before a session',
      { closed: 'owner-block', session: true, access: 'Unlocked', freeAtMs: 9000 },
      { state: 'Blocked', reason: 'owner-block', freeAtMs: 9000 },
    ],
    [
      'maintenance by hand before a maintenance window',
      { closed: 'maintenance-window', maintenance: true },
      { state: 'Blocked', reason: 'maintenance' },
    ],
    [
      'a clean-down before the inspection after it',
      { cleanDown: true, inspection: 'due', reserved: true, freeAtMs: 9000 },
      { state: 'Finishing', reason: 'clean-down', freeAtMs: 9000 },
    ],
    ['a failed inspection', { inspection: 'failed' }, { state: 'Blocked', reason: 'inspection-failed' }],
    ['an inspection', { inspection: 'due', reserved: true, freeAtMs: 9000 }, { state: 'ToCheck' }],
    [
      'a booking that holds',
      { reserved: true, freeAtMs: 9000, itemState: 'NotAvailable' },
      { state: 'Reserved', freeAtMs: 9000 },
    ],
    ['off', { itemState: 'NotAvailable' }, { state: 'Blocked', reason: 'machine-off' }],
  ] satisfies [string, Partial<AvailabilityInput>, object][])('%s', (_name, over, expected) =>
    expect(deriveAvailability({ ...free, ...over })).toMatchObject(expected),
  )

  it('never names the occupant', () => {
    const answer = deriveAvailability({ ...free, reserved: true, freeAtMs: 9000, freeUntilMs: 9000 })
    expect(answer).toEqual({ state: 'Reserved', reason: 'booking', freeAtMs: 9000 })
  })
})
