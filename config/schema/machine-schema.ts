/**
 * The schema of a machine in the site file: its devices, its interlock, and what was agreed for its use.
 * Read next: site-schema.ts, config/check/interlock.ts (what cannot be safe).
 */
import Type from 'typebox'
import { closed, DATE, duration, ID, id, literals } from './field.ts'

export const machineSchema = Type.Object(
  {
    name: Type.Record(Type.String({ pattern: '^(en|zh)$' }), Type.String({ minLength: 1, maxLength: 80 }), {
      minProperties: 1,
      description: 'Name by language.',
    }),
    owner: id('Who owns it.'),
    shares: Type.Optional(
      Type.Array(
        Type.Object(
          {
            from: Type.String({ pattern: DATE, description: 'First day it holds, in the time zone of the site.' }),
            owners: Type.Record(
              Type.String({ pattern: ID }),
              Type.Number({ exclusiveMinimum: 0, description: 'Percent, two decimals at most; all add up to 100.' }),
              { minProperties: 1, description: 'Percent by owner.' },
            ),
          },
          closed,
        ),
        {
          minItems: 1,
          maxItems: 100,
          description:
            'Whose the usage is, by day of the start of a session. Without it, and before, all is the owner’s.',
        },
      ),
    ),
    devices: Type.Record(
      Type.String({ pattern: ID }),
      Type.Object(
        {
          profile: id('Profile file.'),
          link: id('Link it is reached by.'),
          unit: Type.Optional(Type.Unknown({ description: 'Modbus: unit identifier.' })),
          root: Type.Optional(Type.Unknown({ description: 'OPC UA: node id of the device.' })),
        },
        closed,
      ),
      { minProperties: 1, description: 'The devices that make up the machine, by alias.' },
    ),
    state: id('Alias of the device that says what the machine does.'),
    interlock: Type.Optional(
      Type.Object(
        {
          device: id('Alias of the device with the interlock.'),
          class: literals(['lease', 'watchdog', 'coil'] as const, 'Must equal the class in the profile.'),
          lease: Type.Optional(
            duration(
              'The machine locks itself this long after the last heartbeat. `watchdog`: the longest its watchdog may be set to.',
              '5s',
              { shortest: '1s', longest: '60s' },
            ),
          ),
          heartbeat: Type.Optional(
            duration('How often the lease is renewed, or the output written again.', '1s', {
              shortest: '100ms',
              longest: '20s',
            }),
          ),
          risk: Type.Optional(
            Type.Object(
              {
                acceptedBy: Type.String({ minLength: 1, maxLength: 80, description: 'Name of a person.' }),
                reason: Type.String({ minLength: 1, maxLength: 200, description: 'Why it is acceptable here.' }),
                until: Type.Optional(
                  Type.String({
                    pattern: DATE,
                    description: 'Last day it is accepted, in the time zone of the site; after it nobody may unlock.',
                  }),
                ),
              },
              {
                ...closed,
                description:
                  'Class `coil` only, and needed there: losing the gateway leaves the machine unlocked, and somebody answers for that.',
              },
            ),
          ),
          retest: Type.Optional(
            duration('A passed drill lets tenants in for this long; it is said 30 days ahead.', '365d', {
              shortest: '1d',
              longest: '3650d',
            }),
          ),
          confirm: Type.Optional(
            duration(
              'How long an unlock may take to be read back. Longer than a challenge lives (6 s), so that what was not confirmed can no longer happen.',
              '8s',
              { longest: '2m' },
            ),
          ),
        },
        { ...closed, description: 'Without it the machine is read and metered, and never unlocked.' },
      ),
    ),
    requires: Type.Optional(
      Type.Array(id('Qualification, as the platform names it.'), {
        minItems: 1,
        maxItems: 16,
        description: 'Qualifications a tenant must have, by his booking or his token.',
      }),
    ),
    windows: Type.Optional(
      Type.Array(
        Type.Object(
          {
            days: Type.Array(literals(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, 'Day of the week.'), {
              minItems: 1,
              maxItems: 7,
              description: 'Days on which it begins.',
            }),
            from: Type.String({
              pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
              description: 'When the wall clock of the site first shows this.',
            }),
            to: Type.String({
              pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
              description: 'Until it last shows this; not after `from`: on the next day.',
            }),
            reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'For people.' })),
          },
          closed,
        ),
        {
          minItems: 1,
          maxItems: 64,
          description:
            'Recurring maintenance windows, in the time zone of the site. They take no new unlock; a session that runs goes on.',
        },
      ),
    ),
    offline: Type.Optional(
      Type.Object(
        {
          policy: Type.Optional(
            literals(
              ['accept-signed', 'known-only', 'none'] as const,
              'Who may unlock: whoever has a signed token, only bookings that had arrived, or nobody. Default: as `bookings.unknown` says, `deny` being `known-only`.',
            ),
          ),
          minutes: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 44_640,
              default: 480,
              description: 'A session begun offline lasts this long at most: what a late revocation may cost.',
            }),
          ),
          energyWh: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1_000_000_000_000, description: 'Its energy at most.' }),
          ),
          pieces: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Its pieces at most.' }),
          ),
        },
        { ...closed, default: {}, description: 'What holds while the platform is out of contact.' },
      ),
    ),
    endOfBooking: Type.Optional(
      Type.Object(
        {
          warn: Type.Optional(
            duration('A session is warned this long before its end; 0s: never.', '10m', { shortest: '0s' }),
          ),
          grace: Type.Optional(
            duration(
              'A running cycle may complete within this time after the end; within less, when the next booking of another tenant begins before that.',
              '15m',
              { shortest: '0s' },
            ),
          ),
          policy: Type.Optional(
            literals(
              ['finish-cycle', 'at-end', 'owner-release'] as const,
              'What happens after the grace: the cycle is waited for, or not; `owner-release`: an output stays on until somebody other than the tenant ends the session. A lease block locks itself when the cycle is done.',
              'finish-cycle',
            ),
          ),
        },
        { ...closed, default: {}, description: 'What happens when the booking ends.' },
      ),
    ),
    afterUse: Type.Optional(
      Type.Object(
        {
          cleanDown: Type.Optional(
            duration(
              'After a session the machine is kept from other tenants for this long; the grace of a session before the next booking is shorter by it.',
              '0s',
              { shortest: '0s' },
            ),
          ),
          inspection: Type.Optional(
            literals(
              ['none', 'required'] as const,
              'Somebody has to look at the machine before the next tenant may use it.',
              'none',
            ),
          ),
        },
        { ...closed, default: {}, description: 'What happens between two tenants.' },
      ),
    ),
  },
  closed,
)
