/**
 * Every refusal and failure the gateway can answer with: one table of code → HTTP status, decision word, title, advice.
 * Expected refusals are values (`Refusal`); failures of our own are `GatewayError`. Codes are part of the API and stay.
 * Decision words: OCPP 2.0.1 AuthorizationStatus, and NotQualified, MachineNotReady, NotFresh of our own.
 */

export type Decision =
  | 'Accepted'
  | 'Blocked'
  | 'ConcurrentTx'
  | 'Expired'
  | 'Invalid'
  | 'NotAtThisLocation'
  | 'NotAtThisTime'
  | 'NoCredit'
  | 'NotQualified'
  | 'MachineNotReady'
  | 'NotFresh'
  | 'Unknown'

type Row = { readonly status: number; readonly decision: Decision; readonly title: string; readonly advice: string }

export const problems = {
  'bad-request': {
    status: 400,
    decision: 'Invalid',
    title: 'The request is not as described',
    advice: 'Compare it with /docs; unknown fields and null are refused.',
  },
  unauthenticated: {
    status: 401,
    decision: 'Invalid',
    title: 'No valid credential',
    advice: 'Send Authorization: Bearer with a token or a key.',
  },
  'token-malformed': {
    status: 401,
    decision: 'Invalid',
    title: 'The token cannot be read',
    advice: 'Ask the booking platform for a new one.',
  },
  'token-forged': {
    status: 401,
    decision: 'Invalid',
    title: 'The token is not signed by a trusted issuer',
    advice: 'Use the token the booking platform gave, unchanged.',
  },
  'token-expired': {
    status: 401,
    decision: 'Expired',
    title: 'The token has expired',
    advice: 'Ask the booking platform for a new one.',
  },
  'token-not-yet': {
    status: 401,
    decision: 'NotAtThisTime',
    title: 'The token is not valid yet',
    advice: 'Wait, or check the clock of the booking platform.',
  },
  'keys-unavailable': {
    status: 503,
    decision: 'Unknown',
    title: 'The keys of the issuer are not known here yet',
    advice: 'Connect the gateway to the platform once; keys are kept from then on.',
  },
  forbidden: {
    status: 403,
    decision: 'Blocked',
    title: 'This is not yours to see or do',
    advice: 'Use a credential with the right role.',
  },
  'wrong-machine': {
    status: 403,
    decision: 'NotAtThisLocation',
    title: 'The booking is for another machine',
    advice: 'Go to the machine named in the booking.',
  },
  'not-found': { status: 404, decision: 'Unknown', title: 'There is no such thing here', advice: 'Check the id.' },
  'no-booking': {
    status: 403,
    decision: 'Unknown',
    title: 'There is no booking for this',
    advice: 'Book the machine on the platform first.',
  },
  'booking-conflict': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'The time is taken by another booking',
    advice: 'Choose another time; freeUntil of the machine helps.',
  },
  'booking-version': {
    status: 409,
    decision: 'Invalid',
    title: 'A newer version of the booking is known',
    advice: 'Read the booking and send a higher version.',
  },
  'booking-in-use': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'The booking is in use',
    advice: 'End the session first, or change only the end.',
  },
  'too-many-blocks': {
    status: 503,
    decision: 'Blocked',
    title: 'No more blocks can be held for this machine',
    advice: 'Remove some, or raise bounds.maxBlocks.',
  },
  'not-qualified': {
    status: 403,
    decision: 'NotQualified',
    title: 'The booking lacks a qualification this machine requires',
    advice: 'Have the platform confirm the qualification, then use a new booking or token.',
  },
  'too-many-bookings': {
    status: 503,
    decision: 'Blocked',
    title: 'No more bookings can be held',
    advice: 'Cancel some, or raise bounds.maxBookings.',
  },
  'wrong-time': {
    status: 403,
    decision: 'NotAtThisTime',
    title: 'The booking does not hold now',
    advice: 'Come back within the booked time.',
  },
  'limit-used': {
    status: 403,
    decision: 'NoCredit',
    title: 'What the booking allows has been used',
    advice: 'Ask the booking platform for more.',
  },
  offline: {
    status: 503,
    decision: 'Blocked',
    title: 'The gateway is out of contact with the platform',
    advice: 'Nobody may begin to use this machine until the gateway is online again.',
  },
  'booking-cancelled': { status: 403, decision: 'Expired', title: 'The booking was cancelled', advice: 'Book again.' },
  'booking-released': {
    status: 403,
    decision: 'Expired',
    title: 'The booking was released because nobody came',
    advice: 'Book again.',
  },
  'token-replayed': {
    status: 409,
    decision: 'Invalid',
    title: 'The token has been used',
    advice: 'One token unlocks once; use resume within the session, or ask for a new token.',
  },
  'machine-in-use': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'A session is open on the machine',
    advice: 'Wait until it has ended.',
  },
  'machine-blocked': {
    status: 409,
    decision: 'Blocked',
    title: 'The machine is blocked',
    advice: 'Ask the technician.',
  },
  'not-commissioned': {
    status: 409,
    decision: 'Blocked',
    title: 'The fail-safe of the machine has not been proven yet',
    advice: 'A technician has to commission it.',
  },
  'no-interlock': {
    status: 409,
    decision: 'Blocked',
    title: 'The machine cannot be unlocked from here',
    advice: 'It is read and metered only.',
  },
  'machine-not-ready': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine does not accept an unlock now',
    advice: 'See detail; the cause is at the machine.',
  },
  'machine-refused': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine refused the unlock',
    advice: 'See detail; the token can be used again.',
  },
  'foreign-use': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine is unlocked by somebody else',
    advice: 'Ask the technician who unlocked it.',
  },
  'not-fresh': {
    status: 503,
    decision: 'NotFresh',
    title: 'The machine cannot be read now',
    advice: 'Try again in a few seconds; if it stays, call the technician.',
  },
  'time-untrusted': {
    status: 503,
    decision: 'Blocked',
    title: 'The clock of the gateway is not trusted',
    advice: 'Connect it to a time source.',
  },
  'ledger-unproven': {
    status: 503,
    decision: 'Blocked',
    title: 'The ledger is not shown to be whole',
    advice:
      'Right after a start wait a few seconds. If it stays, call the technician: the disk may hold an old or altered copy.',
  },
  'ledger-full': {
    status: 503,
    decision: 'Blocked',
    title: 'The disk reserve is used up',
    advice: 'Free space on the disk of the gateway.',
  },
  unconfirmed: {
    status: 504,
    decision: 'Unknown',
    title: 'The machine did not confirm',
    advice: 'It locks by itself; see locksBy. Do not repeat before.',
  },
  'session-ended': {
    status: 409,
    decision: 'Expired',
    title: 'The session has ended',
    advice: 'Unlock again with a new token.',
  },
  'not-suspended': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'The session is not suspended',
    advice: 'There is nothing to resume.',
  },
  'not-in-account': {
    status: 409,
    decision: 'Invalid',
    title: 'The units are not in that account',
    advice: 'Read the meter; units move within one epoch only, and none are made.',
  },
  'key-reused': {
    status: 422,
    decision: 'Invalid',
    title: 'The Idempotency-Key was used with another request',
    advice: 'Use a new key for a new request.',
  },
  busy: { status: 503, decision: 'Blocked', title: 'Too many commands are under way', advice: 'Try again shortly.' },
  'rate-limited': { status: 429, decision: 'Blocked', title: 'Too many requests', advice: 'Wait as Retry-After says.' },
  stopping: { status: 503, decision: 'Blocked', title: 'The gateway is stopping', advice: 'Try again in a minute.' },
  'timed-out': {
    status: 504,
    decision: 'Unknown',
    title: 'No answer in time',
    advice: 'Read the session before trying again.',
  },
  'read-only': { status: 405, decision: 'Invalid', title: 'The method is not allowed here', advice: 'See /docs.' },
  internal: {
    status: 500,
    decision: 'Unknown',
    title: 'Something went wrong in the gateway',
    advice: 'Tell the technician the time and the instance.',
  },
} as const satisfies Record<string, Row>

export type ProblemCode = keyof typeof problems

/** An expected no, with its reason; a value, never thrown. */
export type Refusal = {
  readonly code: ProblemCode
  /** What in particular; never a secret, never another tenant. */
  readonly detail?: string
  /** More members for the problem document, e.g. `locksBy`, `session`. */
  readonly extra?: Readonly<Record<string, string | number | boolean>>
}

export function refuse(code: ProblemCode, detail?: string, extra?: Refusal['extra']): Refusal {
  return { code, ...(detail === undefined ? {} : { detail }), ...(extra === undefined ? {} : { extra }) }
}

/** A failure of our own. `step` says where, `subject` which machine, link, sink or file. */
export class GatewayError extends Error {
  readonly code: 'config' | 'ledger' | 'link' | 'sink' | 'thread' | 'lock' | 'invariant'
  readonly step: string
  readonly subject: string | undefined
  constructor(
    code: GatewayError['code'],
    step: string,
    message: string,
    more: { subject?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'GatewayError'
    this.code = code
    this.step = step
    this.subject = more.subject
  }
}

/** A broken invariant ends the process: the ledger makes that safe. */
export function assert(condition: boolean, step: string, message: string): asserts condition {
  if (!condition) throw new GatewayError('invariant', step, message)
}
