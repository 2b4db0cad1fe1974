/**
 * What a certificate says, and what is wrong with it, in words that say what to do. Opens no file and trusts nobody;
 * whether somebody is trusted is for store.ts. Rules: OPC UA Part 4, 6.1.3; Part 6, 6.2.2.
 * Read next: discover.ts (the server's), security.ts (ours).
 */
import { X509Certificate } from 'node:crypto'
import { DAY_MS } from '../../gateway/core/ground/moment.ts'
import type { TrustItem } from '../../gateway/core/ground/trust.ts'

/** What a person sees of it, and what it is judged by. */
export type Certificate = Pick<
  TrustItem,
  'subject' | 'issuer' | 'thumbprint' | 'fromMs' | 'toMs' | 'applicationUri' | 'hosts'
> & {
  readonly der: Buffer
  /** RSA; undefined: a key of another kind. */
  readonly keyBits: number | undefined
  readonly signedWith: string
  /** Bits of the extension key usage; undefined: it has none, so the key may be used for anything. */
  readonly usages: number | undefined
  /** Object identifiers of the extended key usage; empty: none. */
  readonly purposes: readonly string[]
}

/** What may be wrong with a certificate by itself. `what` is said of it: "has expired …". */
export type CertificateFault = {
  readonly kind: 'expired' | 'not-yet-valid' | 'weak' | 'wrong-usage' | 'uri-differs' | 'host-differs'
  readonly what: string
  readonly todo: string
}

/** A person may accept these of a certificate that is named by its thumbprint: it then stands for itself. */
export const ACCEPTABLE: ReadonlySet<string> = new Set(['wrong-usage', 'uri-differs', 'host-differs'])

/** DER or PEM, the first of a chain. Undefined: it is none. */
export function readCertificate(bytes: Buffer): Certificate | undefined {
  try {
    const isText = bytes.includes('-----BEGIN CERTIFICATE-----')
    const parsed = new X509Certificate(isText ? bytes : firstOf(bytes))
    const { publicKey, subjectAltName = '' } = parsed
    const names = subjectAltName.split(/, (?=[A-Za-z ]+:)/)
    const named = (kind: string) => names.filter((one) => one.startsWith(kind)).map((one) => one.slice(kind.length))
    return {
      der: parsed.raw,
      subject: oneLine(parsed.subject),
      issuer: oneLine(parsed.issuer),
      thumbprint: parsed.fingerprint.replaceAll(':', ''),
      fromMs: parsed.validFromDate.getTime(),
      toMs: parsed.validToDate.getTime(),
      applicationUri: named('URI:')[0]?.replace(/^"(.*)"$/, '$1'),
      hosts: [...named('DNS:'), ...named('IP Address:')],
      keyBits: publicKey.asymmetricKeyType === 'rsa' ? publicKey.asymmetricKeyDetails?.modulusLength : undefined,
      signedWith: parsed.signatureAlgorithm ?? parsed.signatureAlgorithmOid ?? 'unknown',
      usages: keyUsageOf(parsed.raw),
      purposes: parsed.keyUsage ?? [],
    }
  } catch {
    return undefined
  }
}

const MAX_NAME = 120
const oneLine = (name: string) => (name ?? '').replaceAll('\n', ', ').slice(0, MAX_NAME)

/** A sequence of DER says how long it is. */
function firstOf(chain: Buffer): Buffer {
  const short = chain.readUInt8(1)
  if (short < 0x80) return chain.subarray(0, 2 + short)
  const digits = short & 0x7f
  return chain.subarray(0, 2 + digits + chain.readUIntBE(2, digits))
}

/** 2.5.29.15 as DER. */
const KEY_USAGE = Buffer.from('0603551d0f', 'hex')
const BIT_STRING = 0x03
const BOOLEAN = 0x01

/** RFC 5280, 4.2.1.3: OCTET STRING that holds a BIT STRING; the first bit is digitalSignature. */
function keyUsageOf(der: Buffer): number | undefined {
  const at = der.indexOf(KEY_USAGE)
  if (at < 0) return undefined
  let next = at + KEY_USAGE.length
  if (der[next] === BOOLEAN) next += 3
  const bits = next + 2
  return der[bits] === BIT_STRING ? der[bits + 3] : undefined
}

const DIGITAL_SIGNATURE = 0x80
const ENCIPHERMENT = 0x30
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'
/** Of the three policies that are spoken: Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss. */
const LEAST_BITS = 2048

/** Where a certificate was seen: what it is held against. */
type Context = {
  readonly nowMs: number
  /** The host of the endpoint in the site file; undefined: not held against any. */
  readonly host?: string
  /** As the server names itself. */
  readonly applicationUri?: string
}

/** All that is wrong with the certificate of a server. */
export function faultsOf(certificate: Certificate, { nowMs, host, applicationUri }: Context): CertificateFault[] {
  const { fromMs, toMs, hosts, applicationUri: uri } = certificate
  const faults: CertificateFault[] = []
  const add = (kind: CertificateFault['kind'], what: string, todo: string) => faults.push({ kind, what, todo })
  const clock = `the clock here shows ${new Date(nowMs).toISOString()}`
  if (nowMs > toMs)
    add(
      'expired',
      `has expired on ${new Date(toMs).toISOString()}, and ${clock}`,
      'renew it on the server, or set the clock',
    )
  if (nowMs < fromMs)
    add(
      'not-yet-valid',
      `is not valid before ${new Date(fromMs).toISOString()}, and ${clock}`,
      "set the clock that is wrong, then make the certificate anew if it was the server's",
    )
  const weakness = weaknessOf(certificate)
  if (weakness !== undefined)
    add('weak', `is weak: ${weakness}`, `make one with RSA of ${LEAST_BITS} bits or more and SHA-256 on the server`)
  const misuse = misuseOf(certificate)
  if (misuse !== undefined)
    add('wrong-usage', `is not made for this: ${misuse}`, 'make one for an OPC UA server, with that usage')
  if (applicationUri !== undefined && uri !== applicationUri)
    add(
      'uri-differs',
      `is that of the application ${uri ?? '(none named)'}, and the server calls itself ${applicationUri}`,
      'give the server a certificate of its own, or correct its application URI',
    )
  if (host !== undefined && !hosts.some((one) => one.toLowerCase() === host.toLowerCase()))
    add(
      'host-differs',
      `is for ${hosts.join(', ') || 'no host'}, and the site file says ${host}`,
      'write that name in `endpoint`, or make a certificate that names this host too',
    )
  return faults
}

function weaknessOf({ keyBits, signedWith }: Certificate): string | undefined {
  if (keyBits === undefined) return 'its key is not RSA'
  if (keyBits < LEAST_BITS) return `its key has ${keyBits} bits`
  return /sha1|md5|md2/i.test(signedWith) ? `it is signed with ${signedWith}` : undefined
}

function misuseOf({ usages, purposes }: Certificate): string | undefined {
  if (usages !== undefined && (usages & DIGITAL_SIGNATURE) === 0) return 'its key may not sign (key usage)'
  if (usages !== undefined && (usages & ENCIPHERMENT) === 0) return 'its key may not encrypt (key usage)'
  const serves = purposes.length === 0 || purposes.includes(SERVER_AUTH) || purposes.includes(ANY_PURPOSE)
  return serves ? undefined : 'it is for no server (extended key usage)'
}

/** How long before its end a certificate is to be renewed. */
const RENEW_BEFORE_MS = 30 * DAY_MS

/** Whether it ends within 30 days, or has ended. */
export const endsSoon = ({ toMs }: Pick<Certificate, 'toMs'>, nowMs: number): boolean => toMs - nowMs < RENEW_BEFORE_MS

export const faultText = ({ what, todo }: Pick<CertificateFault, 'what' | 'todo'>): string =>
  `the certificate of the server ${what}: ${todo}`
