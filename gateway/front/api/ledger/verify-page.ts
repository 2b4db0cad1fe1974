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
/** The policy of the page is within its first bytes. */
const HEAD_BYTES = 4096
const POLICY = /http-equiv="Content-Security-Policy" content="([^"]*)"/

export function verifyPage(app: FastifyInstance): void {
  // Read when somebody asks for the first time; bytes, so that many slow readers share them.
  let page: { readonly bytes: Buffer; readonly policy: string } | undefined
  let steps: Buffer | undefined
  app.get('/verify', { schema: { hide: true } }, async (_request, reply) => {
    page ??= readPage()
    return reply
      .header('content-security-policy', page.policy)
      .header('cache-control', 'no-cache')
      .header('link', '</audit>; rel="help"')
      .type('text/html; charset=utf-8')
      .send(page.bytes)
  })
  app.get('/audit', { schema: { hide: true } }, async (_request, reply) => {
    steps ??= readFileSync(join(LEDGER, 'AUDIT.md'))
    return reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(steps)
  })
}

function readPage(): { readonly bytes: Buffer; readonly policy: string } {
  const bytes = readFileSync(join(LEDGER, 'verify', 'page', 'latchkey-verify.html'))
  const policy = POLICY.exec(bytes.toString('latin1', 0, HEAD_BYTES))?.[1] ?? "default-src 'none'"
  return { bytes, policy: `${policy}; frame-ancestors 'none'` }
}
