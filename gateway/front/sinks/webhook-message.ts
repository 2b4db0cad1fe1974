/**
 * What is posted to a webhook: a CloudEvent 1.0 with the entry, and the headers of Standard Webhooks 1.0.0, signed with
 * each key. Pure. The id is the same over all tries, so that a receiver knows a repeat.
 * Read next: payload.ts (the data of an event), webhook.ts (the caller).
 */
import { createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { eventPayload } from './payload.ts'
import type { Delivery } from './sink.ts'

/** Standard Webhooks asks for less than 20 kB; what is larger is read from the log. */
const MOST_BODY = 20_000
/** What stands before a raw Ed25519 seed in PKCS #8 (RFC 8410, 7). */
const SEED_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

export type WebhookMessage = { readonly id: string; readonly type: string; readonly body: string }

/** `origin`: of the log. */
export function messageOf(origin: string, delivery: Delivery): WebhookMessage {
  const { entry } = delivery
  const about = entry.machine === undefined ? {} : { subject: entry.machine }
  const event = {
    ...attributes(origin, String(entry.seq), entry.body.at, entry.kind),
    ...about,
    dataschema: `urn:latchkey:${entry.kind}:${entry.body.v}`,
  }
  const whole = JSON.stringify({ ...event, data: JSON.parse(eventPayload(delivery)) })
  const body =
    Buffer.byteLength(whole) <= MOST_BODY
      ? whole
      : JSON.stringify({ ...event, dataref: `/v1/ledger/entries?from=${entry.seq}&limit=1` })
  return { id: `${origin.replaceAll(/[^A-Za-z0-9-]/g, '-')}-${entry.seq}`, type: event.type, body }
}

/** One that says nothing, to see whether it arrives. */
export function testMessage(origin: string, id: string, atMs: number): WebhookMessage {
  const event = attributes(origin, id, new Date(atMs).toISOString(), 'Test')
  return { id: `test-${id}`, type: event.type, body: JSON.stringify({ ...event, data: { test: true } }) }
}

const attributes = (origin: string, id: string, time: string, kind: string) => ({
  specversion: '1.0',
  id,
  source: `/${origin}`,
  type: `latchkey.${kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '.').toLowerCase()}.v1`,
  time,
  datacontenttype: 'application/json',
})

/** `secrets`: those that sign, `whsec_…` (v1) or `whsk_…` (v1a). `atMs`: of this try. */
export function headersOf(
  { id, body }: WebhookMessage,
  secrets: readonly string[],
  atMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000))
  const signed = `${id}.${timestamp}.${body}`
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(secret, signed)).join(' '),
  }
}

function signature(secret: string, text: string): string {
  const [kind, base64 = ''] = secret.split('_')
  const key = Buffer.from(base64, 'base64')
  if (kind === 'whsec') return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
  return `v1a,${sign(null, Buffer.from(text), privateKey(key)).toString('base64')}`
}

function privateKey(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([SEED_HEAD, seed]), format: 'der', type: 'pkcs8' })
}
