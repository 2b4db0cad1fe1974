/** Edits of good profiles that break their sense: signals, meters and addresses. Read by faults.test.ts. */
import type { Row } from './shape-rows.ts'

const running = '{ kind: duration, while: Executing }'
const edges = '{ kind: edges, signal: ▸state, unit: pcs }'
const integral = (signal: string, maxRate: string) =>
  `{ kind: integral, signal: ${signal}, unit: Wh, per: h, maxRate: ${maxRate} }`
/** The counter of the profile, from its signal to its meter. */
const counter = (type: string, poll: string, more: string) => `type: ${type} }, poll: ${poll} }
  power: { address: { table: input, address: 9, type: f32 } }
meters:
  parts: { kind: register, signal: parts, unit: pcs, ${more}`

export const profileRows: readonly Row[] = [
  { code: 'profile-name', why: 'copied and not renamed', in: 'plc', from: 'profile: plc', to: 'profile: ▸plc-old' },
  {
    code: 'poll-too-fast',
    why: 'a signal',
    in: 'saw',
    from: 'type: bool }',
    to: 'type: bool }, poll: ▸49ms',
    says: '50ms',
  },
  {
    code: 'poll-too-fast',
    why: 'the interlock',
    in: 'plc',
    from: '  class: lease',
    to: '  class: lease\n  poll: ▸49ms',
  },
  {
    code: 'signal-unknown',
    why: 'state',
    in: 'plc',
    from: 'kind: map, signal: state',
    to: 'kind: map, signal: ▸stat',
    says: '"state"',
  },
  {
    code: 'signal-unknown',
    why: 'a word every object knows',
    in: 'plc',
    from: 'kind: map, signal: state',
    to: 'kind: map, signal: ▸constructor',
  },
  { code: 'signal-unknown', why: 'a meter', in: 'plc', from: 'signal: parts', to: 'signal: ▸part' },
  { code: 'signal-unknown', why: 'mode', in: 'plc', from: 'mode: { signal: state', to: 'mode: { signal: ▸mode' },
  { code: 'signal-unknown', why: 'emergencyStop', in: 'plc', from: 'emergencyStop: stop', to: 'emergencyStop: ▸stopp' },
  { code: 'signal-unknown', why: 'fault', in: 'plc', from: 'fault: stop', to: 'fault: ▸stopp' },
  {
    code: 'signal-unknown',
    why: 'a priority rule',
    in: 'saw',
    from: 'kind: threshold, signal: power, above: 20, below: 10, on: Executing, off: NotExecuting',
    to: 'kind: priority, rules: [{ when: ▸cold, state: Executing }], else: NotExecuting',
  },
  {
    code: 'signal-type',
    why: 'a map of a float',
    in: 'plc',
    from: 'kind: map, signal: state',
    to: 'kind: map, signal: ▸power',
    says: 'f32',
  },
  { code: 'signal-type', why: 'a threshold of a bool', in: 'saw', from: 'signal: power', to: 'signal: ▸hot' },
  {
    code: 'signal-type',
    why: 'a stop that is a number',
    in: 'plc',
    from: 'emergencyStop: stop',
    to: 'emergencyStop: ▸state',
  },
  {
    code: 'meter-type',
    why: 'a float',
    in: 'plc',
    from: 'signal: parts, unit: pcs, wrapAt: "4294967296"',
    to: 'signal: ▸power, unit: pcs',
    says: 'f32',
  },
  {
    code: 'meter-wrap',
    why: 'beyond the register',
    in: 'plc',
    from: '"4294967296"',
    to: '▸"4294967297"',
    says: '4294967295',
  },
  {
    code: 'meter-wrap',
    why: 'more than the digits of the register',
    in: 'plc',
    from: counter('u32', '500ms', 'wrapAt: "4294967296"'),
    to: counter('bcd32', '500ms', 'wrapAt: ▸"4294967296"'),
    says: '99999999',
  },
  {
    code: 'meter-type',
    why: 'a resolution of an integer',
    in: 'plc',
    from: 'unit: pcs, wrapAt',
    to: 'unit: pcs, resolution: ▸"0.01", wrapAt',
    says: 'u32',
  },
  {
    code: 'meter-type',
    why: 'a resolution of a scaled float',
    in: 'plc',
    from: counter('u32', '500ms', 'wrapAt: "4294967296"'),
    to: counter('f32', '500ms, scale: 10', 'resolution: ▸"0.01"'),
    says: 'scale 10',
  },
  {
    code: 'signal-type',
    why: 'an identity that is a bool',
    in: 'plc',
    from: 'unit: pcs, wrapAt',
    to: 'unit: pcs, identity: ▸stop, wrapAt',
  },
  {
    code: 'meter-identity',
    why: 'read less often than the counter',
    in: 'plc',
    from: counter('u32', '500ms', 'wrapAt: "4294967296"'),
    to: counter('u32', '400ms', 'identity: ▸state, wrapAt: "4294967296"'),
  },
  { code: 'signal-type', why: 'edges of a number', in: 'plc', from: running, to: edges },
  { code: 'signal-type', why: 'the integral of a bool', in: 'plc', from: running, to: integral('▸stop', '"9"') },
  { code: 'meter-rate', why: 'a rate of zero', in: 'plc', from: running, to: integral('power', '▸"0"') },
  { code: 'meter-wrap', why: 'one', in: 'plc', from: '"4294967296", maxRate: "10"', to: '▸"0", maxRate: "10"' },
  { code: 'meter-rate', why: 'zero', in: 'plc', from: 'maxRate: "10"', to: 'maxRate: ▸"0"' },
  {
    code: 'meter-rate',
    why: 'a wrap between two polls',
    in: 'plc',
    from: '"4294967296", maxRate: "10"',
    to: '"1000", maxRate: ▸"1000"',
  },
  { code: 'address-words', why: 'no count', in: 'saw', from: 'node: Hot, type: bool', to: 'node: Hot, type: words' },
  {
    code: 'address-words',
    why: 'count of something else',
    in: 'saw',
    from: 'node: Hot, type: bool',
    to: 'node: Hot, type: bool, count: 2',
  },
  {
    code: 'address-bit',
    why: 'of a number',
    in: 'plc',
    from: 'address: 0, type: u16',
    to: 'address: 0, type: u16, bit: ▸1',
  },
  {
    code: 'address-type',
    why: 'a number in a coil',
    in: 'plc',
    from: 'table: input, address: 9, type: f32',
    to: 'table: coil, address: 9, type: ▸u16',
  },
  {
    code: 'address-end',
    why: 'the second half is beyond',
    in: 'plc',
    from: 'address: 9, type: f32',
    to: 'address: ▸65535, type: f32',
  },
  { code: 'interlock-block', why: 'too few words', in: 'plc', from: 'count: 16', to: 'count: 15', says: '16' },
  {
    code: 'interlock-block',
    why: 'to a table that cannot be written',
    in: 'plc',
    from: '{ table: holding, address: 100',
    to: '{ table: ▸input, address: 100',
  },
  {
    code: 'interlock-block',
    why: 'overlap',
    in: 'plc',
    from: 'fromPlc: { table: holding, address: 200',
    to: 'fromPlc: ▸{ table: holding, address: 115',
  },
  { code: 'threshold-order', why: 'no hysteresis', in: 'saw', from: 'below: 10', to: 'below: ▸20' },
]
