/**
 * What hostile devices and their judge both know. Read next: hostile-peers.ts (the devices), hostile.ts (the judge).
 */
import type { Carrier, Shown } from '../../../support/modbus-carrier.ts'

export type PeersOptions = {
  /** One device for each; `rtu`: behind a serial port, whose bytes come over TCP. */
  readonly carriers: readonly (Carrier | 'rtu')[]
  readonly timeoutMs: number
  readonly shown: Shown
}

export type PeersAsk =
  | { readonly kind: 'ports' }
  /** From now on these are hostile in turns, and the others are honest. */
  | { readonly kind: 'let'; readonly devices: readonly number[] }
  | { readonly kind: 'report' }

export const KINDS = [
  'late',
  'wrong-id',
  'wrong-unit',
  'wrong-length',
  'doubled',
  'torn',
  'coalesced',
  'silent',
  'half-open',
  'slow',
  'closing',
  'refusing',
] as const
export type Kind = (typeof KINDS)[number]

export type PeersReport = {
  /** Bad frames, and requests left without one, by kind. */
  readonly bad: Readonly<Record<Kind, number>>
  /** When each device became honest, by device; monotonic ms. */
  readonly honestSinceMs: readonly (readonly number[])[]
}

/** The mark of a register of even address. */
export function markOf(unit: number, address: number): number {
  return (address * 40_503 + unit * 7919) & 0xffff
}
