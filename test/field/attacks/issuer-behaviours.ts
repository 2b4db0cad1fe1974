/**
 * What somebody may answer who is asked for the keys of an issuer: everything an HTTP server may do, and key sets that
 * are none. Read next: influx-behaviours.ts (the HTTP), hostile.ts.
 */
import type { Behaviour } from './hostile.ts'
import { influxBehaviours } from './influx-behaviours.ts'

const X = Buffer.alloc(32, 9).toString('base64url')
const key = { kty: 'OKP', crv: 'Ed25519', x: X, kid: 'k', use: 'sig', alg: 'EdDSA' }
const point = { kty: 'EC', crv: 'P-256', x: X, y: X, kid: 'k' }
const keys = (...list: unknown[]) => JSON.stringify({ keys: list })

const SETS: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  'a list': '[]',
  null: 'null',
  'text in quotes': '"keys"',
  'no keys': '{}',
  'keys that are a map': '{"keys":{}}',
  'keys that are text': '{"keys":"k"}',
  'keys that are null': keys(null),
  'keys that are lists': keys([[]]),
  'an empty list of keys': keys(),
  'keys given twice': '{"keys":[],"keys":[]}',
  'a prototype': '{"__proto__":{"keys":[]},"keys":[]}',
  'a key with a prototype': '{"keys":[{"__proto__":{"kty":"OKP"}}]}',
  'too many keys': keys(...Array.from({ length: 257 }, () => key)),
  '200 keys of one name': keys(...Array.from({ length: 200 }, () => key)),
  'keys nested deeply': `{"keys":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  'half a pair': '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\\ud800"}]}',
  'a name of half a pair': JSON.stringify({ keys: [{ ...key, kid: '\ud800' }] }),
  'a name of 100 kB': keys({ ...key, kid: 'k'.repeat(100_000) }),
  'a name that is a number': keys({ ...key, kid: 7 }),
  'a name that steers a terminal': keys({ ...key, kid: '\x1b]0;x\x07\u202e' }),
  'a point off the curve': keys(point),
  'a point at zero': keys({ ...key, x: Buffer.alloc(32).toString('base64url') }),
  'a point of no length': keys({ ...key, x: '' }),
  'a point of 100 kB': keys({ ...key, x: 'A'.repeat(100_000) }),
  'a point that is no base64': keys({ ...key, x: '\0\0' }),
  'a private key': keys({ ...key, d: X }),
  'a secret key': keys({ kty: 'oct', k: X, alg: 'HS256' }),
  'a key of RSA': keys({ kty: 'RSA', n: X, e: 'AQAB' }),
  'the algorithm none': keys({ ...key, alg: 'none' }),
  'a mark before it': Buffer.concat([Buffer.from('\ufeff'), Buffer.from(keys(key))]),
  'UTF-16': Buffer.from(`\ufeff${keys(key)}`, 'utf16le'),
  'no UTF-8': Buffer.from('7b226b657973223a5b22ff225d7d', 'hex'),
  'two documents': `${keys(key)}${keys(key)}`,
  'a megabyte of blanks': `${' '.repeat(1_000_000)}${keys(key)}`,
}

export const issuerBehaviours: Readonly<Record<string, Behaviour>> = {
  ...influxBehaviours,
  ...Object.fromEntries(
    Object.entries(SETS).map(([name, body]): [string, Behaviour] => [
      `gives a key set of ${name}`,
      (socket) => {
        const bytes = Buffer.from(body as string)
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`)
        socket.end(bytes)
      },
    ]),
  ),
}
