/**
 * What a run of generated lives must have come to: each command, each refusal and each rule in the case it is for. A
 * run that never came to one of them has shown nothing about it, and is as good as failed.
 */
import { kinds } from './command.ts'

/** A run of this many lives comes to all of it. */
export const ENOUGH_LIVES = 50_000

const cases: readonly string[] = [
  ...kinds.map((kind) => `did ${kind}`),
  'stopped with a session',
  'killed with a session',
  'confirmed',
  'confirmed late',
  'unconfirmed',
  'refused',
  'resumed',
  'adopted',
  'restored',
  'lapsed',
  'suspended cut',
  'suspended lapse',
  'suspended plc-restarted',
  'ended Local',
  'ended Remote',
  'ended MasterPass',
  'ended DeAuthorized',
  'ended TimeLimitReached',
  'ended Reboot',
  // what people arrange
  'override in a free machine',
  'override in maintenance',
  'override in a maintenance window',
  'override in a block',
  'override in an open inspection',
  'MaintenanceStarted',
  'MaintenanceEnded',
  'BlockPut',
  'BlockRemoved',
  'inspection passed',
  'inspection failed',
  'no: machine-blocked',
  'no: clean-down',
  'no: inspection-due',
  'no: inspection-failed',
  'no: stopping',
  'no: time-untrusted',
  'a clock accepted',
  'no: ledger-full',
  'no: ledger-unproven',
  // what is taken back, and what holds without the platform
  'a list taken',
  'a list ends a right',
  'a list came while the machine was asked',
  'denied: token-revoked',
  'denied: token-replayed',
  'denied: revocations-stale',
  'denied: revocations-number',
  'no: offline',
  'capped offline',
  'a limit of pieces is reached',
  // the end of a booking
  'finish-cycle: a cycle ran over',
  'at-end: a cycle ran over',
  'at-end: a cycle is cut',
  'owner-release: a cycle ran over',
  // the invariants
  'I1 killed between intent and write',
  'I2 above what the machine has seen',
  'I3 answered as unlocked',
  'I3 killed between write and read-back',
  'I4 a heartbeat',
  'I4 held still for longer than a lease',
  'I5 accounted',
  'I5 over a reset',
  'I5 with units of a session and of nobody',
  'I5 with units in dispute',
  'I6 asked twice at once',
  'I6 asked with a session open',
  'I9 a block',
  'I10 a stop with a session',
  'suspended emergency-stop',
  'on by key',
  'on by stranger',
]

/** What it never came to. */
export const missing = (happened: Readonly<Record<string, number>>): string[] =>
  cases.filter((name) => happened[name] === undefined)
