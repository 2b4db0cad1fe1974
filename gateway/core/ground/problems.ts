/**
 * Every refusal and failure the gateway can answer with: code → HTTP status, decision word, title. Codes are part of
 * the API and stay. Read next: advice.ts (what to do about each), refusal.ts (an expected no), failure.ts (our own).
 */
import { advice } from './advice.ts'

/** Words of OCPP 2.0.1 AuthorizationStatus; the last three of `decisions` are our own. */
export const decisions = [
  /** Permission was given; no refusal carries this word. */
  'Accepted',
  /** By a rule or a state of the site that applies to everybody, or to this role as a whole. */
  'Blocked',
  /** Somebody or something else has the machine, the time or the session. */
  'ConcurrentTx',
  'Expired',
  /** Malformed, not genuine, or already spent. */
  'Invalid',
  'NoCredit',
  'NotAtThisLocation',
  'NotAtThisTime',
  /** Not known here, or the result is not known. */
  'Unknown',
  'NotQualified',
  /** The cause is at the machine. */
  'MachineNotReady',
  /** What the decision needs is known only from too old a reading or list. */
  'NotFresh',
] as const
export type Decision = (typeof decisions)[number]

/** One row per code: status, decision, title. */
const rows = {
  'bad-request': [400, 'Invalid', 'The request is not as described'],
  unauthenticated: [401, 'Invalid', 'No valid credential'],
  'token-malformed': [401, 'Invalid', 'The token cannot be read'],
  'token-forged': [401, 'Invalid', 'The token is not signed by a trusted issuer'],
  'token-expired': [401, 'Expired', 'The token has expired'],
  'token-not-yet': [401, 'NotAtThisTime', 'The token is not valid yet'],
  'token-revoked': [403, 'Blocked', 'The token was revoked'],
  'pin-wrong': [401, 'Invalid', 'The PIN opens nothing on this machine now'],
  'keys-unavailable': [503, 'Unknown', 'The keys of the issuer are not known here yet'],
  forbidden: [403, 'Blocked', 'This is not yours to see or do'],
  'wrong-machine': [403, 'NotAtThisLocation', 'The booking is for another machine'],
  'not-found': [404, 'Unknown', 'There is no such thing here'],
  'no-booking': [403, 'Unknown', 'There is no booking for this'],
  'booking-conflict': [409, 'ConcurrentTx', 'The time is taken by another booking'],
  'booking-version': [409, 'Invalid', 'A newer version of the booking is known'],
  'booking-in-use': [409, 'ConcurrentTx', 'The booking is in use'],
  'too-many-bookings': [503, 'Blocked', 'No more bookings can be held'],
  'too-many-blocks': [503, 'Blocked', 'No more blocks can be held for this machine'],
  'too-many-subscriptions': [503, 'Blocked', 'No more calendar addresses can be held'],
  'too-many-reports': [503, 'Blocked', 'No more open reports can be held for this machine'],
  'wrong-time': [403, 'NotAtThisTime', 'The booking does not hold now'],
  'limit-used': [403, 'NoCredit', 'What the booking allows has been used'],
  offline: [503, 'Blocked', 'The gateway is out of contact with the platform'],
  'revocations-stale': [503, 'NotFresh', 'The list of revoked bookings is too old'],
  'revocations-number': [409, 'Invalid', 'A newer list of revoked bookings is known'],
  'not-qualified': [403, 'NotQualified', 'The booking lacks a qualification this machine requires'],
  'booking-cancelled': [403, 'Expired', 'The booking was cancelled'],
  'booking-released': [403, 'Expired', 'The booking was released because nobody came'],
  'token-replayed': [409, 'Invalid', 'The token has been used'],
  'machine-in-use': [409, 'ConcurrentTx', 'A session is open on the machine'],
  'machine-blocked': [409, 'Blocked', 'The machine is blocked'],
  'clean-down': [409, 'MachineNotReady', 'The machine is cleaned down after its last use'],
  'inspection-due': [409, 'MachineNotReady', 'Somebody has to look at the machine after its last use'],
  'inspection-failed': [409, 'Blocked', 'The machine failed its inspection'],
  'answers-due': [409, 'Blocked', 'Questions have to be answered first'],
  'answer-refused': [409, 'Blocked', 'The machine is not fit for use by what was answered'],
  'already-answered': [409, 'Invalid', 'The questions after this use were answered otherwise'],
  'not-commissioned': [409, 'Blocked', 'The machine has not been shown to lock itself'],
  'drill-not-ready': [409, 'MachineNotReady', 'The drill cannot begin'],
  'no-interlock': [409, 'Blocked', 'The machine cannot be unlocked from here'],
  'machine-not-ready': [409, 'MachineNotReady', 'The machine does not accept an unlock now'],
  'machine-refused': [409, 'MachineNotReady', 'The machine refused the unlock'],
  'foreign-use': [409, 'MachineNotReady', 'The machine is unlocked by somebody else'],
  'not-fresh': [503, 'NotFresh', 'The machine cannot be read now'],
  'time-untrusted': [503, 'Blocked', 'The clock of the gateway is not trusted'],
  'ledger-unproven': [503, 'Blocked', 'The ledger is not shown to be whole'],
  'ledger-full': [503, 'Blocked', 'The disk reserve is used up'],
  unconfirmed: [504, 'Unknown', 'The machine did not confirm'],
  'session-ended': [409, 'Expired', 'The session has ended'],
  'not-suspended': [409, 'ConcurrentTx', 'The session is not suspended'],
  'not-in-account': [409, 'Invalid', 'The units are not in that account'],
  'configuration-faulty': [422, 'Invalid', 'The configuration has faults'],
  'configuration-changed': [412, 'ConcurrentTx', 'Another configuration is in force by now'],
  'configuration-waits': [409, 'ConcurrentTx', 'A machine that it changes is in use'],
  'needs-restart': [409, 'Blocked', 'Only a restart takes this over'],
  'key-reused': [422, 'Invalid', 'The Idempotency-Key was used with another request'],
  busy: [503, 'Blocked', 'Too many commands are under way'],
  'rate-limited': [429, 'Blocked', 'Too many requests'],
  stopping: [503, 'Blocked', 'The gateway is stopping'],
  'no-spare': [409, 'Blocked', 'No other box could take over'],
  spare: [503, 'Blocked', 'This box is the spare of a pair'],
  'timed-out': [504, 'Unknown', 'No answer in time'],
  'read-only': [405, 'Invalid', 'The method is not allowed here'],
  internal: [500, 'Unknown', 'Something went wrong in the gateway'],
} as const satisfies Record<string, readonly [status: number, decision: Decision, title: string]>

export type ProblemCode = keyof typeof rows

type ProblemRow = {
  readonly status: number
  readonly decision: Decision
  readonly title: string
  /** One line per language; the Chinese one stands alone, also without the title. */
  readonly advice: { readonly en: string; readonly zh: string }
}

const adviceOf = advice satisfies Readonly<Record<ProblemCode, readonly [en: string, zh: string]>>

export const problems = Object.fromEntries(
  Object.entries(rows).map(([code, [status, decision, title]]) => {
    const [en, zh] = adviceOf[code as ProblemCode]
    return [code, { status, decision, title, advice: { en, zh } }]
  }),
) as Readonly<Record<ProblemCode, ProblemRow>>
