/**
 * The page that checks a receipt or an evidence file, at /verify for everybody. It is the committed file as it stands,
 * and it may load and send nothing, so that whoever opens it shows the gateway no receipt.
 * Read next: ledger/verify/page/build.ts (what makes the file).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const FILE = join(import.meta.dirname, '..', '..', '..', 'ledger', 'verify', 'page', 'latchkey-verify.html')
const POLICY = /http-equiv="Content-Security-Policy" content="([^"]*)"/

export function verifyPage(app: FastifyInstance): void {
  /** Bytes, so that many slow readers share them. */
  const page = readFileSync(FILE)
  const policy = `${POLICY.exec(page.toString())?.[1] ?? "default-src 'none'"}; frame-ancestors 'none'`
  app.get('/verify', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-security-policy', policy)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page),
  )
}
