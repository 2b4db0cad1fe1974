/**
 * What a use would cost: the bill of a use that begins and ends with its booking and works all the time. Energy and
 * pieces are what the caller expects. Read next: bill.ts.
 */
import { type Bill, billOf } from './bill.ts'
import { bandsIn, type Span } from './hours.ts'
import { pinOf, type Tariff } from './tariff.ts'
import type { BilledUse, TracePoint } from './use.ts'

type Expected = {
  readonly machine: string
  readonly owner: string
  readonly class?: string
  readonly booked: Span
  readonly energyWh: number
  readonly pieces: number
  /** Meters that count them, where the tariff names one as `alias.name`. */
  readonly meters?: { readonly energy?: string; readonly pieces?: string }
}

export function quoteOf(
  tariff: Tariff,
  { machine, owner, booked, energyWh, pieces, meters = {}, ...more }: Expected,
): Bill {
  const { fromMs, untilMs } = booked
  const whole = BigInt(untilMs - fromMs)
  const { energy = 'energy', pieces: counter = 'pieces' } = meters
  const at = (ms: number): TracePoint => {
    const passed = ms - fromMs
    const part = (of: number) => ((BigInt(of) * BigInt(passed)) / whole).toString()
    return {
      atMs: ms,
      when: 'use',
      clocks: { occupiedMs: passed, poweredMs: passed, executingMs: passed },
      meters: [
        { meter: `${machine}/${energy}`, unit: 'Wh', quantity: part(energyWh), total: part(energyWh) },
        { meter: `${machine}/${counter}`, unit: 'pcs', quantity: part(pieces), total: part(pieces) },
      ],
    }
  }
  const use: BilledUse = {
    id: 'quote',
    when: 'use',
    machine,
    booking: 'quote',
    tenant: 'quote',
    ...more,
    tariff: pinOf(tariff),
    booked,
    startedAtMs: fromMs,
    endedAtMs: untilMs,
    shares: [{ owner, percent: '100' }],
    trace: [fromMs, ...bandsIn(tariff, booked).map((band) => band.untilMs)].map(at),
    simulated: false,
    override: false,
    incomplete: false,
  }
  return billOf(tariff, use)
}
