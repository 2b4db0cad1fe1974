/** What no schema can say about webhooks: events in the clear, and keys that sign nothing. */
import type { ConfigDocument } from '../document/document.ts'
import type { SiteDraft } from '../document/draft.ts'
import { isLoopback } from '../document/endpoint.ts'
import { checkUrl } from './url.ts'

/** Bytes of a key of HMAC-SHA256, and of an Ed25519 seed. */
const SHARED = { least: 24, most: 64 } as const
const SEED = 32

export function checkWebhooks(document: ConfigDocument, { webhooks = {} }: SiteDraft): void {
  for (const [name, webhook] of Object.entries(webhooks)) {
    const { url, secret, oldSecret } = webhook ?? {}
    const path = ['webhooks', name]
    if (url !== undefined) checkAddress(document, url, [...path, 'url'])
    for (const [key, value] of Object.entries({ secret, oldSecret }))
      if (value !== undefined && !isKey(value))
        document.fault(
          [...path, key],
          'webhook-secret',
          'this key signs nothing',
          'write whsec_ and 24 to 64 random bytes in base64, or whsk_ and an Ed25519 seed of 32 bytes in base64',
        )
  }
}

function checkAddress(document: ConfigDocument, text: string, path: string[]): void {
  const url = checkUrl(document, text, path, ['https:', 'http:'])
  if (url?.protocol !== 'http:' || isLoopback(url.hostname)) return
  document.fault(
    path,
    'webhook-plain',
    `events would cross the network to ${url.hostname} in the clear`,
    'use https://',
  )
}

function isKey(secret: string): boolean {
  const [, kind, base64 = ''] = /^(whsec|whsk)_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const { length } = Buffer.from(base64, 'base64')
  if (kind === 'whsec') return length >= SHARED.least && length <= SHARED.most
  return kind === 'whsk' && length === SEED
}
