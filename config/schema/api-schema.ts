/** The schema of the HTTP API in the site file. Read next: site-schema.ts. */
import Type from 'typebox'
import { closed, duration, literals } from './field.ts'

export const api = Type.Object(
  {
    listen: Type.String({
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$',
      description: 'host:port; port 0 takes a free one.',
    }),
    names: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9.-]{1,253}$' }), {
        maxItems: 16,
        default: [],
        description:
          'Public names by which browsers call the gateway, such as that of a proxy. Under any other public name no PIN is taken; addresses and local names always work.',
      }),
    ),
    origins: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?$',
          description: 'Scheme and host, with a port unless it is the usual one: `https://booking.example`.',
        }),
        {
          maxItems: 16,
          default: [],
          description:
            'Origins whose pages may call the API from a browser, with a token of their own. Cookies of the console are never good for them.',
        },
      ),
    ),
    bodyLimit: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 1_048_576,
        default: 65_536,
        description: 'Most bytes of a request body.',
      }),
    ),
    requestTimeout: Type.Optional(
      duration('Longest time for a request to arrive.', '10s', { shortest: '100ms', longest: '5m' }),
    ),
    rateLimit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        default: 600,
        description: 'Requests per minute and principal; ending a session is never limited.',
      }),
    ),
    maxLoopDelay: Type.Optional(
      duration('Reads are answered with 503 while the API is further behind than this.', '1s', { longest: '1m' }),
    ),
    maxStreams: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Event streams open at once.' }),
    ),
    commandTimeout: Type.Optional(
      duration('Longest wait for the answer to a command; at least `confirm` of every machine plus 2 s.', '20s', {
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
          'Wrong PINs at one machine within `pinWindow`. After that no PIN is accepted there until the window is over, except to end a session.',
      }),
    ),
    pinWindow: Type.Optional(duration('See `pinTries`.', '15m', { shortest: '1m' })),
    board: Type.Optional(
      literals(
        ['nobody', 'free', 'states'] as const,
        'Who may see the board of the floor without signing in: nobody; whether each machine is free; or all but people.',
        'nobody',
      ),
    ),
    idle: Type.Optional(
      duration('A browser in which nobody does anything for this long is signed out.', '15m', {
        shortest: '1m',
        longest: '12h',
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.String({
            minLength: 1,
            maxLength: 512,
            description: 'PEM file: the certificate, followed by any intermediate certificates.',
          }),
          key: Type.String({ minLength: 1, maxLength: 512, description: 'PEM file of its private key.' }),
          http2: Type.Optional(
            Type.Boolean({
              default: false,
              description:
                'Whether HTTP/2 is spoken as well: several requests at once on one connection. Whoever asks for HTTP/1.1 gets that. Not where strangers reach the port: decision 032.',
            }),
          ),
          http2Requests: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              default: 20,
              description: 'Requests at once on one connection of HTTP/2.',
            }),
          ),
          http2Memory: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              default: 10,
              description:
                'Most MB that one connection of HTTP/2 may keep, answers that wait for their reader included; beyond that its requests are refused.',
            }),
          ),
          http2Noise: Type.Optional(
            Type.Integer({
              minimum: 10,
              maximum: 10_000,
              default: 100,
              description:
                'How often within ten seconds one connection of HTTP/2 may take back a request, ping or change its settings; beyond that it is cut.',
            }),
          ),
        },
        {
          ...closed,
          description: 'TLS 1.2 or newer. Changed files are loaded without a restart; open connections go on.',
        },
      ),
    ),
    plaintext: Type.Optional(
      literals(
        ['accepted'] as const,
        'Needed to listen beyond this host without `tls`, such as behind a proxy or in a container with a network of its own.',
      ),
    ),
  },
  { ...closed, description: 'The HTTP API.' },
)
