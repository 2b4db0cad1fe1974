/**
 * Headers of every answer, made once. On a shop floor the API is served over plain http as well, so nothing turns
 * requests into https; a gateway with a certificate asks browsers to stay with it. Swagger UI needs inline styles and
 * data images. No answer is for a cache, unless its route says so.
 */

const YEAR_S = 31_536_000

const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join(';')

/** The pages of the gateway use nothing of the device they are shown on. */
const NO_PERMISSIONS = 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()'

export const commonHeaders = (tls: boolean): Record<string, string> => ({
  'cache-control': 'private, no-store',
  'permissions-policy': NO_PERMISSIONS,
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  ...(tls ? { 'strict-transport-security': `max-age=${YEAR_S}` } : {}),
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
})
