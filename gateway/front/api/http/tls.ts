/**
 * The certificate of the API. Its files are read every two seconds: a changed pair that fits is used for new
 * connections, and open ones go on. A pair that does not fit is named in health, and the one before stays in use.
 */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { Logger } from 'pino'
import { expiryWarning, readCertificate } from '../../../../config/check/certificate.ts'
import type { SiteConfig } from '../../../../config/site.ts'
import { GatewayError } from '../../../core/ground/failure.ts'

const LOOK_MS = 2_000

/** Half-open handshakes are given up after this, ms. */
const HANDSHAKE_MS = 10_000
/** Suites with forward secrecy and authenticated encryption only (RFC 9325 §4.2). */
const STRICT = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const

type Material = { readonly cert: string; readonly key: string }

export type Tls = {
  readonly options: Material & typeof STRICT & { readonly handshakeTimeout: number }
  /** For health: what is wrong, or soon will be. */
  notes(nowMs: number): string[]
  watch(server: Server): () => void
}

/** Undefined without `api.tls`; throws when the files cannot be used. */
export function openTls({ tls }: SiteConfig['api'], log: Logger): Tls | undefined {
  if (tls === undefined) return undefined
  const read = () => {
    const [cert, key] = [readFileSync(tls.certPath, 'utf8'), readFileSync(tls.keyPath, 'utf8')]
    const found = readCertificate(cert, key)
    if (found.fault) throw new Error(`the ${found.fault.of} ${found.fault.why}`)
    return { cert, key, expiresMs: found.expiresMs }
  }
  let shown: ReturnType<typeof read>
  try {
    shown = read()
  } catch (cause) {
    throw new GatewayError('config', 'tls', `the certificate of the API: ${(cause as Error).message}`, { cause })
  }
  let trouble: string | undefined

  function look(server: TlsServer): void {
    try {
      const found = read()
      trouble = undefined
      if (found.cert === shown.cert && found.key === shown.key) return
      server.setSecureContext({ cert: found.cert, key: found.key, ...STRICT })
      shown = found
      log.info({ expires: new Date(found.expiresMs).toISOString() }, 'the API uses a new certificate')
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
      if (trouble === undefined) log.warn({ why }, 'the changed certificate of the API cannot be used')
      trouble = `the files of the API certificate cannot be used, the one before stays in use: ${why}`
    }
  }

  return {
    options: { cert: shown.cert, key: shown.key, ...STRICT, handshakeTimeout: HANDSHAKE_MS },
    notes(nowMs) {
      const warning = expiryWarning(shown.expiresMs, nowMs)
      return [
        ...(trouble === undefined ? [] : [trouble]),
        ...(warning === undefined ? [] : [`the certificate of the API ${warning}`]),
      ]
    },
    watch(server) {
      const timer = setInterval(() => look(server as TlsServer), LOOK_MS)
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}
