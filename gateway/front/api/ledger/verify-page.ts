/**
 * What whoever checks evidence opens, for everybody: at /verify the page that checks a receipt or an evidence file, at
 * /audit the steps to take. Both are committed files as they stand. The page may load and send nothing, so that whoever
 * opens it shows the gateway no receipt.
 * Read next: ledger/verify/page/build.ts (what makes the page), ledger/AUDIT.md (the steps).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const LEDGER = join(import.meta.dirname, '..', '..', '..', 'ledger')
const POLICY = /http-equiv="Content-Security-Policy" content="([^"]*)"/

export function verifyPage(app: FastifyInstance): void {
  /** Bytes, so that many slow readers share them. */
  const page = readFileSync(join(LEDGER, 'verify', 'page', 'latchkey-verify.html'))
  const steps = readFileSync(join(LEDGER, 'AUDIT.md'))
  const policy = `${POLICY.exec(page.toString())?.[1] ?? "default-src 'none'"}; frame-ancestors 'none'`
  app.get('/verify', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-security-policy', policy)
      .header('cache-control', 'no-cache')
      .header('link', '</audit>; rel="help"')
      .type('text/html; charset=utf-8')
      .send(page),
  )
  app.get('/audit', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(steps),
  )
}
