/** What no schema can say about the HTTP API: its address, and the certificate it shows. Read next: shown.ts. */
import type { ConfigDocument } from '../document/document.ts'
import type { SiteDraft } from '../document/draft.ts'
import { isLoopback, splitListen } from '../document/endpoint.ts'
import { checkShown } from './shown.ts'

export function checkApi(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  checkListen(document, draft)
  checkTls(document, draft, folder)
}

function checkListen(document: ConfigDocument, draft: SiteDraft): void {
  const listen = draft.api?.listen
  if (listen === undefined) return
  const { host, port } = splitListen(listen)
  const path = ['api', 'listen']
  if (port > 65_535) document.fault(path, 'listen-port', `the port is ${port}`, 'use 1 to 65535, or 0 for a free one')
  if (draft.api?.tls !== undefined || isLoopback(host)) return
  if (draft.api?.plaintext === 'accepted')
    return document.note(
      path,
      'api-exposed',
      `the API listens on ${host} without encryption of its own`,
      'give it a certificate with api.tls, or make sure that nobody else is on that network',
    )
  document.fault(
    path,
    'api-plain',
    `the API would listen on ${host} without encryption`,
    'add api.tls, or listen on 127.0.0.1; behind a proxy of this host write plaintext: accepted',
  )
}

function checkTls(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  const { cert, key } = draft.api?.tls ?? {}
  if (cert === undefined || key === undefined) return
  const path = ['api', 'tls']
  checkShown(document, cert, key, path, folder)
}
