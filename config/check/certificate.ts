/**
 * The certificate of the API: whether it fits its key, and how long it is valid. Takes text and reads no file.
 * Read next: api.ts (before a start), gateway/front/api/http/tls.ts (while it runs).
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'

const WARN_MS = 30 * 86_400_000

type ReadCertificate =
  | { readonly expiresMs: number; readonly fault?: undefined }
  | { readonly fault: { readonly of: 'cert' | 'key'; readonly why: string } }

export function readCertificate(cert: string, key: string): ReadCertificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(cert)
  } catch {
    return { fault: { of: 'cert', why: 'is not a certificate in PEM' } }
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      return { fault: { of: 'key', why: 'is not the key of the certificate' } }
  } catch {
    return { fault: { of: 'key', why: 'is not a private key in PEM, or is encrypted' } }
  }
  return { expiresMs: certificate.validToDate.getTime() }
}

/** Undefined while the certificate is valid for more than 30 days. */
export function expiryWarning(expiresMs: number, nowMs: number): string | undefined {
  if (expiresMs - nowMs >= WARN_MS) return undefined
  const day = new Date(expiresMs).toISOString().slice(0, 10)
  return expiresMs <= nowMs ? `expired on ${day}` : `expires on ${day}`
}
