/**
 * One schema for the site file and the profiles. From it come the types, the validation, the JSON Schema files
 * editors use, and the table in config/README.md. What a good file resolves to is `SiteConfig` in site.ts.
 * Every bound of the product is an option here, with its default and its unit.
 */
import Type, { type Static, type TSchema } from 'typebox'
import { protocols } from '../adapters/registry.ts'

const closed = { additionalProperties: false }
export const ID = '^[a-z0-9-]{1,32}$'
export const NAME = '^[a-z][A-Za-z0-9]{0,31}$'
export const DATE = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
export const DURATION = '^[0-9]{1,7}(ms|s|m|h|d)$'
/** A decimal above zero, at most nine digits before and after the point. */
const RESOLUTION = '^(?=.*[1-9])[0-9]{1,9}([.][0-9]{1,9})?$'

export const id = (description: string) => Type.String({ pattern: ID, description })
/** `250ms`, `30s`, `5m`, `2h`, `1d`; validate.ts obeys `shortest` and `longest`. */
export const duration = (description: string, fallback?: string, bounds?: { shortest?: string; longest?: string }) =>
  Type.String({
    pattern: DURATION,
    description,
    ...(fallback ? { default: fallback } : {}),
    shortest: '10ms',
    longest: '1d',
    ...bounds,
  })
const secret = (description: string) => Type.String({ minLength: 1, description, secret: true })
const url = (description: string, schemes: string) =>
  Type.String({ pattern: `^(${schemes})://`, maxLength: 512, description })
const literals = <T extends string>(values: readonly T[], description: string, fallback?: T) =>
  Type.Unsafe<T>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      { description, ...(fallback ? { default: fallback } : {}) },
    ),
  )

/* ───────────────────────────── profile ───────────────────────────── */

export const itemState = literals(
  ['NotAvailable', 'OutOfService', 'NotExecuting', 'Executing'] as const,
  'OPC 40001-1 MachineryItemState.',
)
export const operationMode = literals(
  ['None', 'Maintenance', 'Setup', 'Processing'] as const,
  'OPC 40001-1 MachineryOperationMode.',
)

const signal = Type.Object(
  {
    address: Type.Unknown({ description: 'Where on the device; the fields depend on the protocol.' }),
    unit: Type.Optional(Type.String({ maxLength: 16, description: 'Unit of the scaled value: W, Wh, s, pcs.' })),
    scale: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, default: 1, description: 'value = raw × scale + offset.' }),
    ),
    offset: Type.Optional(Type.Number({ default: 0, description: 'See scale.' })),
    poll: Type.Optional(duration('How often it is read.', '1s')),
    required: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'A machine whose required signals are stale or bad is Unknown. Signals of the state rule and the interlock always are.',
      }),
    ),
    title: Type.Optional(Type.String({ maxLength: 80, description: 'For people.' })),
  },
  closed,
)

const registerMeter = Type.Object(
  {
    kind: Type.Literal('register', { description: 'A counter the device keeps.' }),
    signal: Type.String({
      pattern: NAME,
      description: 'Signal that holds the counter: an integer, or a float with `resolution`.',
    }),
    unit: Type.String({ minLength: 1, maxLength: 16, description: 'Smallest unit the total is kept in: Wh, pcs, ms.' }),
    perCount: Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      default: 1,
      description: 'Smallest units per count of the register.',
    }),
    wrapAt: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,20}$',
        description: 'Value after which the counter is 0 again, plus one: 4294967296 for u32. Absent: it never wraps.',
      }),
    ),
    maxRate: Type.String({
      pattern: '^[0-9]{1,12}$',
      description: 'Most counts per second the machine can make; more is out of range.',
    }),
    resolution: Type.Optional(
      Type.String({
        pattern: RESOLUTION,
        description:
          'A float counts in steps of this: "0.01". What lies between two steps, or is too large to tell them apart, is refused. The signal has no scale and no offset.',
      }),
    ),
    resets: literals(
      ['never', 'to-zero', 'per-session'] as const,
      'Whether the counter goes back to 0: never, on a power cycle or by hand, or with every use.',
      'never',
    ),
    identity: Type.Optional(
      Type.String({
        pattern: NAME,
        description:
          'Signal with the serial number of the device. Another one is an exchange: a new epoch, and nothing in between is counted. Without a good reading since the last lost one the counter waits.',
      }),
    ),
    gating: Type.Optional(
      Type.Boolean({
        description: 'Permission needs fresh readings of this meter. Default: meters of the interlock device.',
      }),
    ),
    title: Type.Optional(Type.String({ maxLength: 80, description: 'For people.' })),
  },
  closed,
)

const durationMeter = Type.Object(
  {
    kind: Type.Literal('duration', {
      description: 'Time a state holds, ms; counted between two fresh readings at most two polls apart.',
    }),
    while: itemState,
    title: Type.Optional(Type.String({ maxLength: 80, description: 'For people.' })),
  },
  closed,
)

const edgeMeter = Type.Object(
  {
    kind: Type.Literal('edges', {
      description:
        'Times a boolean became true; counted between two good readings at most two polls apart, a gap is named.',
    }),
    signal: Type.String({ pattern: NAME, description: 'A boolean signal.' }),
    unit: Type.String({ minLength: 1, maxLength: 16, description: 'Smallest unit the total is kept in: pcs.' }),
    perEdge: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, description: 'Smallest units per edge.' }),
    ),
    title: Type.Optional(Type.String({ maxLength: 80, description: 'For people.' })),
  },
  closed,
)

const integralMeter = Type.Object(
  {
    kind: Type.Literal('integral', {
      description:
        'A rate added up over time, exact to a thousandth of its unit; counted between two good readings at most two polls apart, a gap is named.',
    }),
    signal: Type.String({ pattern: NAME, description: 'Signal that holds the rate; a number.' }),
    unit: Type.String({ minLength: 1, maxLength: 16, description: 'Smallest unit the total is kept in: Wh, ml.' }),
    per: literals(['s', 'min', 'h'] as const, 'The rate is in units per this: W are Wh per h.'),
    maxRate: Type.String({
      pattern: '^[0-9]{1,12}$',
      description: 'Highest rate that can be; more is out of range.',
    }),
    title: Type.Optional(Type.String({ maxLength: 80, description: 'For people.' })),
  },
  closed,
)

const stateRule = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('map', { description: 'Value map.' }),
        signal: Type.String({ pattern: NAME, description: 'Signal looked at.' }),
        states: Type.Record(Type.String({ pattern: '^-?[0-9]{1,10}$' }), itemState, {
          description: 'Value → state. Any other value is no state: Unknown.',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('priority', { description: 'First true signal wins.' }),
        rules: Type.Array(
          Type.Object(
            { when: Type.String({ pattern: NAME, description: 'A boolean signal.' }), state: itemState },
            closed,
          ),
          { minItems: 1, maxItems: 32 },
        ),
        else: itemState,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('threshold', { description: 'A number with hysteresis.' }),
        signal: Type.String({ pattern: NAME, description: 'Signal looked at.' }),
        above: Type.Number({ description: 'At or above: state `on`.' }),
        below: Type.Number({ description: 'Below: state `off`; between the two the last state stays.' }),
        on: itemState,
        off: itemState,
      },
      closed,
    ),
  ],
  { description: 'What the signals say the machine does.' },
)

const interlockPoll = Type.Optional(duration('How often it is read.', '500ms', { longest: '5s' }))
const output = {
  output: Type.Unknown({
    description: 'Address that is written, the only one: a coil, a register of its own (1 on, 0 off), a boolean node.',
  }),
  readBack: Type.Optional(Type.Unknown({ description: 'Address the output is read back at. Default: output.' })),
  feedback: Type.Optional(
    Type.Unknown({
      description:
        'Address of an input that shows what the output really switches. On without the output it is foreign use; off with it, no unlock.',
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
        time: Type.Unknown({
          description: 'Address of the watchdog time. It must not be 0, nor longer than `lease` of the site file.',
        }),
        unit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 60_000, default: 1, description: 'Milliseconds a count of `time`.' }),
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
                'What else the watchdog needs: its safe value off, its power-up value off. Read with each poll; otherwise no unlock.',
            },
          ),
        ),
        bootId: Type.Optional(
          Type.Unknown({
            description:
              'Address of a count of restarts. Without it a session is not taken up after a restart of the gateway.',
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
    profile: id('Name; the file is <name>.yaml. `sim-*` marks a simulator: stamped in every record, never billable.'),
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
      },
      { ...closed, description: 'Where the addresses come from.' },
    ),
    protocol: Type.Union(
      Object.keys(protocols).map((name) => Type.Literal(name)),
      { description: 'Protocol of the device.' },
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
    state: Type.Optional(stateRule),
    mode: Type.Optional(
      Type.Object(
        {
          signal: Type.String({ pattern: NAME, description: 'Signal looked at.' }),
          modes: Type.Record(Type.String({ pattern: '^-?[0-9]{1,10}$' }), operationMode),
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
export type StateRule = Static<typeof stateRule>
export type ItemState = 'NotAvailable' | 'OutOfService' | 'NotExecuting' | 'Executing'
export type OperationMode = 'None' | 'Maintenance' | 'Setup' | 'Processing'

/* ───────────────────────────── site ───────────────────────────── */

const linkSchema = Type.Union(
  Object.entries(protocols).map(([name, entry]) =>
    Type.Object(
      {
        protocol: Type.Literal(name),
        ...(entry.optionsSchema as TSchema & { properties: Record<string, TSchema> }).properties,
      },
      { ...closed, description: `A ${name} endpoint.` },
    ),
  ),
  { description: 'A connection to one endpoint.' },
)

const issuer = Type.Object(
  {
    issuer: Type.String({ minLength: 1, maxLength: 256, description: '`iss` of its tokens.' }),
    audience: Type.String({ minLength: 1, maxLength: 256, description: '`aud` its tokens must carry: this site.' }),
    jwks: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'Key set: an http(s) URL, or a file beside the site file. Plain http on loopback only.',
    }),
  },
  closed,
)

const machineSchema = Type.Object(
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

export const siteSchema = Type.Object(
  {
    site: id('Name of the site; part of every topic and of the ledger origin.'),
    timezone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA zone for views and days.' }),
    dataDir: Type.String({
      minLength: 1,
      maxLength: 512,
      description:
        'Ledger, keys, certificates, cached key sets. Relative to the site file. One process holds its lock.',
    }),
    fencingId: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        default: 0,
        description: 'Number of this gateway; two gateways on one machine must differ.',
      }),
    ),
    api: Type.Object(
      {
        listen: Type.String({
          pattern: '^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$',
          description: 'host:port; port 0 takes a free one.',
        }),
        bodyLimit: Type.Optional(
          Type.Integer({ minimum: 1024, maximum: 1_048_576, default: 65_536, description: 'Bytes of a request body.' }),
        ),
        requestTimeout: Type.Optional(
          duration('A request must be read within.', '10s', { shortest: '100ms', longest: '5m' }),
        ),
        rateLimit: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 100_000,
            default: 600,
            description: 'Requests a minute and principal; the end of a session is never limited.',
          }),
        ),
        maxLoopDelay: Type.Optional(
          duration('Reads are answered with 503 while the API is further behind than this.', '1s', { longest: '1m' }),
        ),
        maxStreams: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Event streams open at once.' }),
        ),
        commandTimeout: Type.Optional(
          duration('A command is answered within; at least `confirm` of every machine plus 2 s.', '20s', {
            shortest: '1s',
            longest: '5m',
          }),
        ),
        maxCommands: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 1000,
            default: 64,
            description: 'Commands under way at once; more get 503.',
          }),
        ),
        pinTries: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 100,
            default: 5,
            description:
              'Wrong PINs at one machine within `pinWindow`; then none is taken there until it is over, but to end a session.',
          }),
        ),
        pinWindow: Type.Optional(duration('See `pinTries`.', '15m', { shortest: '1m' })),
        tls: Type.Optional(
          Type.Object(
            {
              cert: Type.String({
                minLength: 1,
                maxLength: 512,
                description: 'PEM file: the certificate, then those between it and the authority.',
              }),
              key: Type.String({ minLength: 1, maxLength: 512, description: 'PEM file of its private key.' }),
            },
            { ...closed, description: 'TLS 1.2 and newer. Changed files are taken up while connections go on.' },
          ),
        ),
        plaintext: Type.Optional(
          literals(
            ['accepted'] as const,
            'Needed to listen beyond this host without `tls`: behind a proxy or in a container of its own network.',
          ),
        ),
      },
      { ...closed, description: 'The HTTP API.' },
    ),
    trust: Type.Optional(
      Type.Object(
        { issuers: Type.Array(issuer, { maxItems: 16, description: 'Booking platforms whose tokens are accepted.' }) },
        { ...closed, description: 'Who may say who booked.' },
      ),
    ),
    time: Type.Optional(
      Type.Object(
        {
          trust: literals(
            ['system'] as const,
            'What makes the clock trusted: the clock of the host, unless it is below the newest entry.',
            'system',
          ),
        },
        { ...closed, default: {}, description: 'What the clock is held against.' },
      ),
    ),
    bookings: Type.Optional(
      Type.Object(
        {
          source: Type.Union(
            [
              Type.Literal('push'),
              Type.Object(
                {
                  pull: url(
                    'Feed: a full snapshot, as `PUT /v1/bookings` takes it. Plain http on loopback only.',
                    'http|https',
                  ),
                  every: Type.Optional(
                    duration('How often it is asked for; less often while it fails.', '30s', { shortest: '1s' }),
                  ),
                  timeout: Type.Optional(
                    duration('It must have answered within.', '10s', { shortest: '100ms', longest: '5m' }),
                  ),
                  token: Type.Optional(secret(`Sent as a bearer token, as \${env:NAME}.`)),
                },
                closed,
              ),
            ],
            {
              default: 'push',
              description:
                'push: the platform puts bookings over the API. Or a feed they are pulled from; the API takes bookings all the same.',
            },
          ),
          unknown: Type.Optional(
            literals(
              ['accept-signed', 'deny'] as const,
              'A valid token whose booking has not arrived.',
              'accept-signed',
            ),
          ),
          earlyStart: Type.Optional(
            duration('An unlock may come this much before the start, if nobody else has the machine.', '5m', {
              shortest: '0s',
            }),
          ),
          noShow: Type.Optional(
            duration(
              'A booking not used this long after its start is released; the time counts from when the machine could be used by its tenant.',
              '15m',
              { shortest: '1s' },
            ),
          ),
          contact: Type.Optional(
            duration(
              'Without a word of the platform for this long the gateway is offline: a call of the platform, a pull, or a newer revocation list.',
              '15m',
              { shortest: '1s', longest: '30d' },
            ),
          ),
          revocations: Type.Optional(
            Type.Object(
              {
                url: Type.Optional(
                  url(
                    'Where the signed list is pulled from; absent: the platform puts it over the API. Plain http on loopback only.',
                    'https|http',
                  ),
                ),
                every: Type.Optional(duration('How often it is pulled.', '1m', { shortest: '1s' })),
                maxAge: Type.Optional(
                  duration(
                    'Tenants are refused while the list is older, or there is none; absent: it is not demanded.',
                    undefined,
                    {
                      shortest: '1m',
                      longest: '30d',
                    },
                  ),
                ),
              },
              { ...closed, description: 'The signed list of bookings and tokens that were taken back.' },
            ),
          ),
        },
        { ...closed, default: {}, description: 'Where bookings come from.' },
      ),
    ),
    mqtt: Type.Optional(
      Type.Object(
        {
          url: url('Broker. Off loopback a user name or password needs mqtts.', 'mqtt|mqtts'),
          version: Type.Union([Type.Literal(5), Type.Literal(4)], {
            default: 5,
            description: '5, or 4 for 3.1.1. No silent fallback.',
          }),
          clientId: Type.Optional(
            Type.String({ minLength: 1, maxLength: 64, description: 'Default latchkey-<site>.' }),
          ),
          username: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'User name.' })),
          password: Type.Optional(secret(`Password, as \${env:NAME}.`)),
          ca: Type.Optional(
            Type.String({ maxLength: 512, description: 'File with the certificate authority of the broker.' }),
          ),
          keepalive: Type.Optional(
            duration('A dead broker is noticed after 1.5 times this.', '15s', { shortest: '1s', longest: '10m' }),
          ),
          window: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              default: 20,
              description: 'Messages sent and not yet acknowledged.',
            }),
          ),
          ackTimeout: Type.Optional(
            duration('An acknowledgement is waited for; then the connection is remade.', '10s', {
              shortest: '100ms',
              longest: '10m',
            }),
          ),
        },
        { ...closed, description: 'MQTT sink. May be left out.' },
      ),
    ),
    influx: Type.Optional(
      Type.Object(
        {
          url: url('InfluxDB (v1 write API). Off loopback a user name or password needs https.', 'http|https'),
          database: Type.String({ minLength: 1, maxLength: 64, description: 'Database.' }),
          username: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'User name.' })),
          password: Type.Optional(secret(`Password, as \${env:NAME}.`)),
          batch: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 5000, default: 1000, description: 'Points a request.' }),
          ),
          timeout: Type.Optional(duration('Deadline of a request.', '10s', { shortest: '100ms', longest: '10m' })),
        },
        { ...closed, description: 'InfluxDB sink. May be left out.' },
      ),
    ),
    links: Type.Record(Type.String({ pattern: ID }), linkSchema, {
      minProperties: 1,
      description: 'Connections, by name.',
    }),
    machines: Type.Record(Type.String({ pattern: ID }), machineSchema, {
      minProperties: 1,
      description: 'Machines, by name.',
    }),
    bounds: Type.Optional(
      Type.Object(
        {
          ticksPerSecond: Type.Optional(
            Type.Integer({ minimum: 2, maximum: 100, default: 20, description: 'Shared ticks in which polls start.' }),
          ),
          commitEvery: Type.Optional(
            duration('What polls brought is committed together this often; commands commit at once.', '250ms', {
              longest: '5s',
            }),
          ),
          maxPending: Type.Optional(
            Type.Integer({
              minimum: 100,
              maximum: 1_000_000,
              default: 20_000,
              description: 'Changes waiting for the ledger; more end the process.',
            }),
          ),
          ledgerTimeout: Type.Optional(
            duration('A commit must be durable within; later ends the process, and every permission lapses.', '30s', {
              shortest: '1s',
              longest: '10m',
            }),
          ),
          samples: Type.Optional(
            Type.Integer({
              minimum: 1000,
              maximum: 100_000_000,
              default: 200_000,
              description: 'Samples kept for dashboards; the oldest are overwritten and counted.',
            }),
          ),
          sampleEvery: Type.Optional(
            duration('An unchanged signal is sampled again after.', '60s', { shortest: '1s' }),
          ),
          reconnectMax: Type.Optional(
            duration('Longest wait between two tries to reach a link or a sink.', '30s', {
              shortest: '1s',
              longest: '10m',
            }),
          ),
          maxOverride: Type.Optional(duration('An override lasts this long at most.', '8h', { shortest: '1m' })),
          maxBookings: Type.Optional(
            Type.Integer({
              minimum: 10,
              maximum: 1_000_000,
              default: 10_000,
              description: 'Bookings held that have not ended.',
            }),
          ),
          maxBlocks: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1000,
              default: 100,
              description: 'Blocks of the owner held for one machine.',
            }),
          ),
          checkpointEvery: Type.Optional(
            duration('The ledger is signed at least this often when it grew, and after each session.', '5m'),
          ),
          retentionYears: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              default: 10,
              description:
                'Years the ledger has to hold. `latchkey check`, the log and /health/ready say when the disk is too small for them; nothing is ever deleted.',
            }),
          ),
          diskReserve: Type.Optional(
            Type.Integer({
              minimum: 1_048_576,
              default: 134_217_728,
              description: 'Bytes that must be free on the disk of dataDir; below, no new unlock.',
            }),
          ),
        },
        { ...closed, default: {}, description: 'Bounds of queues, waits and retries.' },
      ),
    ),
  },
  { ...closed, title: 'Latchkey site', description: 'A shop floor and the gateway that serves it.' },
)
export type SiteFile = Static<typeof siteSchema>
