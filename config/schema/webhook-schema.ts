/**
 * Webhooks in the site file: addresses of other programs to which entries are posted, as Standard Webhooks 1.0.0 with
 * CloudEvents 1.0 in the body. Read next: site-schema.ts, gateway/front/sinks/webhook.ts.
 */
import Type from 'typebox'
import { entryKinds } from '../../gateway/core/ground/entry.ts'
import { closed, duration, ID, literals, secret, url } from './field.ts'

const webhook = Type.Object(
  {
    url: url('Where events are posted. Plain http on loopback only.', 'http|https'),
    secret: secret(
      `Key of the signature, as \${env:NAME}: \`whsec_\` and 24 to 64 bytes in base64 (v1), or \`whsk_\` and an Ed25519 seed of 32 bytes in base64 (v1a).`,
    ),
    oldSecret: Type.Optional(
      secret('The key before, while the other side changes over: each event is signed with both.'),
    ),
    events: Type.Optional(
      Type.Array(literals(entryKinds, 'Kind of entry.'), {
        minItems: 1,
        maxItems: 64,
        description: 'Only these kinds of entries; absent: all.',
      }),
    ),
    begin: Type.Optional(
      literals(
        ['now', 'log'] as const,
        'With what a new webhook begins: with what comes, or with the first entry.',
        'now',
      ),
    ),
    privateNetwork: Type.Optional(
      literals(
        ['accepted'] as const,
        'Needed when the address is in a private network: otherwise nothing is posted to one, whatever its name leads to.',
      ),
    ),
    timeout: Type.Optional(duration('Longest wait for the answer.', '15s', { shortest: '100ms', longest: '1m' })),
    retryMax: Type.Optional(
      duration(
        'A refused event is tried again, at last this often; sooner at first, and never quite regularly.',
        '1h',
        {
          shortest: '1s',
          longest: '1d',
        },
      ),
    ),
    giveUp: Type.Optional(
      duration(
        'An event that is refused for this long stops the webhook, which health says; it is still tried at `retryMax`.',
        '5d',
        {
          shortest: '1m',
          longest: '30d',
        },
      ),
    ),
    record: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 20_000,
        default: 5_000,
        description:
          'Tries of deliveries that are kept in dataDir at least, about 200 bytes each; twice as many at most.',
      }),
    ),
  },
  closed,
)

export const webhooks = Type.Optional(
  Type.Record(Type.String({ pattern: ID }), webhook, {
    default: {},
    maxProperties: 16,
    description: 'Programs to which entries are posted, by name.',
  }),
)
