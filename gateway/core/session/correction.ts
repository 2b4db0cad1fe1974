/**
 * Corrections by people: a correction is a new entry that names the entry it corrects, the person, and the reason. It
 * may move units between the accounts of one meter and epoch; it never adds or removes any, so the accounts still add
 * up to the counter. A manual entry states the use of a machine that cannot be wired, and is flagged wherever it is
 * shown.
 * Read next: people/correction.ts (how a machine takes it).
 */

import { type Refusal, refuse } from '../ground/refusal.ts'
import type { Account, MeterState } from '../meter/meter.ts'
import type { Session } from './session.ts'

/** Moves units between two accounts of a meter; `quantity` is decimal text in the smallest unit. */
export type Adjustment = {
  readonly meter: string
  readonly from: Account
  readonly to: Account
  readonly quantity: string
}

/** One that was recorded says in which unit; one that is asked for is in the unit that the meter has. */
export type Earlier = Adjustment & { readonly unit?: string }
type Held = { readonly meter: string; readonly unit: string }

export const correctionReasons = ['reading', 'attribution', 'exchange', 'accepted', 'other'] as const

export type CorrectionInput = {
  /** Sequence of the entry that is corrected; that entry itself stays as it is. */
  readonly original: number
  readonly reason: (typeof correctionReasons)[number]
  readonly text: string
  readonly adjust: readonly Adjustment[]
}

/** The person, with their role and key. */
export type By = { readonly role: string; readonly key: string; readonly name: string }

export type Correction = CorrectionInput & {
  /** UUIDv7. */
  readonly id: string
  readonly by: By
  readonly originalKind: string
  /** The session of the original entry. */
  readonly session?: string
}

export type ManualInput = {
  readonly meter: string
  readonly unit: string
  /** Decimal text. */
  readonly quantity: string
  readonly fromMs: number
  readonly toMs: number
  readonly tenant?: string
  readonly reason: string
}

/** The meters after all adjustments, applied in order; a refusal when an account does not hold the units. */
export function adjusted(
  meters: ReadonlyMap<string, MeterState>,
  adjust: readonly Adjustment[],
): readonly MeterState[] | Refusal {
  const changed = new Map<string, MeterState>()
  for (const { meter, from, to, quantity } of adjust) {
    const state = changed.get(meter) ?? meters.get(meter)
    if (state === undefined) return refuse('bad-request', `the machine of that entry has no meter ${meter}`)
    if (from === to) return refuse('bad-request', `${meter}: \`from\` and \`to\` are the same account`)
    const units = BigInt(quantity)
    if (units <= 0n) return refuse('bad-request', `${meter}: the quantity must be above 0`)
    if (state.accounts[from] < units)
      return refuse(
        'not-in-account',
        `${meter} has only ${state.accounts[from]} in the account ${from} of epoch ${state.epoch}`,
      )
    const accounts = { ...state.accounts, [from]: state.accounts[from] - units, [to]: state.accounts[to] + units }
    changed.set(meter, { ...state, accounts })
  }
  return [...changed.values()]
}

/**
 * The units of a meter that a session still has, which is the most it can give back: what it used, and what earlier
 * corrections moved to and from it, in the unit in which the meter counts now.
 */
export function heldBySession(session: Session, { meter, unit }: Held, earlier: readonly Earlier[]): bigint {
  const used = BigInt(session.use.find((use) => use.meter === meter && use.unit === unit)?.quantity ?? '0')
  return earlier
    .filter((item) => item.meter === meter && (item.unit ?? unit) === unit)
    .reduce((sum, { from, to, quantity }) => {
      const units = BigInt(quantity)
      return to === 'session' ? sum + units : from === 'session' ? sum - units : sum
    }, used)
}
