/**
 * Which profiles of the catalogue a unit could be: the signals of each are read, those that are counted first, and a
 * profile is out at the first that cannot be. Read next: config/fit.ts (what can be), scan.ts.
 */
import type { UnitUnderScan } from '../../../adapters/modbus/bench/unit.ts'
import { listModels, type Model } from '../../../config/catalogue.ts'
import { fitOf, isNamed, type Tried } from '../../../config/fit.ts'

export type Fitting = {
  readonly profile: string
  readonly kind: 'fits' | 'may'
  /** Signals whose value hardly comes by chance. */
  readonly telling: readonly string[]
}

const MOST_SHOWN = 5
const SHIPPED_FOR_NOBODY = /^(sim|latchkey)-/

/** Best first. `said`: what the device says of itself. */
export async function fitting(unit: UnitUnderScan, said: string, models: readonly Model[]): Promise<Fitting[]> {
  const found: (Fitting & { readonly rank: number })[] = []
  for (const model of models) {
    const { kind, telling } = await tryModel(unit, model)
    const isCalled = isNamed(said, model.maker, model.model)
    if (kind === 'not' || (kind === 'may' && !isCalled)) continue
    found.push({ profile: model.profile, kind, telling, rank: telling.length + (isCalled ? 100 : 0) })
  }
  return found
    .sort((a, b) => b.rank - a.rank)
    .slice(0, MOST_SHOWN)
    .map(({ rank: _, ...fit }) => fit)
}

/** Where the profiles look: what a device is asked for first. */
export function knownAddresses(models: readonly Model[]): number[] {
  const all = models.flatMap(({ signals }) => signals.map(({ address }) => address.address))
  return [...new Set(all)].filter((address) => address !== undefined).sort((a, b) => a - b)
}

async function tryModel(unit: UnitUnderScan, { signals }: Model): Promise<ReturnType<typeof fitOf>> {
  const tried: Tried[] = []
  for (const { name, unit: of, address, scale, offset } of signals) {
    const raw = await unit.value(address)
    const value = typeof raw === 'number' ? raw * scale + offset : raw
    tried.push({ name, unit: of, value })
    if (fitOf(tried).kind === 'not') break
  }
  return fitOf(tried)
}

/** For a site file in this folder. */
export const modbusModels = (folder: string): Model[] =>
  listModels(folder).filter(({ profile, protocol }) => protocol === 'modbus' && !SHIPPED_FOR_NOBODY.test(profile))
