/** What no schema can say about the sinks: secrets in the clear, and the certificates for the broker. */
import { type ConfigDocument, isRecord } from '../document/document.ts'
import type { SiteDraft } from '../document/draft.ts'
import { isLoopback } from '../document/endpoint.ts'
import { checkAuthority } from './authority.ts'
import { checkShown } from './shown.ts'
import { checkUrl } from './url.ts'

export function checkMqtt(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  const { mqtt } = draft
  if (!isRecord(document.value) || !Object.hasOwn(document.value, 'mqtt')) {
    document.note(
      ['mqtt'],
      'no-mqtt',
      'there is no mqtt, so availability and events are not published',
      'add mqtt.url, or leave it if the HTTP API is enough',
      'key',
    )
  }
  if (mqtt === undefined) return
  checkSink(document, mqtt, 'mqtt', 'mqtt:', 'mqtts:')
  if (mqtt.ca !== undefined) checkAuthority(document, mqtt.ca, ['mqtt', 'ca'], folder)
  const { cert, key } = mqtt.tls ?? {}
  if (cert !== undefined && key !== undefined) checkShown(document, cert, key, ['mqtt', 'tls'], folder)
}

export function checkInflux(document: ConfigDocument, draft: SiteDraft): void {
  if (draft.influx !== undefined) checkSink(document, draft.influx, 'influx', 'http:', 'https:')
}

type SinkDraft = {
  readonly url?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

function checkSink(
  document: ConfigDocument,
  sink: SinkDraft,
  key: 'mqtt' | 'influx',
  plain: string,
  encrypted: string,
): void {
  // The keys as written, so that a password whose variable is missing still counts.
  const written = isRecord(document.value) && isRecord(document.value[key]) ? document.value[key] : {}
  const hasPassword = Object.hasOwn(written, 'password')
  if (hasPassword && !Object.hasOwn(written, 'username')) {
    document.fault([key, 'password'], 'username-missing', 'there is a password and no username', 'add username', 'key')
  }
  if (sink.url === undefined) return
  const url = checkUrl(document, sink.url, [key, 'url'], [plain, encrypted])
  if (url?.protocol === plain && !isLoopback(url.hostname) && (hasPassword || sink.username !== undefined)) {
    document.fault(
      [key, 'url'],
      'plain-secret',
      `the user name and password would cross the network to ${url.hostname} in the clear`,
      `use ${encrypted}//`,
    )
  }
}
