/**
 * The schema of a machine in the site file: its devices, its interlock, and what was agreed for its use.
 * Read next: site-schema.ts, config/check/interlock.ts (what cannot be safe).
 */
import Type from 'typebox'
import { about } from './about-schema.ts'
import { closed, DATE, duration, ID, id, LANGUAGE, literals, SIGNAL } from './field.ts'
import { questions } from './question-schema.ts'
import { stateRules } from './state-schema.ts'
import { AMOUNT, PIN } from './tariff-schema.ts'

const shares = Type.Optional(
  Type.Array(
    Type.Object(
      {
        from: Type.String({
          pattern: DATE,
          description: 'First day on which these shares hold, in the time zone of the site.',
        }),
        owners: Type.Record(
          Type.String({ pattern: ID }),
          Type.Number({
            exclusiveMinimum: 0,
            description: 'Percent, with two decimals at most; all shares add up to 100.',
          }),
          { minProperties: 1, description: 'Percent by owner.' },
        ),
      },
      closed,
    ),
    {
      minItems: 1,
      maxItems: 100,
      description:
        'Whose the usage is, by the day on which a session starts. Before the first set, and without any, all of it is the owner’s.',
    },
  ),
)

const devices = Type.Record(
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
)

const interlock = Type.Optional(
  Type.Object(
    {
      device: id('Alias of the device with the interlock.'),
      class: literals(['lease', 'watchdog', 'coil'] as const, 'Must equal the class in the profile.'),
      lease: Type.Optional(
        duration(
          'The machine locks itself this long after the last heartbeat. For class `watchdog`: the longest time its watchdog may be set to.',
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
              'Needed for class `coil`, and only there: losing the gateway leaves the machine unlocked, and this person answers for that.',
          },
        ),
      ),
      retest: Type.Optional(
        duration('How long a passed drill lets tenants in; a warning comes 30 days before the end.', '365d', {
          shortest: '1d',
          longest: '3650d',
        }),
      ),
      confirm: Type.Optional(
        duration(
          'How long the read-back of an unlock may take. Longer than a challenge lives (6 s), so that an unlock that was not confirmed can no longer happen.',
          '8s',
          { longest: '2m' },
        ),
      ),
    },
    { ...closed, description: 'Without it the machine is read and metered, and never unlocked.' },
  ),
)

const windows = Type.Optional(
  Type.Array(
    Type.Object(
      {
        days: Type.Array(literals(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, 'Day of the week.'), {
          minItems: 1,
          maxItems: 7,
          description: 'Days on which the window begins.',
        }),
        from: Type.String({
          pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
          description: 'Start: when the wall clock of the site first shows this time.',
        }),
        to: Type.String({
          pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
          description: 'End: when the wall clock last shows this time; on the next day unless it is after `from`.',
        }),
        reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'For people.' })),
      },
      closed,
    ),
    {
      minItems: 1,
      maxItems: 64,
      description:
        'Recurring maintenance windows, in the time zone of the site. During one there is no new unlock; a running session goes on.',
    },
  ),
)

const services = Type.Optional(
  Type.Record(
    Type.String({ pattern: ID }),
    Type.Object(
      {
        text: Type.String({ minLength: 1, maxLength: 200, description: 'What has to be done, for people.' }),
        meter: Type.Optional(Type.String({ pattern: SIGNAL, description: 'A meter of the machine, as alias.name.' })),
        every: Type.Optional(
          Type.String({ pattern: AMOUNT, description: 'Due after so much of the meter: as 250 h, 5 MWh, 10000 pcs.' }),
        ),
        days: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 3650, description: 'Due after so many days, if that comes first.' }),
        ),
        close: Type.Optional(
          Type.Boolean({ default: false, description: 'Whether nobody may begin a use while it is due.' }),
        ),
        overdue: Type.Optional(
          Type.Object(
            {
              every: Type.Optional(
                Type.String({ pattern: AMOUNT, description: 'After so much more of the meter: as 25 h.' }),
              ),
              days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, description: 'After so many days more.' })),
              close: Type.Optional(
                Type.Boolean({ default: true, description: 'Whether nobody may begin a use while it is overdue.' }),
              ),
            },
            { ...closed, description: 'When one that is due and was not done is overdue.' },
          ),
        ),
        certifies: Type.Optional(
          Type.String({
            pattern: SIGNAL,
            description:
              'A meter of the machine, as alias.name, of which this is the calibration: it is done with a certificate, and `days` count from its date.',
          }),
        ),
      },
      closed,
    ),
    { maxProperties: 32, description: 'Upkeep: services that are due by use or by time, since they were last done.' },
  ),
)

const offline = Type.Optional(
  Type.Object(
    {
      policy: Type.Optional(
        literals(
          ['accept-signed', 'known-only', 'none'] as const,
          'Who may unlock: anyone with a signed token, only tenants whose booking had arrived, or nobody. The default follows `bookings.unknown`: `known-only` for `deny`, otherwise `accept-signed`.',
        ),
      ),
      minutes: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 44_640,
          default: 480,
          description: 'Longest session that begins offline: the most a late revocation can cost.',
        }),
      ),
      energyWh: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000_000_000_000, description: 'Most energy of such a session.' }),
      ),
      pieces: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Most pieces of such a session.' }),
      ),
    },
    { ...closed, default: {}, description: 'What holds without contact to the platform.' },
  ),
)

const endOfBooking = Type.Optional(
  Type.Object(
    {
      warn: Type.Optional(
        duration('A session is warned this long before its end; 0s: never.', '10m', { shortest: '0s' }),
      ),
      grace: Type.Optional(
        duration(
          'How long a running cycle may go on after the end; less, when the next booking of another tenant begins before that.',
          '15m',
          { shortest: '0s' },
        ),
      ),
      policy: Type.Optional(
        literals(
          ['finish-cycle', 'at-end', 'owner-release'] as const,
          'What happens to a cycle that still runs after the grace: `finish-cycle` waits for its end, `at-end` does not. With `owner-release` an output stays on until somebody other than the tenant ends the session. A lease block locks itself when the cycle is done. Default: `at-end` for an output, which cannot prevent a new start while it is on; `finish-cycle` for a lease block.',
        ),
      ),
      last: Type.Optional(
        duration(
          'The permission is taken this long after the end at the latest, whatever the machine does and whoever it waits for.',
          '12h',
          { shortest: '1m', longest: '7d' },
        ),
      ),
      report: Type.Optional(
        duration('How long after the end its tenant may still report what is wrong with the machine.', '30m', {
          shortest: '0s',
        }),
      ),
    },
    { ...closed, default: {}, description: 'What happens when the booking ends.' },
  ),
)

const afterUse = Type.Optional(
  Type.Object(
    {
      cleanDown: Type.Optional(
        duration(
          'How long the machine is closed to other tenants after a session. The grace before the next booking is shorter by this time.',
          '0s',
          { shortest: '0s' },
        ),
      ),
      inspection: Type.Optional(
        literals(
          ['none', 'required'] as const,
          'Whether somebody must inspect the machine before the next tenant may use it.',
          'none',
        ),
      ),
    },
    { ...closed, default: {}, description: 'What happens between two tenants.' },
  ),
)

const state = Type.Union([Type.String({ pattern: ID }), ...stateRules(SIGNAL)], {
  description:
    'What the machine does: the alias of the device whose profile says it, or a rule of the machine’s own over signals of its devices, named alias.signal. With a rule of its own, mode, emergency stop and fault are those of the first device that has one.',
})

export const machineSchema = Type.Object(
  {
    name: Type.Record(Type.String({ pattern: LANGUAGE }), Type.String({ minLength: 1, maxLength: 80 }), {
      minProperties: 1,
      description: 'Name by language tag (BCP 47): `en`, `de`, `zh-Hans`, `zh-Hant-TW`.',
    }),
    owner: id('Id of the owner.'),
    kind: Type.Optional(id('What it is, as the platform groups machines: `edge-bander`, `spray-booth`.')),
    about,
    shares,
    tariff: Type.Optional(
      Type.String({ pattern: PIN, description: 'Tariff of uses whose booking names none, as name@version.' }),
    ),
    devices,
    state,
    interlock,
    unmetered: Type.Optional(
      literals(
        ['accept', 'refuse'] as const,
        'What holds for a new session while a meter of the machine does not count: it begins and says which, or is refused.',
        'accept',
      ),
    ),
    requires: Type.Optional(
      Type.Array(id('Qualification, as the platform names it.'), {
        minItems: 1,
        maxItems: 16,
        description: 'Qualifications that a tenant must have, by the booking or the token.',
      }),
    ),
    questions,
    services,
    windows,
    offline,
    endOfBooking,
    afterUse,
  },
  closed,
)
