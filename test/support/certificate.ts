/** Certificates made by openssl, for this host. */
import { execFileSync } from 'node:child_process'

/** Self-signed, under a name of its own. */
export function makeCertificate(name: string, days = 365): { cert: string; key: string } {
  // A library of OPC UA leaves the word "undefined" in OPENSSL_CONF, and openssl takes it for a file.
  const { OPENSSL_CONF: _, ...env } = process.env
  const text = execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      '-',
      '-out',
      '-',
    ].concat(['-subj', `/CN=${name}`, '-days', String(days), '-addext', 'subjectAltName=IP:127.0.0.1']),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env },
  )
  const piece = (what: string) => new RegExp(`-----BEGIN ${what}-----[^]*?-----END ${what}-----\n`).exec(text)![0]
  return { cert: piece('CERTIFICATE'), key: piece('PRIVATE KEY') }
}
