/**
 * The schemas of the four kinds of meter in a profile.
 * Read next: profile-schema.ts, config/check/meter.ts (what no schema can say), gateway/core/meter/meter.ts (counting).
 */
import Type from 'typebox'
import { STEP } from './composed-schema.ts'
import { closed, itemState, literals, NAME, titled } from './field.ts'

const smallestUnit = (examples: string) =>
  Type.String({ minLength: 1, maxLength: 16, description: `Smallest unit the total is kept in: ${examples}.` })

export const registerMeter = Type.Object(
  {
    kind: Type.Literal('register', { description: 'A counter the device keeps.' }),
    signal: Type.String({
      pattern: NAME,
      description:
        'Signal that holds the counter: an integer, a composed one with `step`, or a float with `resolution`.',
    }),
    unit: smallestUnit('Wh, pcs, ms'),
    perCount: Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      default: 1,
      description: 'Smallest units per count of the register.',
    }),
    wrapAt: Type.Optional(
      Type.String({
        pattern: '^([0-9]{1,20}|unknown)$',
        description:
          'Value after which the counter is 0 again, plus one: 4294967296 for u32. Absent: it never wraps. `unknown`: it may, at a value that its maker does not say; a fall then begins a new epoch, and nothing in between is counted.',
      }),
    ),
    maxRate: Type.String({
      pattern: '^[0-9]{1,12}$',
      description: 'Most counts per second the machine can make; more is out of range.',
    }),
    resolution: Type.Optional(
      Type.String({
        pattern: STEP,
        description:
          'Step in which a float counts, such as "0.01". A value between two steps, or too large to tell them apart, is refused. The signal must have neither scale nor offset.',
      }),
    ),
    finer: Type.Optional(
      Type.Boolean({
        description:
          'The float may count in finer steps than `resolution`: what does not fill a step is counted once the step is full. Without it a value between two steps is refused. A coarse step can be told apart for longer.',
      }),
    ),
    resets: literals(
      ['never', 'to-zero', 'by-write', 'per-session', 'per-job'] as const,
      'Whether the counter goes back to 0: never; on a power cycle or by hand; whenever a person or any Modbus write clears it; with every use; or with every job, batch or recipe of the machine. What was made between the last poll and a clearing is lost: if the device has a total that cannot be cleared, count that.',
      'never',
    ),
    identity: Type.Optional(
      Type.String({
        pattern: NAME,
        description:
          'Signal with the serial number of the device. A new number means that the device was exchanged: a new epoch begins, and nothing in between is counted. After a lost reading the counter waits for a good one.',
      }),
    ),
    gating: Type.Optional(
      Type.Boolean({
        description: 'Permission needs fresh readings of this meter. Default: meters of the interlock device.',
      }),
    ),
    ...titled,
  },
  closed,
)

export const durationMeter = Type.Object(
  {
    kind: Type.Literal('duration', {
      description: 'Time in a state, in ms; counted between two fresh readings at most two polls apart.',
    }),
    while: itemState,
    ...titled,
  },
  closed,
)

export const edgeMeter = Type.Object(
  {
    kind: Type.Literal('edges', {
      description:
        'How often a boolean became true; counted between two good readings at most two polls apart, a gap is reported.',
    }),
    signal: Type.String({ pattern: NAME, description: 'A boolean signal.' }),
    unit: smallestUnit('pcs'),
    perEdge: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, description: 'Smallest units per edge.' }),
    ),
    ...titled,
  },
  closed,
)

export const integralMeter = Type.Object(
  {
    kind: Type.Literal('integral', {
      description:
        'A rate added up over time, exact to a thousandth of its unit; counted between two good readings at most two polls apart, a gap is reported.',
    }),
    signal: Type.String({ pattern: NAME, description: 'Signal that holds the rate; a number.' }),
    unit: smallestUnit('Wh, ml'),
    per: literals(['s', 'min', 'h'] as const, 'The rate is in units per this: W are Wh per h.'),
    maxRate: Type.String({
      pattern: '^[0-9]{1,12}$',
      description: 'Highest possible rate; more is out of range.',
    }),
    ...titled,
  },
  closed,
)
