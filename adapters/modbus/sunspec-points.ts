/**
 * Points of SunSpec models by their names: where each stands from the first register of its model, and how it is read.
 * A table and nothing else; the offsets follow from the model files of the SunSpec Alliance:
 * github.com/sunspec/models.
 * Read next: sunspec.ts, which finds the models.
 */
import type { ModbusAddress } from './options.ts'

type Type = Extract<ModbusAddress['type'], 's16' | 'u16' | 'u32' | 'f32' | 'text'>
type Place = readonly [offset: number, type: Type, count?: number]
type Points = Readonly<Record<string, Place>>

const COMMON: Points = {
  Mn: [2, 'text', 16],
  Md: [18, 'text', 16],
  Opt: [34, 'text', 8],
  Vr: [42, 'text', 8],
  SN: [50, 'text', 16],
}

const INVERTER: Points = {
  ...row(2, 'u16', ['A', 'AphA', 'AphB', 'AphC']),
  A_SF: [6, 's16'],
  ...row(7, 'u16', ['PPVphAB', 'PPVphBC', 'PPVphCA', 'PhVphA', 'PhVphB', 'PhVphC']),
  V_SF: [13, 's16'],
  ...row(14, 's16', ['W', 'W_SF']),
  Hz: [16, 'u16'],
  ...row(17, 's16', ['Hz_SF', 'VA', 'VA_SF', 'VAr', 'VAr_SF', 'PF', 'PF_SF']),
  WH: [24, 'u32'],
  WH_SF: [26, 's16'],
  DCA: [27, 'u16'],
  DCA_SF: [28, 's16'],
  DCV: [29, 'u16'],
  ...row(30, 's16', ['DCV_SF', 'DCW', 'DCW_SF', 'TmpCab', 'TmpSnk', 'TmpTrns', 'TmpOt', 'Tmp_SF']),
  ...row(38, 'u16', ['St', 'StVnd']),
}

const phases = (name: string) => [name, `${name}phA`, `${name}phB`, `${name}phC`]
const energies = ['TotWhExp', 'TotWhImp'].flatMap((name) => [name, `${name}PhA`, `${name}PhB`, `${name}PhC`])

const METER: Points = {
  ...row(2, 's16', ['A', 'AphA', 'AphB', 'AphC', 'A_SF']),
  ...row(7, 's16', [...phases('PhV'), 'PPV', 'PhVphAB', 'PhVphBC', 'PhVphCA', 'V_SF', 'Hz', 'Hz_SF']),
  ...row(18, 's16', [...phases('W'), 'W_SF', ...phases('VA'), 'VA_SF', ...phases('VAR'), 'VAR_SF']),
  ...row(33, 's16', [...phases('PF'), 'PF_SF']),
  ...row(38, 'u32', energies),
  TotWh_SF: [54, 's16'],
}

const FLOAT_METER: Points = {
  ...row(2, 'f32', ['A', 'AphA', 'AphB', 'AphC', ...phases('PhV'), 'PPV', 'PPVphAB', 'PPVphBC', 'PPVphCA', 'Hz']),
  ...row(28, 'f32', [...phases('W'), ...phases('VA'), ...phases('VAR'), ...phases('PF'), ...energies]),
}

const KNOWN: readonly { readonly models: readonly number[]; readonly points: Points }[] = [
  { models: [1], points: COMMON },
  { models: [101, 102, 103], points: INVERTER },
  { models: [201, 202, 203, 204], points: METER },
  { models: [211, 212, 213, 214], points: FLOAT_METER },
]

/** A register address within whichever of these models a device has; a list of what there is when there is no such. */
export function pointAddress({ models, point }: SunSpecPoint): ModbusAddress | readonly string[] {
  const known = KNOWN.find((one) => models.every((model) => one.models.includes(model)))
  if (known === undefined) return []
  const place = Object.hasOwn(known.points, point) ? known.points[point] : undefined
  if (place === undefined) return Object.keys(known.points)
  const [address, type, count] = place
  return { table: 'holding', address, type, models: [...models], ...(count === undefined ? {} : { count }) }
}

export type SunSpecPoint = { readonly models: readonly number[]; readonly point: string }

/** Points of one type that follow each other. */
function row(start: number, type: 's16' | 'u16' | 'u32' | 'f32', names: readonly string[]): Points {
  const width = type === 'u32' || type === 'f32' ? 2 : 1
  return Object.fromEntries(names.map((name, index) => [name, [start + width * index, type] as const]))
}
