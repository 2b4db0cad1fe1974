/** What a poll of a machine of the week shows: its lease block, its PLC, its energy meter. */
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { Moment } from '../../../gateway/core/ground/moment.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import type { Plant } from '../access/plant.ts'

type Shown = Pick<Reading, 'value' | 'raw'>

/** A count of the energy meter is 0.01 kWh. */
const MWH_PER_COUNT = 10_000n

export function readingsOf(config: MachineConfig, plant: Plant, { ms, ns }: Moment): Reading[] {
  const { block, state } = plant.show()
  const { energyMWh, powerW, producedUnits } = plant.machine
  const counts = energyMWh / MWH_PER_COUNT
  const values: Readonly<Record<string, Shown>> = {
    'plc.leaseState': { value: block[3]!, raw: BigInt(block[3]!) },
    'plc.safetyOk': { value: true },
    'plc.mode': { value: block[15]!, raw: BigInt(block[15]!) },
    'plc.cycles': { value: producedUnits, raw: BigInt(producedUnits) },
    'energy.activeImport': { value: Number(counts) / 100, raw: counts },
    'energy.power': { value: state === 0 ? 0 : powerW },
    'energy.serialNumber': { value: 1, raw: 1n },
  }
  const good = (point: string, shown: Shown): Reading => ({
    point,
    quality: 'good',
    ...shown,
    readAtMs: ms,
    readAtNs: ns,
  })
  return [
    good('#interlock', { value: block }),
    ...config.signals.map(({ id, alias, name }) => good(id, values[`${alias}.${name}`]!)),
  ]
}
