/**
 * Mistakes that no file shows: ports, units, addresses, byte orders, nodes and steps that are not those of the devices.
 * Several are made at once, as people do; health has to tell each by its true cause. A life is one start of the
 * gateway. Read next: wiring.ts, which lives them; devices.ts.
 */
import type { Ports } from './site.ts'

export type Wired = {
  readonly mistake: string
  /** The file it is made in; the site when absent. */
  readonly in?: string
  readonly from: string
  readonly to: string
  /** The note of health: where, the cause, and what to correct. */
  readonly says: RegExp
  /** What is written in the place of `to`, by what is said and by what the display or the sheet of the device shows. */
  readonly mend: (...said: string[]) => string
}

const SDM630 = 'profiles/sdm630.yaml'
const B23 = 'profiles/b23.yaml'
const PRESS = 'profiles/press.yaml'

/** `closed`: a port where nothing listens. */
export const firstLife = ({ plc, broker, module }: Ports, closed: number): readonly Wired[] => [
  {
    mistake: 'Modbus to the port of a broker (people 19)',
    from: `port: ${plc}\n`,
    to: `port: ${broker}\n`,
    says: /link booth-plc is down: .*before it answered anything: what listens there does not speak Modbus/,
    mend: () => `port: ${plc}\n`,
  },
  {
    mistake: 'a port where nothing listens',
    from: `port: ${module},`,
    to: `port: ${closed},`,
    says: /link module is down: 127\.0\.0\.1:\d+: nothing accepts connections there; correct `host` and `(port)`/,
    mend: (what) => `${what}: ${module},`,
  },
  {
    mistake: 'a unit that does not exist (people 20)',
    from: 'profile: sdm630, link: meters, unit: 12',
    to: 'profile: sdm630, link: meters, unit: 9',
    says: /energy\.\w+ is not read: \S+ \(.*unit 9/,
    mend: () => 'profile: sdm630, link: meters, unit: 12',
  },
  {
    mistake: 'a byte order that is not that of the meter (people 13)',
    in: B23,
    from: 'address: 0x5000, type: u64 }',
    to: 'address: 0x5000, type: u64, order: CDAB }',
    says: /booth-1\/energy\.energy does not count: out-of-range \(it jumps .*hold it against the display .*correct address, (order)/,
    mend: () => 'address: 0x5000, type: u64 }',
  },
  {
    mistake: 'a namespace with a letter missing (people 21)',
    in: PRESS,
    from: 'node: Strokes,',
    to: 'node: "nsu=urn:latchkey:test-devic;s=Press.Strokes",',
    says: /press\.strokes cannot be read: the server has no namespace urn:latchkey:test-devic; it has .*urn:latchkey:(test-device)/,
    mend: () => 'node: Strokes,',
  },
  {
    mistake: 'a node that does not exist (people 21)',
    in: PRESS,
    from: 'node: PowerW,',
    to: 'node: Power,',
    says: /press\.power cannot be read: BadNodeIdUnknown/,
    mend: () => 'node: PowerW,',
  },
  {
    mistake: 'a type that is not that of the node (people 21)',
    in: PRESS,
    from: 'node: State, type: i32',
    to: 'node: State, type: i16',
    says: /press\.state cannot be read: the node holds (Int32), the profile says Int16/,
    mend: (type) => `node: State, type: ${type === 'Int32' ? 'i32' : '?'}`,
  },
]

/** One after the other; what is made in one is right in the next. */
export const lives: readonly (readonly Wired[])[] = [
  [
    {
      mistake: 'a register by its number in the sheet, 30073 (people 12)',
      in: SDM630,
      from: 'address: 0x0048,',
      to: 'address: 30073,',
      says: /energy\.importEnergy cannot be read: exception 2 \(illegal data address\)/,
      mend: () => 'address: 0x0048,',
    },
    {
      mistake: 'a register beside the right one',
      in: B23,
      from: 'address: 0x5000,',
      to: 'address: 0x5001,',
      says: /booth-1\/energy\.energy does not count: out-of-range \(.*hold it against the display .*correct (address)/,
      mend: () => 'address: 0x5000,',
    },
  ],
  [
    {
      mistake: 'steps that are not those of the meter (people 17)',
      in: SDM630,
      from: 'resolution: "0.01", unit: Wh, perCount: 10,',
      to: 'resolution: "0.1", unit: Wh, perCount: 100,',
      says: /importEnergy does not count: out-of-range \(.*correct address, order, (resolution)/,
      mend: (what) => `${what}: "0.01", unit: Wh, perCount: 10,`,
    },
  ],
]

/** One that no note can tell from a decision: the ledger says from what to what. Right and wrong, in a profile. */
export const otherUnit = {
  file: B23,
  edits: [
    ['unit: Wh, perCount: 10,', 'unit: kWh, perCount: 1,'],
    ['unit: kWh, scale: 0.01, poll: 500ms }\n  power', 'poll: 500ms }\n  power'],
  ],
} as const
