/**
 * What the stable words of entries and payloads mean. Each table has the type that the code uses, so that a word can
 * neither be missing here nor be left over. Read next: entries.ts and payloads.ts (where the words stand).
 */
import type { ClockState } from '../core/ground/entry.ts'
import type { PlcState } from '../core/interlock/lease.ts'
import type { AccessWord } from '../core/machine/access-state.ts'
import type { AvailabilityReason, AvailabilityState } from '../core/machine/availability.ts'
import type { Account, MeterChangeName } from '../core/meter/meter.ts'
import type { Condition } from '../core/reading/condition.ts'
import type { Quality, ReadingCause } from '../core/reading/reading.ts'
import type { StoppedReason, SuspendedReason } from '../core/session/session.ts'

export type Words = Readonly<Record<string, string>>

export const clocks = {
  synchronised: 'believed: it agrees with everything known of the time',
  informative: 'believed for dates that people read, and not yet for what is released or forgotten',
  relative: 'not believed: durations hold, dates do not',
  unknown: 'nothing is known of it',
} satisfies Record<ClockState, string>

export const availabilityStates = {
  Available: 'free: whoever has a right may unlock it',
  Reserved: 'a booking holds now, and nobody has unlocked yet',
  Preparing: 'an unlock is under way',
  InUse: 'a session is open, or a stranger uses it',
  Finishing: 'a session is ending, or the machine is cleaned down',
  ToCheck: 'somebody has to look at it before the next tenant',
  Blocked: 'nobody is let in, by a plan, a person or a missing drill',
  OutOfOrder: 'it cannot work, or could stay on by itself',
  Unknown: 'it cannot be seen what it does or who holds it; never the last good state',
} satisfies Record<AvailabilityState, string>

export const availabilityReasons = {
  starting: 'the gateway has not read it yet',
  'state-unknown': 'what it says of its state has no meaning in its profile',
  'emergency-stop': 'an emergency stop is pressed, or not reset',
  'interlock-unsafe': 'its output could stay on by itself',
  fault: 'it has a fault',
  'out-of-service': 'it says that it is out of service',
  maintenance: 'a technician has it, or its key switch is on maintenance',
  'maintenance-window': 'a window of the site file',
  'owner-block': 'its owner has blocked the time',
  reported: 'somebody has reported what stops it; a technician can close that',
  'service-due': 'a service is due that closes it; a technician says that it was done',
  'service-overdue': 'a service is overdue that closes it',
  'inspection-failed': 'it failed its inspection; a technician can pass it',
  'not-commissioned': 'its drill is missing, is due, or was of another interlock',
  unconfirmed: 'an unlock was not answered, or an output has not been read off',
  'access-unknown': 'its interlock has not been read since the start',
  foreign: 'somebody uses it without a session',
  session: 'a session of a tenant',
  'clean-down': 'the time after a use',
  inspection: 'an inspection is due',
  booking: 'a booking holds',
  'machine-off': 'it is switched off, or waits for nobody',
} satisfies Record<Exclude<AvailabilityReason, `${string}:${string}`>, string>

export const causes = {
  'never-read': 'not read since the start',
  'link-down': 'its link is not connected',
  timeout: 'no answer in time',
  refused: 'the device answered with an exception or a bad status',
  'unit-silent': 'the unit is set aside; its neighbours on the line are read',
  malformed: 'the answer cannot be decoded, or is no number',
  'out-of-range': 'the value cannot be',
  'not-available': 'the device says that it has no value',
  overload: 'the device says that the value is beyond what it can measure',
  'not-fitted': 'the device says that it has no such part: a phase, a module, a sensor',
} satisfies Record<ReadingCause, string>

export const qualities = {
  good: 'gates permission and money',
  uncertain: 'is shown, and gates nothing',
  bad: 'has no value',
} satisfies Record<Quality, string>

export const accessWords = {
  Unknown: 'not read yet, or a drill runs',
  Locked: 'nobody may start it',
  Unlocking: 'asked for, and not confirmed by the machine',
  Unlocked: 'confirmed by a separate read under our token',
  Suspended: 'the session is open, and its permission was lost',
  Finishing: 'no new start; the cycle may run out',
  Unconfirmed: 'no answer: it is read until nothing can come of the unlock',
  Foreign: 'somebody else holds it',
} satisfies Record<AccessWord, string>

export const itemStates = {
  NotAvailable: 'off, or not ready to be used',
  OutOfService: 'stopped by a fault or a person',
  NotExecuting: 'ready',
  Executing: 'it works',
  Unknown: 'it cannot be seen',
} satisfies Record<Condition['itemState'], string>

export const modes = {
  None: 'it has no mode',
  Maintenance: 'it is serviced',
  Setup: 'it is set up',
  Processing: 'it produces',
  Unknown: 'it cannot be seen',
} satisfies Record<Condition['mode'], string>

export const plcStateWords = {
  locked: 'nobody may start it',
  enabled: 'the owner of the token may start it',
  running: 'a cycle runs',
  finishing: 'the cycle runs out, and no new one starts',
  fault: 'it has a fault; of an output: it could stay on by itself',
  local: 'the key switch is on local',
  'emergency-stop': 'an emergency stop is pressed, or not reset',
} satisfies Record<PlcState, string>

export const suspensions = {
  cut: 'the interlock was not read for longer than its lease',
  gates: 'a reading that the permission depends on was too old',
  lapse: 'the machine let the lease run out',
  'plc-restarted': 'the PLC or the module began anew',
  'emergency-stop': 'an emergency stop',
  fault: 'a fault of the machine, or of its output',
  local: 'the key switch was turned to local',
  foreign: 'somebody else holds it',
  safety: 'the safety circuit is not closed',
} satisfies Record<SuspendedReason, string>

export const stops = {
  Local: 'the tenant ended it',
  Remote: 'the platform or the owner ended it',
  DeAuthorized: 'its booking or token was revoked or cancelled',
  EmergencyStop: 'an emergency stop',
  TimeLimitReached: 'the booking is over',
  EnergyLimitReached: 'the booking allows no more units',
  MasterPass: 'a technician ended it',
  PowerLoss: 'the machine lost its power',
  Reboot: 'the gateway was away for too long to take it up again',
  Timeout: 'the machine was silent',
  Other: 'something else',
} satisfies Record<StoppedReason, string>

export const meterChanges = {
  first: 'the first reading ever: counting begins here',
  wrap: 'the counter passed its modulus',
  gap: 'it was not read for longer than two polls',
  reset: 'it went back to zero, as its profile allows',
  exchange: 'the device has another identity; nothing is booked in between',
  reconfigured: 'its register, unit, scale, resolution or wrap is configured differently; nothing is booked in between',
  regress: 'it went back where it must not',
  'out-of-range': 'it grew by more than the machine can have made, or is no count',
  unresolved: 'the float is too large to tell one step from the next',
  torn: 'one or two values that cannot be, and then plausible ones again; nothing was booked for them',
  foreign: 'what was made while somebody else held the machine; names units that were booked before',
  silent: 'it has stopped counting; what the machine makes is not metered',
} satisfies Record<MeterChangeName, string>

export const accounts = {
  session: 'of the session that was open',
  unassigned: 'nobody had the machine',
  disputed: 'nobody can say whose',
} satisfies Record<Account, string>

/** Phases after which the machine was read as locked. */
export const lockedAfter = {
  cycle: 'the cycle was over',
  revoking: 'the permission was taken back',
  unconfirmed: 'an unlock that was never answered came to nothing',
  withdrawn: 'an output was turned off',
} as const satisfies Words
