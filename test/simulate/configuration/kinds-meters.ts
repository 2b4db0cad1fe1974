/** Changes of meters: what a count is worth, where it is read, which there are. */
import { type Edit, rename, reversed, set } from './draft.ts'
import { all, move, other, put, together } from './edits.ts'

const ENERGY = 'profiles.sim-energy.meters.energy'
const COUNTER = 'profiles.sim-energy.signals.activeImport'
const PARTS = 'profiles.sim-booth.meters.parts'
const PART_COUNT = 'profiles.sim-booth.signals.partCount'
const EDGED = 'profiles.sim-bander.meters.parts'
const PIECES = 'profiles.sim-saw.meters.pieces'

const worth = (signalUnit: string, scale: number, unit: string, perCount: number) => ({
  [`${COUNTER}.unit`]: signalUnit,
  [`${COUNTER}.scale`]: scale,
  [`${COUNTER}.address`]: { table: 'holding', address: 0x5000, type: 'u64' },
  [`${ENERGY}.resolution`]: undefined,
  [`${ENERGY}.finer`]: undefined,
  [`${ENERGY}.unit`]: unit,
  [`${ENERGY}.perCount`]: perCount,
})
const float = (resolution: string, perCount: number, finer: boolean | undefined) => ({
  [`${COUNTER}.unit`]: 'kWh',
  [`${COUNTER}.scale`]: undefined,
  [`${COUNTER}.address`]: { table: 'holding', address: 0x5000, type: 'f32' },
  [`${ENERGY}.wrapAt`]: undefined,
  [`${ENERGY}.unit`]: 'Wh',
  [`${ENERGY}.resolution`]: resolution,
  [`${ENERGY}.finer`]: finer,
  [`${ENERGY}.perCount`]: perCount,
})
const meter = (kind: string, more: object) => ({ kind, ...more })
const integral = meter('integral', { signal: 'power', unit: 'Wh', per: 'h', maxRate: '100000' })

export const meterKinds: Readonly<Record<string, Edit>> = {
  'the scale of energy': together(
    worth('kWh', 0.01, 'Wh', 10),
    worth('kWh', 0.1, 'Wh', 100),
    worth('kWh', 1, 'Wh', 1000),
  ),
  'the unit of energy': together(worth('kWh', 0.01, 'Wh', 10), worth('kWh', 1, 'kWh', 1), worth('Wh', 1, 'mWh', 1000)),
  'the unit of parts': other(`${PARTS}.unit`, 'pcs', 'boards', 'doors'),
  'the unit of edged parts': other(`${EDGED}.unit`, 'pcs', 'edges'),
  'the unit of pieces': other(`${PIECES}.unit`, 'pcs', 'cuts'),
  'the scale of parts': other(`${PARTS}.perCount`, 1, 2, 12),
  'the scale of edged parts': other(`${EDGED}.perCount`, 1, 4),
  'the wrap of parts': other(`${PARTS}.wrapAt`, '4294967296', '1000000', undefined),
  'the wrap of edged parts': other(`${EDGED}.wrapAt`, '4294967296', undefined),
  'the wrap of energy': other(`${ENERGY}.wrapAt`, '1000000000000', undefined),
  'the register of parts': other(`${PART_COUNT}.address.address`, 10, 20, 30),
  'the register of energy': other(`${COUNTER}.address.address`, 0x5000, 0x5004, 0x5008),
  'the node of pieces': other('profiles.sim-saw.signals.piecesOut.address.node', 'AbsolutePiecesOut', 'PiecesOfDay'),
  'the type of parts': together(
    { [`${PART_COUNT}.address.type`]: 'u32', [`${PARTS}.wrapAt`]: '4294967296' },
    { [`${PART_COUNT}.address.type`]: 'u16', [`${PARTS}.wrapAt`]: '65536' },
  ),
  'the word order of parts': other(`${PART_COUNT}.address.order`, 'ABCD', 'CDAB'),
  'energy as a float': together(float('0.01', 10, undefined), float('0.1', 100, true)),
  'the resolution of a float': together(float('0.01', 10, true), float('1', 1000, true)),
  'energy as an integer again': all(together(float('0.01', 10, undefined)), together(worth('kWh', 0.01, 'Wh', 10))),
  'parts renamed': (draft) =>
    rename(draft, 'profiles.sim-booth.meters', 'parts', 'sprayed') ||
    rename(draft, 'profiles.sim-booth.meters', 'sprayed', 'parts'),
  'energy renamed': (draft) =>
    rename(draft, 'profiles.sim-energy.meters', 'energy', 'import') ||
    rename(draft, 'profiles.sim-energy.meters', 'import', 'energy'),
  'parts removed': (draft) =>
    move(draft, PARTS, 'profiles.sim-booth.kept') && set(draft, 'profiles.sim-booth.kept', undefined),
  'energy removed': (draft) =>
    move(draft, ENERGY, 'profiles.sim-energy.kept') && set(draft, 'profiles.sim-energy.kept', undefined),
  'pieces removed': (draft) => set(draft, PIECES, undefined),
  'a duration added': (draft, dice) =>
    set(
      draft,
      `profiles.sim-bander.meters.${dice.pick(['idle', 'ready'])}`,
      meter('duration', { while: 'NotExecuting' }),
    ),
  'a duration of another state': other('profiles.sim-booth.meters.running.while', 'Executing', 'NotExecuting'),
  'edges added': (draft) =>
    set(draft, 'profiles.sim-booth.meters.doors', meter('edges', { signal: 'guardOpen', unit: 'pcs' })),
  'an integral added': (draft) => set(draft, 'profiles.sim-energy.meters.sum', integral),
  'the rate of an integral': (draft, dice) =>
    set(draft, 'profiles.sim-energy.meters.sum', integral) &&
    set(draft, 'profiles.sim-energy.signals.power.scale', dice.pick([0.1, 1, 10])),
  'a register becomes an integral': (draft) => set(draft, ENERGY, integral),
  'a register becomes a duration': (draft) => set(draft, PARTS, meter('duration', { while: 'Executing' })),
  'a duration becomes a register': (draft) =>
    set(draft, 'profiles.sim-booth.meters.running', {
      ...meter('register', { signal: 'runningSeconds', unit: 's' }),
      ...{ wrapAt: '4294967296', maxRate: '5' },
    }),
  'two meters of one register': (draft) =>
    set(
      draft,
      'profiles.sim-booth.meters.twice',
      meter('register', { signal: 'partCount', unit: 'pcs', maxRate: '10' }),
    ),
  'an identity, or none': together(
    { 'profiles.sim-energy.signals.serialNumber.poll': '500ms', [`${ENERGY}.identity`]: 'serialNumber' },
    { 'profiles.sim-energy.signals.serialNumber.poll': '1h', [`${ENERGY}.identity`]: undefined },
  ),
  'the highest rate': other(`${PARTS}.maxRate`, '10', '50', '5'),
  'whether it resets': other(`${PARTS}.resets`, 'never', 'to-zero', 'per-session'),
  'whether it gates': other(`${ENERGY}.gating`, true, false),
  'its title': other(`${PARTS}.title`, 'Parts', 'Doors sprayed', undefined),
  'how often it is polled': other(`${PART_COUNT}.poll`, '500ms', '1s', '2s'),
  'the order of meters': put('profiles.sim-booth.meters', reversed),
  'the order of signals': put('profiles.sim-energy.signals', reversed),
  'codes for no value': other(`${COUNTER}.unavailable`, undefined, 'none', [999_999]),
}
