/**
 * Which refusals a route can answer with, for its description: one list per way through the rules, put together from
 * what each part can say. A test compares the lists with the code that refuses.
 * Read next: core/ground/problems.ts (the codes), core/access/gates.ts and core/access/intent.ts (who refuses an
 * unlock).
 */
import type { ProblemCode } from '../../core/ground/problems.ts'

type Codes = readonly ProblemCode[]

/** Of every route that has an action: guard.ts, caller/, http/problem.ts. */
export const common: Codes = [
  'bad-request',
  'unauthenticated',
  'token-malformed',
  'token-forged',
  'token-expired',
  'token-not-yet',
  'pin-wrong',
  'forbidden',
  'rate-limited',
  'keys-unavailable',
  'busy',
  'stopping',
  'internal',
]

/** Of every command: too many are under way, or no answer came in time. */
export const asked: Codes = ['busy', 'timed-out']

/** The gateway itself cannot let anybody in now: `gate`. */
const site: Codes = ['not-fresh', 'time-untrusted', 'ledger-full', 'ledger-unproven']

/** The machine cannot be unlocked, or did not do it: `gate`, `notLocked`, and what follows the intent. */
const enable: Codes = ['machine-not-ready', 'machine-refused', 'foreign-use', ...site, 'unconfirmed']

/** The booking does not hold: `decideUse`. */
const booking: Codes = ['booking-cancelled', 'booking-released', 'limit-used']

/** What people have arranged, and what the last use left: `refuseArranged`, `refuseAfterUse`. */
const arranged: Codes = ['clean-down', 'inspection-due', 'inspection-failed', 'not-commissioned']

export const refusals = {
  unlock: [
    'not-found',
    'no-booking',
    'wrong-machine',
    'wrong-time',
    ...booking,
    'booking-conflict',
    'not-qualified',
    'offline',
    'token-replayed',
    'machine-in-use',
    'machine-blocked',
    ...arranged,
    'answers-due',
    'answer-refused',
    'no-interlock',
    ...enable,
    'session-ended',
    'key-reused',
    ...asked,
  ],
  override: ['not-found', 'machine-in-use', 'machine-blocked', 'no-interlock', ...enable, ...asked],
  resume: ['not-found', 'session-ended', 'not-suspended', 'machine-blocked', ...enable, 'wrong-time', ...asked],
  end: ['not-found', 'session-ended', 'timed-out'],
  inspect: [
    'not-found',
    'wrong-machine',
    'wrong-time',
    'no-booking',
    ...booking,
    'session-ended',
    'machine-in-use',
    ...asked,
  ],
  bench: ['not-found', 'not-fresh', ...asked],
  drill: ['not-found', 'no-interlock', 'drill-not-ready', ...site, ...asked],
} as const satisfies Record<string, Codes>
