/**
 * Tokens that must not be taken, as data: made with keys the gateway trusts where the fault is elsewhere, byte by byte
 * where a library would not make them. Knows no code of the gateway.
 */
import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'

export type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
export type CorpusKeys = { readonly es: Pair; readonly ed: Pair; readonly rsa: Pair; readonly stranger: Pair }
export type BadToken = { readonly what: string; readonly token: string; readonly status: number }

export function corpusKeys(): CorpusKeys {
  const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    es: ec(),
    ed: generateKeyPairSync('ed25519'),
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    stranger: ec(),
  }
}

/** The identity: whoever takes it for a key takes every signature of zeros (RFC 8032 does not forbid it). */
const SMALL = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])

/** What the issuer publishes; the RSA key and the weak one must be passed over. */
export const corpusKeySet = ({ es, ed, rsa }: CorpusKeys) => ({
  keys: [
    { ...es.publicKey.export({ format: 'jwk' }), kid: 'es', alg: 'ES256', use: 'sig' },
    { ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed', alg: 'EdDSA', use: 'sig' },
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { kty: 'OKP', crv: 'Ed25519', x: SMALL.toString('base64url'), kid: 'small', alg: 'EdDSA', use: 'sig' },
  ],
})

type Claims = Readonly<Record<string, unknown>>
const BOOKING = 'latchkey-booking+jwt'
const part = (value: string | object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))).toString(
    'base64url',
  )
const header = { alg: 'ES256', typ: BOOKING, kid: 'es' }

/** ES256 over whatever stands there. */
const es256 = (input: string, { privateKey }: Pair, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') =>
  signBytes('sha256', Buffer.from(input), { key: privateKey, dsaEncoding })

export function esToken(head: string | object, claims: string | object, pair: Pair): string {
  const input = `${part(head)}.${part(claims)}`
  return `${input}.${part(es256(input, pair))}`
}

/** A good booking token of the corpus issuer has these claims. */
export const corpusClaims = (issuer: string, audience: string, machine: string, nowS: number): Claims => ({
  iss: issuer,
  aud: audience,
  sub: 'corpus',
  jti: 'corpus-1',
  iat: nowS - 60,
  nbf: nowS - 60,
  exp: nowS + 3600,
  booking: 'corpus',
  ver: 1,
  machine,
  start: new Date((nowS - 600) * 1000).toISOString(),
  end: new Date((nowS + 3000) * 1000).toISOString(),
})

export function tokenCorpus(keys: CorpusKeys, good: Claims, otherMachine: string): BadToken[] {
  const { es, ed, rsa, stranger } = keys
  const iat = good.iat as number
  const claimsText = JSON.stringify(good)
  const token = esToken(header, good, es)
  const [h, p, s] = token.split('.') as [string, string, string]
  const head = (more: object) => esToken({ ...header, ...more }, good, es)
  const claims = (more: object) => esToken(header, { ...good, ...more }, es)
  const raw = (from: string, to: string) => esToken(header, claimsText.replace(from, to), es)
  const other = (signature: Buffer, more: object = {}) => `${part({ ...header, ...more })}.${p}.${part(signature)}`
  const hmac = (secret: string | Buffer) => {
    const input = `${part({ ...header, alg: 'HS256' })}.${p}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const edInput = `${part({ ...header, alg: 'EdDSA', kid: 'ed' })}.${p}`
  const edSignature = signBytes(null, Buffer.from(edInput), ed.privateKey)
  const rsaInput = `${part({ ...header, alg: 'RS256', kid: 'rsa' })}.${p}`
  const strangerJwk = stranger.publicKey.export({ format: 'jwk' })
  const rows: [string, string, number?][] = [
    ['alg none', `${part({ ...header, alg: 'none' })}.${p}.`],
    ['alg none with the signature of another', `${part({ ...header, alg: 'none' })}.${p}.${s}`],
    ...['None', 'NONE', 'nOnE', 'es256', 'ES256K', 'ES384', 'RS256', 'PS256', '', 'EdDSA', 'Ed448'].map(
      (alg): [string, string] => [`alg ${alg || 'empty'} over an ES256 signature`, head({ alg })],
    ),
    ['alg as a list', head({ alg: ['ES256'] })],
    ['alg null', head({ alg: null })],
    ['HS256 with the public key as PEM', hmac(es.publicKey.export({ format: 'pem', type: 'spki' }))],
    ['HS256 with the public key as DER', hmac(es.publicKey.export({ format: 'der', type: 'spki' }))],
    ['HS256 with the public key as JWK', hmac(JSON.stringify(es.publicKey.export({ format: 'jwk' })))],
    ['HS256 with an empty secret', hmac('')],
    ['RS256 by a published RSA key', `${rsaInput}.${part(signBytes('sha256', Buffer.from(rsaInput), rsa.privateKey))}`],
    ['another key under the known kid', esToken(header, good, stranger)],
    ['another key without a kid', esToken({ ...header, kid: undefined }, good, stranger)],
    ['kid as a path', head({ kid: '../../../etc/passwd' })],
    ['kid as SQL', head({ kid: "es' OR '1'='1" })],
    ['kid as an address', head({ kid: 'https://evil.example/key' })],
    ['kid of a prototype', head({ kid: '__proto__' })],
    ['kid of 300 letters', head({ kid: 'k'.repeat(300) })],
    ['kid as a number', head({ kid: 0 })],
    ['kid as an object', head({ kid: { es: 1 } })],
    ['the key in the header', esToken({ ...header, jwk: strangerJwk }, good, stranger)],
    ['an address of keys', esToken({ ...header, jku: 'http://127.0.0.1:1/jwks' }, good, stranger)],
    ['an address of certificates', head({ x5u: 'http://127.0.0.1:1/c' })],
    ['certificates', head({ x5c: ['AAAA'] })],
    ['a critical extension', head({ crit: ['exp'], exp: 1 })],
    ['an unencoded payload', head({ b64: false, crit: ['b64'] })],
    ['a compressed payload', head({ zip: 'DEF' })],
    ['a header with a prototype', esToken(JSON.stringify(header).replace('{', '{"__proto__":{"x":1},'), good, es)],
    ['a header with alg twice', esToken(JSON.stringify(header).replace('{', '{"alg":"none",'), good, es)],
    ['a header with a byte order mark', esToken(`\uFEFF${JSON.stringify(header)}`, good, es)],
    ['a header that is a list', esToken('[]', good, es)],
    ['no typ', head({ typ: undefined })],
    ['typ JWT', head({ typ: 'JWT' })],
    ['typ in other letters', head({ typ: 'Latchkey-Booking+JWT' })],
    ['typ with application/', head({ typ: `application/${BOOKING}` })],
    ['typ of a revocation list', head({ typ: 'latchkey-revocations+jwt' })],
    ['typ of a service token', head({ typ: 'latchkey-service+jwt', kid: 'es' }), 401],
    ['a signature as DER', `${h}.${p}.${part(es256(`${h}.${p}`, es, 'der'))}`],
    ['a signature of zeros', other(Buffer.alloc(64))],
    ['r zero', other(Buffer.concat([Buffer.alloc(32), Buffer.alloc(32, 1)]))],
    ['s zero', other(Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32)]))],
    ['r and s of the order', other(Buffer.concat([ORDER, ORDER]))],
    ['an empty signature', `${h}.${p}.`],
    ['a signature cut off', token.slice(0, -6)],
    [
      'a signature with a byte more',
      `${h}.${p}.${part(Buffer.concat([Buffer.from(s, 'base64url'), Buffer.from([0])]))}`,
    ],
    ['a signature with bits beyond its end', lastBits(token)],
    ['Ed25519 with S beyond the order', `${edInput}.${part(beyond(edSignature))}`],
    ['Ed25519 of another text', `${edInput.slice(0, -4)}AAAA.${part(edSignature)}`],
    [
      'a signature of zeros for a weak Ed25519 key',
      `${part({ ...header, alg: 'EdDSA', kid: 'small' })}.${p}.${part(Buffer.concat([SMALL, Buffer.alloc(32)]))}`,
    ],
    ['two parts', `${h}.${p}`],
    ['four parts', `${token}.AA`],
    ['five parts, as if encrypted', `${part({ alg: 'dir', enc: 'A256GCM', typ: BOOKING })}..AAAA.AAAA.AAAA`],
    ['no dots', part(token)],
    ['padding', `${h}.${p}.${s}==`],
    ['the other alphabet', `${h}.${p}.${s.slice(0, -4)}+/+/`],
    ['JSON serialization', part({ protected: h, payload: p, signature: s })],
    ['a payload cut off', `${h}.${p.slice(0, -8)}.${s}`],
    ['a payload of another token', `${h}.${part({ ...good, sub: 'somebody' })}.${s}`],
    ['a payload that is a token', esToken(header, JSON.stringify(token), es)],
    ['a payload that is a list', esToken(header, '[]', es)],
    ['a payload that is null', esToken(header, 'null', es)],
    ['a payload with a byte order mark', esToken(header, `\uFEFF${claimsText}`, es)],
    ['a payload that is not UTF-8', esToken(header, claimsText, es).replace(p, part(Buffer.from([0x7b, 0xff, 0x7d])))],
    ['aud twice', raw('"aud":', '"aud":"x","aud":')],
    ['machine twice', raw('"machine":', '"machine":"x","machine":')],
    ['a name twice, once escaped', raw('"machine":', '"m\\u0061chine":"x","machine":')],
    ['a prototype in the payload', raw('{', '{"__proto__":{"role":"platform"},')],
    ['nested deeply', raw('{', `{"x":${'['.repeat(40)}${']'.repeat(40)},`)],
    ['a role', claims({ role: 'platform' })],
    ['another audience', claims({ aud: 'latchkey:elsewhere' })],
    ['an audience with a space', claims({ aud: `${String(good.aud)} ` })],
    ['an audience in look-alikes', claims({ aud: lookAlike(good.aud) })],
    ['audiences without ours', claims({ aud: ['a', 'b'] })],
    ['no audience in a list', claims({ aud: [] })],
    ['an audience as an object', claims({ aud: { [String(good.aud)]: true } })],
    ['another issuer', claims({ iss: 'https://evil.example' })],
    ['an issuer with a slash', claims({ iss: `${String(good.iss)}/` })],
    ['an issuer in look-alikes', claims({ iss: lookAlike(good.iss) })],
    ['an issuer as a list', claims({ iss: [good.iss] })],
    ['a machine in look-alikes', claims({ machine: lookAlike(good.machine) })],
    ['a machine that climbs', claims({ machine: '../booth-1' })],
    ['a machine as a list', claims({ machine: [good.machine, otherMachine] })],
    ['of another machine', claims({ machine: otherMachine }), 403],
    ['expired', claims({ iat: iat - 7200, nbf: iat - 7200, exp: iat - 3600 })],
    ['not yet', claims({ nbf: iat + 600 })],
    ['issued in the future', claims({ iat: iat + 600, nbf: undefined, exp: iat + 1200 })],
    ['exp before iat', claims({ exp: iat - 1, iat: iat + 20 })],
    ['exp beyond all time', raw(`"exp":${String(good.exp)}`, '"exp":1e400')],
    ['exp of a hundred digits', raw(`"exp":${String(good.exp)}`, `"exp":${'9'.repeat(100)}`)],
    ['exp negative', claims({ exp: -1 })],
    ['exp as text', claims({ exp: String(good.exp) })],
    ['exp null', claims({ exp: null })],
    ['exp true', claims({ exp: true })],
    ['exp NaN', raw(`"exp":${String(good.exp)}`, '"exp":NaN')],
    ['valid for a year', claims({ exp: iat + 365 * 86_400 })],
    ['ver as text', claims({ ver: '1' })],
    ['ver broken', claims({ ver: 1.5 })],
    ['ver negative', claims({ ver: -1 })],
    ['ver beyond 2^53', raw('"ver":1', '"ver":9007199254740993')],
    ['a booking that climbs', claims({ booking: '../../bookings/b' })],
    ['a booking with a new line', claims({ booking: 'b\nc' })],
    ['a booking of nothing', claims({ booking: '' })],
    ['jti with a space', claims({ jti: 'a b' })],
    ['jti of 200 letters', claims({ jti: 'j'.repeat(200) })],
    ['sub with a control character', claims({ sub: 'a\u0000b' })],
    ['start without a zone', claims({ start: '2026-01-31T08:00:00' })],
    ['start on a day that is none', claims({ start: '2026-02-30T08:00:00Z' })],
    ['start in hour 24', claims({ start: '2026-01-31T24:00:00Z' })],
    ['end before start', claims({ start: good.end, end: good.start })],
    ['start as a number', claims({ start: iat })],
    ['limits negative', claims({ limits: { minutes: -1 } })],
    ['limits broken', claims({ limits: { pieces: 0.5 } })],
    ['limits of 1e300', claims({ limits: { energyWh: 1e300 } })],
    ['limits as text', claims({ limits: { minutes: '90' } })],
    ['limits null', claims({ limits: null })],
    ['limits of another kind', claims({ limits: { hours: 1 } })],
    ...['iss', 'aud', 'sub', 'jti', 'iat', 'exp', 'booking', 'ver', 'machine', 'start', 'end'].map(
      (name): [string, string] => [`no ${name}`, claims({ [name]: undefined })],
    ),
    ['more than 8 KiB', claims({ jti: 'x'.repeat(9000) })],
  ]
  return rows.map(([what, made, status = 401]) => ({ what, token: made, status }))
}

/** Of P-256. */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
/** Of Ed25519. */
const ED_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** S + L: the same point, another text. */
function beyond(signature: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + ED_ORDER
  const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  return Buffer.concat([signature.subarray(0, 32), bytes])
}

/** The last letter of 64 bytes holds four bits that mean nothing. */
function lastBits(token: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + letters[letters.indexOf(token.at(-1)!) ^ 1]
}

/** Cyrillic о and е for Latin ones; else a soft hyphen. */
function lookAlike(text: unknown): string {
  const made = String(text).replace('o', '\u043e').replace('e', '\u0435')
  return made === text ? `${made}\u00ad` : made
}
