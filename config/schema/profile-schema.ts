/**
 * The schema of a profile: a device model as data. config/check/profile.ts checks what the schema cannot say.
 * Read next: site-schema.ts (the site), adapters/registry.ts (the addresses of each protocol).
 */
import Type, { type Static } from 'typebox'
import { protocols } from '../../adapters/registry.ts'
import { composed } from './composed-schema.ts'
import { closed, duration, id, literals, NAME, operationMode, titled } from './field.ts'
import { durationMeter, edgeMeter, integralMeter, registerMeter } from './meter-schema.ts'
import { setting } from './setting-schema.ts'
import { ANY_VALUE, stateRules } from './state-schema.ts'

const rawValues = (description: string) =>
  Type.Array(
    Type.Union([
      Type.Number({ description: 'A raw value.' }),
      Type.String({ pattern: '^-?[0-9]{1,20}$', description: 'A raw value beyond 2^53, as text.' }),
    ]),
    { minItems: 1, maxItems: 8, description },
  )

const signal = Type.Object(
  {
    address: Type.Optional(
      Type.Unknown({ description: 'Where on the device; the fields depend on the protocol. Needed without `from`.' }),
    ),
    from: Type.Optional(composed),
    unit: Type.Optional(Type.String({ maxLength: 16, description: 'Unit of the scaled value: W, Wh, s, pcs.' })),
    scale: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, default: 1, description: 'value = raw × scale + offset.' }),
    ),
    offset: Type.Optional(Type.Number({ default: 0, description: 'See scale.' })),
    unavailable: Type.Optional(
      Type.Union(
        [
          Type.Literal('none', { description: 'Every raw value is a value.' }),
          rawValues('Raw values that are none.'),
          Type.Object(
            {
              notAvailable: Type.Optional(rawValues('There is no value.')),
              overload: Type.Optional(rawValues('The value is beyond what the device can measure.')),
              notFitted: Type.Optional(rawValues('The device has no such part: a phase, a module, a sensor.')),
            },
            { ...closed, description: 'Raw values that are none, by what the device says with them.' },
          ),
        ],
        {
          description:
            'Raw values, before scale, with which the device says that there is no value. The reading is then bad, with cause `not-available`, `overload` or `not-fitted`. Default for an integer that has a unit or that a register meter counts: all ones if unsigned, the least and the largest number if signed; else none.',
        },
      ),
    ),
    poll: Type.Optional(duration('How often it is read.', '1s')),
    required: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'A machine whose required signals are stale or bad is Unknown. Signals of the state rule and the interlock are always required.',
      }),
    ),
    ...titled,
  },
  closed,
)

const stateRule = Type.Union([...stateRules(NAME)], { description: 'What the signals say the machine does.' })

const interlockPoll = Type.Optional(duration('How often it is read.', '500ms', { longest: '5s' }))

const output = {
  output: Type.Unknown({
    description: 'The only address that is written: a coil, a register of its own (1 on, 0 off) or a boolean node.',
  }),
  readBack: Type.Optional(Type.Unknown({ description: 'Address the output is read back at. Default: output.' })),
  feedback: Type.Optional(
    Type.Unknown({
      description:
        'Address of an input that shows what the output really switches. When it is on and the output is off, that is foreign use; when it is off and the output is on, there is no unlock.',
    }),
  ),
  poll: interlockPoll,
}

const interlock = Type.Union(
  [
    Type.Object(
      {
        class: Type.Literal('lease', { description: 'The lease block.' }),
        toPlc: Type.Unknown({ description: 'Address of the block we write (16 words).' }),
        fromPlc: Type.Unknown({ description: 'Address of the block we read (18 words).' }),
        poll: interlockPoll,
      },
      closed,
    ),
    Type.Object(
      {
        class: Type.Literal('watchdog', {
          description: 'An output that the module drops by itself when it is not written for a time.',
        }),
        ...output,
        time: Type.Optional(
          Type.Unknown({
            description:
              'Address of the watchdog time, needed without `statedTime`. It must not be 0, nor longer than `lease` of the site file.',
          }),
        ),
        statedTime: Type.Optional(
          duration(
            'The watchdog time of a module that does not let it be read, as somebody set it. The drill shows that the output is off by then.',
            undefined,
            { shortest: '100ms', longest: '60s' },
          ),
        ),
        armed: Type.Optional(
          Type.Object(
            {
              address: Type.Unknown({ description: 'Address of the state of the watchdog.' }),
              equals: Type.Integer({ description: 'What it holds while the watchdog runs.' }),
              expired: Type.Optional(Type.Integer({ description: 'What it holds once the watchdog has run out.' })),
              arm: Type.Optional(
                Type.String({ minLength: 1, maxLength: 200, description: 'How somebody arms it, for people.' }),
              ),
              clear: Type.Optional(
                Type.String({
                  minLength: 1,
                  maxLength: 200,
                  description: 'How somebody clears it after it has run out, for people.',
                }),
              ),
            },
            {
              ...closed,
              description:
                'Of a watchdog that runs only once somebody has armed it. While it does not, nobody may unlock, and it is said what to do. The gateway arms and clears nothing.',
            },
          ),
        ),
        timeUnit: Type.Optional(
          Type.Integer({
            minimum: 2,
            maximum: 500,
            description:
              'Of an output that takes a time in place of on: milliseconds per count. `lease` of the site file is written, and `readBack` says where it is read; neither `time` nor `statedTime` is needed then.',
          }),
        ),
        off: Type.Optional(
          Type.Unknown({ description: 'Where such an output is turned off, if elsewhere; written 0 alone.' }),
        ),
        fedBy: Type.Optional(
          literals(
            ['writes', 'requests', 'unknown'] as const,
            'What keeps the watchdog from running out: writes alone, or every request, so that polls would keep up an output that nobody can write any more; such a module is refused. With `unknown` the drill finds out, and its report says it.',
          ),
        ),
        unit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 60_000, default: 1, description: 'Milliseconds per count of `time`.' }),
        ),
        settings: Type.Optional(
          Type.Array(
            Type.Object(
              {
                address: Type.Unknown({ description: 'Address that is read.' }),
                equals: Type.Integer({ description: 'What it must hold; a bit is 0 or 1.' }),
                what: Type.String({ minLength: 1, maxLength: 80, description: 'What that means, for people.' }),
              },
              closed,
            ),
            {
              maxItems: 8,
              description:
                'What else the watchdog needs, such as a safe value of off and a power-up value of off. Read with each poll; a deviation prevents unlocks.',
            },
          ),
        ),
        bootId: Type.Optional(
          Type.Unknown({
            description:
              'Address of a count of restarts. Without it and without `upTime` a session does not continue after a restart of the gateway.',
          }),
        ),
        upTime: Type.Optional(
          Type.Unknown({
            description: 'Address of the seconds since the module started, where it counts no restarts.',
          }),
        ),
      },
      closed,
    ),
    Type.Object(
      {
        class: Type.Literal('coil', {
          description: 'An output that stays as it is when the gateway is lost: no fail-safe.',
        }),
        ...output,
      },
      closed,
    ),
  ],
  { description: 'The permission-to-start of the device.' },
)

export const profileSchema = Type.Object(
  {
    profile: id(
      'Name; the file is <name>.yaml. `sim-*` marks a simulator: every record says so, and nothing of it is billable.',
    ),
    maker: Type.String({ minLength: 1, maxLength: 80, description: 'Who makes the device.' }),
    model: Type.String({ minLength: 1, maxLength: 80, description: 'Which device.' }),
    source: Type.Object(
      {
        document: Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'Manual or specification the addresses come from.',
        }),
        page: Type.String({ minLength: 1, maxLength: 80, description: 'Page or clause.' }),
        certainty: Type.Optional(
          literals(
            ['A', 'M', 'B', 'C'] as const,
            'How sure the addresses are. A: the manual was read, and an independent program agrees. M: the manual alone. B: two independent sources agree, and the manual was not read. C: one source that is not the manual.',
          ),
        ),
      },
      { ...closed, description: 'Where the addresses come from.' },
    ),
    protocol: Type.Union(
      Object.keys(protocols).map((name) => Type.Literal(name)),
      { description: 'Protocol of the device.' },
    ),
    limits: Type.Optional(
      Type.Unknown({
        description: 'How the device wants to be asked, if not as its link may ask; the fields depend on the protocol.',
      }),
    ),
    rung: literals(['reads', 'meters', 'unlocks', 'proven'] as const, 'How far this profile has been shown to work.'),
    signals: Type.Record(Type.String({ pattern: NAME }), signal, { description: 'Named values.' }),
    meters: Type.Optional(
      Type.Record(
        Type.String({ pattern: NAME }),
        Type.Union([registerMeter, durationMeter, edgeMeter, integralMeter]),
        {
          description: 'Quantities that only grow.',
        },
      ),
    ),
    settings: Type.Optional(
      Type.Array(setting, {
        maxItems: 32,
        description:
          'What the device must be set to before its meters count: each is read and compared, and a meter whose device is set otherwise says so and does not count.',
      }),
    ),
    state: Type.Optional(stateRule),
    mode: Type.Optional(
      Type.Object(
        {
          signal: Type.String({ pattern: NAME, description: 'Signal looked at.' }),
          modes: Type.Record(Type.String({ pattern: ANY_VALUE }), operationMode),
        },
        { ...closed, description: 'Operation mode by value map.' },
      ),
    ),
    emergencyStop: Type.Optional(
      Type.String({
        pattern: NAME,
        description:
          'A boolean signal that is true while the emergency stop is pressed. It is shown, never acted upon.',
      }),
    ),
    fault: Type.Optional(
      Type.String({ pattern: NAME, description: 'A boolean signal that is true while the machine has a fault.' }),
    ),
    interlock: Type.Optional(interlock),
  },
  { ...closed, title: 'Latchkey profile', description: 'A device model as data.' },
)

export type ProfileFile = Static<typeof profileSchema>
