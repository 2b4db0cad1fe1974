/** What no schema can say about the sinks: secrets in the clear, and the certificates for a broker. */
import { type ConfigDocument, isRecord } from '../document/document.ts'
import type { SiteDraft } from '../document/draft.ts'
import { isLoopback } from '../document/endpoint.ts'
import { checkAuthority } from './authority.ts'
import { checkShown } from './shown.ts'
import { checkUrl } from './url.ts'

export function checkMqtt(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  const { mqtt } = draft
  const written = isRecord(document.value) ? document.value : {}
  if (!Object.hasOwn(written, 'mqtt') && !Object.hasOwn(written, 'sparkplug')) {
    document.note(
      ['mqtt'],
      'no-mqtt',
      'there is no mqtt, so availability and events are not published',
      'add mqtt.url, or leave it if the HTTP API is enough',
      'key',
    )
  }
  if (mqtt !== undefined) checkBroker(document, mqtt, 'mqtt', folder)
}

export function checkSparkplug(document: ConfigDocument, { sparkplug }: SiteDraft, folder: string): void {
  if (sparkplug !== undefined) checkBroker(document, sparkplug, 'sparkplug', folder)
}

export function checkInflux(document: ConfigDocument, draft: SiteDraft): void {
  const { influx } = draft
  if (influx === undefined) return
  checkSink(document, influx, 'influx', 'http:', 'https:')
  const { version = 1 } = influx
  const written = keysOf(document, 'influx')
  const fault = (key: string, message: string, advice: string) =>
    document.fault(['influx', key], 'influx-login', message, advice, 'key')
  for (const key of ['username', 'password', 'organisation', 'token']) {
    if (!written.has(key) || takenBy[version].includes(key)) continue
    fault(key, `InfluxDB ${version} takes no ${key}`, `remove it, or set influx.version; it is ${version} now`)
  }
  for (const key of version === 2 ? ['organisation', 'token'] : [])
    if (!written.has(key)) fault('version', `InfluxDB 2 takes no write without ${key}`, `add influx.${key}`)
}

/** What a login consists of. */
const takenBy: Readonly<Record<1 | 2 | 3, readonly string[]>> = {
  1: ['username', 'password'],
  2: ['organisation', 'token'],
  3: ['token'],
}

/** The keys as written, so that a secret whose variable is missing still counts. */
function keysOf({ value }: ConfigDocument, key: string): ReadonlySet<string> {
  const written = isRecord(value) ? value[key] : undefined
  return new Set(isRecord(written) ? Object.keys(written) : [])
}

type BrokerDraft = {
  readonly url?: string | undefined
  readonly ca?: string | undefined
  readonly tls?: { readonly cert?: string | undefined; readonly key?: string | undefined } | undefined
}

function checkBroker(document: ConfigDocument, broker: BrokerDraft, name: 'mqtt' | 'sparkplug', folder: string): void {
  checkSink(document, broker, name, 'mqtt:', 'mqtts:')
  if (broker.ca !== undefined) checkAuthority(document, broker.ca, [name, 'ca'], folder)
  const { cert, key } = broker.tls ?? {}
  if (cert !== undefined && key !== undefined) checkShown(document, cert, key, [name, 'tls'], folder)
}

function checkSink(
  document: ConfigDocument,
  sink: { readonly url?: string | undefined },
  key: 'mqtt' | 'sparkplug' | 'influx',
  plain: string,
  encrypted: string,
): void {
  const written = keysOf(document, key)
  if (written.has('password') && !written.has('username')) {
    document.fault([key, 'password'], 'username-missing', 'there is a password and no username', 'add username', 'key')
  }
  if (sink.url === undefined) return
  const url = checkUrl(document, sink.url, [key, 'url'], [plain, encrypted])
  const hasSecret = ['username', 'password', 'token'].some((name) => written.has(name))
  if (url?.protocol === plain && !isLoopback(url.hostname) && hasSecret) {
    document.fault(
      [key, 'url'],
      'plain-secret',
      `${written.has('token') ? 'the token' : 'the user name and password'} would cross the network to ${url.hostname} in the clear`,
      `use ${encrypted}//`,
    )
  }
}
