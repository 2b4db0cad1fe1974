/**
 * What the site file says about brokers: `mqtt`, our own topics and JSON, and `sparkplug`, the same machines as an edge
 * node of Sparkplug B. Both say in the same words how a broker is reached.
 * Read next: site-schema.ts (the caller), gateway/front/sinks/mqtt.ts, gateway/front/sinks/sparkplug/sparkplug.ts.
 */
import Type from 'typebox'
import { closed, duration, literals, secret, url } from './field.ts'

/** `clientId`: the default. */
const reached = (clientId: string) => ({
  url: url('Broker. Off loopback a user name or password needs mqtts.', 'mqtt|mqtts'),
  version: Type.Union([Type.Literal(5), Type.Literal(4)], {
    default: 5,
    description:
      '5, or 4 for 3.1.1. No silent fallback. In 3.1.1 a broker cannot say that its access list refuses a topic: it says that it has the message, and drops it. Only for the checkpoint the gateway finds that out itself.',
  }),
  clientId: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: `Client id; default ${clientId}, with -<fencingId> behind it where that is not 0.`,
    }),
  ),
  username: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'User name.' })),
  password: Type.Optional(secret(`Password, as \${env:NAME}.`)),
  ca: Type.Optional(Type.String({ maxLength: 512, description: 'File with the certificate authority of the broker.' })),
  tls: Type.Optional(
    Type.Object(
      {
        cert: Type.String({ maxLength: 512, description: 'PEM file with the certificate.' }),
        key: Type.String({ maxLength: 512, description: 'PEM file with its private key, not encrypted.' }),
      },
      {
        ...closed,
        description: 'Certificate with which the gateway shows the broker who it is. Read on each connect.',
      },
    ),
  ),
  keepalive: Type.Optional(
    duration('A dead broker is noticed after 1.5 times this.', '15s', { shortest: '1s', longest: '10m' }),
  ),
  ackTimeout: Type.Optional(
    duration('Longest wait for an acknowledgement; after that the gateway reconnects.', '10s', {
      shortest: '100ms',
      longest: '10m',
    }),
  ),
})

export const mqtt = Type.Optional(
  Type.Object(
    {
      ...reached('latchkey-<site>'),
      window: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          default: 20,
          description: 'Messages sent and not yet acknowledged.',
        }),
      ),
      heartbeat: Type.Optional(
        duration(
          'How often the topic `status` says that the gateway is there and until when what it has published holds. What others know of a machine is in doubt after three of them.',
          '5s',
          { shortest: '1s', longest: '5m' },
        ),
      ),
      repeat: Type.Optional(
        duration(
          'How often the availability of a machine is published again when nothing has changed, for readers that keep no retained messages.',
          '60s',
          { shortest: '1s', longest: '1d' },
        ),
      ),
      publish: Type.Optional(
        literals(
          ['all', 'unretained', 'events'] as const,
          '`all`: events, live values, and state that the broker retains. `unretained`: the same, with all state sent again every `repeat` in place of retained messages, for brokers that do not keep or serve them well. `events`: entries of the ledger alone. Without `all` no new checkpoint is kept at the broker, and the state that it retained before is cleared. Which broker needs what: gateway/BROKERS.md.',
          'all',
        ),
      ),
    },
    { ...closed, description: 'MQTT sink. May be left out.' },
  ),
)

/** A level of a Sparkplug topic: no separator and no wildcard. */
const level = (description: string) => Type.String({ pattern: '^[^+#/\\p{Cc}]{1,64}$', description })

export const sparkplug = Type.Optional(
  Type.Object(
    {
      ...reached('latchkey-<site>-sparkplug'),
      group: level('Group id: the level of each topic that the edge nodes of one place share.'),
      node: Type.Optional(
        level('Edge node id; default <site>, with -<fencingId> behind it where that is not 0. One per group.'),
      ),
      host: Type.Optional(
        level(
          'Id of the primary host application. With it nothing is sent before it says in its STATE that it is online, and when it goes offline the gateway leaves and comes back with it. Without it what nobody reads is lost to them.',
        ),
      ),
      aliases: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'Whether metrics go by number after the birth. Shorter messages, which nobody reads by eye.',
        }),
      ),
      historyRate: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 200,
          description:
            'Entries of the ledger that are sent per second at most; in place of `bounds.backlogPerSecond`, since hosts take history more slowly than brokers.',
        }),
      ),
    },
    {
      ...closed,
      description: 'Sparkplug B sink: this gateway as an edge node, its machines as devices. May be left out.',
    },
  ),
)
