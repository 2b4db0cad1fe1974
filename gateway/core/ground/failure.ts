/**
 * A failure of the gateway itself. What a peer or a person sends never causes one: it is answered with a refusal
 * (refusal.ts).
 */

/** `step` says where it happened, `subject` to which machine, link, sink or file. */
export class GatewayError extends Error {
  readonly code: 'config' | 'ledger' | 'link' | 'sink' | 'thread' | 'lock' | 'pair' | 'invariant'
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

/** Throws when an invariant is broken, which ends the process; the ledger makes that safe. */
export function assert(condition: boolean, step: string, message: string): asserts condition {
  if (!condition) throw new GatewayError('invariant', step, message)
}
