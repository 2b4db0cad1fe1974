/**
 * The schema of the site file. The types, the validation, the JSON Schema files for editors and the tables in
 * config/README.md all come from it and from the schema of the profile. A good file resolves to the `SiteConfig` of
 * config/site.ts. Every bound of the product is an option, with its default and its unit.
 * Read next: machine-schema.ts, api-schema.ts, broker-schema.ts, bounds-schema.ts, profile-schema.ts; field.ts (what
 * they are made of).
 */
import Type, { type Static, type TSchema } from 'typebox'
import { protocols } from '../../adapters/registry.ts'
import { api } from './api-schema.ts'
import { bounds } from './bounds-schema.ts'
import { mqtt, sparkplug } from './broker-schema.ts'
import { closed, duration, ID, id, literals, picture, secret, url } from './field.ts'
import { machineSchema } from './machine-schema.ts'
import { tariffs } from './tariff-schema.ts'
import { webhooks } from './webhook-schema.ts'

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
    clockTolerance: Type.Optional(
      duration('How far its clock may differ from this one, either way, for its tokens to be taken.', '30s', {
        shortest: '1s',
        longest: '10m',
      }),
    ),
  },
  closed,
)

const bookings = Type.Optional(
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
                duration('How often it is pulled; less often while that fails.', '30s', { shortest: '1s' }),
              ),
              timeout: Type.Optional(
                duration('Longest wait for the answer.', '10s', { shortest: '100ms', longest: '5m' }),
              ),
              token: Type.Optional(secret(`Sent as a bearer token, as \${env:NAME}.`)),
            },
            closed,
          ),
        ],
        {
          default: 'push',
          description:
            '`push`: the platform sends bookings to the API. Or a feed to pull them from; the API takes bookings all the same.',
        },
      ),
      unknown: Type.Optional(
        literals(
          ['accept-signed', 'deny'] as const,
          'What to do with a valid token whose booking has not arrived.',
          'accept-signed',
        ),
      ),
      earlyStart: Type.Optional(
        duration('How long before its start a booking may unlock, if nobody else has the machine.', '5m', {
          shortest: '0s',
        }),
      ),
      increment: Type.Optional(
        duration('The shortest time that is shown as free: the step in which the platform books.', '15m', {
          shortest: '1m',
        }),
      ),
      noShow: Type.Optional(
        duration(
          'A booking that is not used within this time after its start is released. The time counts from the moment its tenant could use the machine.',
          '15m',
          { shortest: '1s' },
        ),
      ),
      contact: Type.Optional(
        duration(
          'The gateway is offline after this time without contact to the platform: no call, no pull, no newer revocation list.',
          '15m',
          { shortest: '1s', longest: '30d' },
        ),
      ),
      revocations: Type.Optional(
        Type.Object(
          {
            url: Type.Optional(
              url(
                'Where the signed list is pulled from. Without it the platform sends the list to the API. Plain http on loopback only.',
                'https|http',
              ),
            ),
            every: Type.Optional(duration('How often it is pulled.', '1m', { shortest: '1s' })),
            maxAge: Type.Optional(
              duration(
                'Tenants are refused while the list is older than this, or missing. Without this option no list is needed.',
                undefined,
                {
                  shortest: '1m',
                  longest: '30d',
                },
              ),
            ),
          },
          { ...closed, description: 'The signed list of revoked bookings and tokens.' },
        ),
      ),
    },
    { ...closed, default: {}, description: 'Where bookings come from.' },
  ),
)

const influx = Type.Optional(
  Type.Object(
    {
      url: url(
        'InfluxDB, or what takes its lines. Off loopback a user name, password or token needs https.',
        'http|https',
      ),
      version: Type.Optional(
        Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)], {
          default: 1,
          description:
            'Whose write API it is: 1 takes `username` and `password`, 2 takes `organisation` and `token`, 3 takes `token`.',
        }),
      ),
      database: Type.String({ minLength: 1, maxLength: 64, description: 'Database; of version 2 the bucket.' }),
      organisation: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Of version 2.' })),
      username: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'User name.' })),
      password: Type.Optional(secret(`Password, as \${env:NAME}.`)),
      token: Type.Optional(secret(`Token that may write, as \${env:NAME}.`)),
      batch: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 5000, default: 1000, description: 'Points per request.' }),
      ),
      age: Type.Optional(
        duration('How long a point may wait for a request to fill. What comes after a rest goes at once.', '100ms', {
          shortest: '0ms',
          longest: '1m',
        }),
      ),
      gzip: Type.Optional(
        Type.Boolean({ description: 'Whether requests are compressed. Default: unless it is on this computer.' }),
      ),
      timeout: Type.Optional(duration('Deadline of a request.', '10s', { shortest: '100ms', longest: '10m' })),
      retention: Type.Optional(
        duration('How long `latchkey sinks prepare` has points kept. Absent: for ever.', undefined, {
          shortest: '1h',
          longest: '3650d',
        }),
      ),
    },
    { ...closed, description: 'InfluxDB sink. May be left out.' },
  ),
)

const pair = Type.Optional(
  Type.Object(
    {
      boxes: Type.Record(
        Type.String({ pattern: ID }),
        Type.String({
          pattern: '^[^\\s:/]+:[0-9]{1,5}$|^\\[[0-9a-fA-F:.]+\\]:[0-9]{1,5}$',
          description: 'Where this box listens to the other one, host:port.',
          advice: 'write a host and a port, such as 10.1.0.11:8443',
        }),
        {
          description: 'The two boxes, by name: latchkey run --box takes one. The first one begins a pair that is new.',
        },
      ),
      api: Type.Optional(
        Type.Record(Type.String({ pattern: ID }), url('API of this box.', 'https|http'), {
          description: 'Where callers reach each box, by its name: the spare names the active one with it.',
        }),
      ),
      key: secret(`What both boxes know and nobody else, at least 32 characters, as \${env:NAME}.`),
    },
    { ...closed, description: 'Two boxes that are one gateway, of which one works and the other follows.' },
  ),
)

export const siteSchema = Type.Object(
  {
    site: id('Name of the site; part of every topic and of the ledger origin.'),
    timezone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA time zone for views and days.' }),
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
        description:
          'Number of this gateway; two gateways on one machine, or with one broker, must differ. Above 0 it is part of the topics status, checkpoint and events of the site.',
      }),
    ),
    api,
    trust: Type.Optional(
      Type.Object(
        { issuers: Type.Array(issuer, { maxItems: 16, description: 'Booking platforms whose tokens are accepted.' }) },
        { ...closed, description: 'Which platforms may issue bookings.' },
      ),
    ),
    time: Type.Optional(
      Type.Object(
        {
          trust: literals(
            ['system'] as const,
            'Which clock is trusted: that of the host, unless it is behind the newest entry.',
            'system',
          ),
        },
        { ...closed, default: {}, description: 'How the clock is checked.' },
      ),
    ),
    bookings,
    mqtt,
    sparkplug,
    influx,
    webhooks,
    links: Type.Record(Type.String({ pattern: ID }), linkSchema, { description: 'Connections, by name.' }),
    plan: Type.Optional(picture('Picture of the floor; machines stand on it where `about.place` says')),
    machines: Type.Record(Type.String({ pattern: ID }), machineSchema, { description: 'Machines, by name.' }),
    tariffs,
    pair,
    bounds,
  },
  { ...closed, title: 'Latchkey site', description: 'A shop floor and the gateway that serves it.' },
)

export type SiteFile = Static<typeof siteSchema>
