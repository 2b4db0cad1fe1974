/**
 * What a technician is told: what to try when a link is down, and how far a machine has come until tenants are let in.
 * Pure.
 */
import type { Card, Meter } from './wire.ts'

/** By what the library, the system or the device says. */
export function adviceOf(cause: string): 'refused' | 'timeout' | 'reset' | 'dns' | 'certificate' | 'other' {
  const known = ADVICE.find(([pattern]) => pattern.test(cause))
  return known?.[1] ?? 'other'
}

const ADVICE = [
  [/certificate|untrusted|security/i, 'certificate'],
  [/ECONNREFUSED|refused/i, 'refused'],
  [/ENOTFOUND|EAI_AGAIN|getaddrinfo|DNS/i, 'dns'],
  [/ECONNRESET|EPIPE|reset|closed|hang up/i, 'reset'],
  [/no answer|time.?out|EHOSTUNREACH|ENETUNREACH|silent/i, 'timeout'],
] as const

type Way = {
  readonly step: 'read' | 'state' | 'meters' | 'lock' | 'drill' | 'open'
  readonly done: boolean
}

/** From "added" to "tenants let in". A machine without a lock ends at its meters. */
export function wayOf({ machine }: Card, meters: readonly Meter[]): readonly Way[] {
  const { availability, itemState, access, failSafe, commissioning } = machine
  const read = availability.state !== 'Unknown' || availability.reason === 'unconfirmed'
  const steps: Way[] = [
    { step: 'read', done: read },
    { step: 'state', done: itemState !== 'Unknown' },
    { step: 'meters', done: meters.length > 0 && meters.every(({ counting }) => counting) },
  ]
  if (failSafe === undefined) return steps
  const drilled = commissioning?.state === 'commissioned'
  const locked = access !== 'Unknown'
  return [
    ...steps,
    { step: 'lock', done: locked },
    { step: 'drill', done: drilled },
    { step: 'open', done: read && locked && drilled && !CLOSED.has(availability.state) },
  ]
}
const CLOSED = new Set(['Blocked', 'OutOfOrder', 'Unknown'])

/** A reason goes into the ledger as one line. */
export const isReason = (text: string): boolean => {
  const length = [...text.trim()].length
  return length >= 3 && length <= 200
}
