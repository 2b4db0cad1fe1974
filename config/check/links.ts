/**
 * What no schema can say about links: two to one endpoint, and OPC UA to another host without security. No socket.
 * Read next: bus.ts (Modbus), config/document/endpoint.ts.
 */
import type { ConfigDocument, Path } from '../document/document.ts'
import { isLoopback, type LinkDraft } from '../document/endpoint.ts'
import { checkBus } from './bus.ts'
import { checkUrl } from './url.ts'

export function checkLinks(document: ConfigDocument, links: Readonly<Record<string, LinkDraft>>, folder: string): void {
  const seen = new Map<string, string>()
  for (const [name, link] of Object.entries(links)) {
    const path = ['links', name]
    const where = endpointOf(document, link, path, folder)
    if (where === undefined) continue
    const other = seen.get(where)
    if (other !== undefined) {
      document.fault(
        path,
        'link-duplicate',
        `links "${other}" and "${name}" go to the same endpoint`,
        `use "${other}" for the devices of both`,
        'key',
      )
    } else seen.set(where, name)
  }
}

function endpointOf(document: ConfigDocument, link: LinkDraft, path: Path, folder: string): string | undefined {
  if (link.protocol === 'modbus') return checkBus(document, link, path, folder)
  if (link.protocol !== 'opcua' || link.endpoint === undefined) return undefined
  const url = checkUrl(document, link.endpoint, [...path, 'endpoint'], ['opc.tcp:'])
  if (url === undefined) return undefined
  if (url.hostname.startsWith('[') && !isLoopback(url.hostname)) {
    document.fault(
      [...path, 'endpoint'],
      'bad-url',
      'an OPC UA endpoint cannot be dialled by an address of IPv6',
      'write the name of the host, and give it this address in the name server or in /etc/hosts',
    )
  }
  checkSecurity(document, link, path, url)
  return `opcua ${url.hostname.toLowerCase()}:${url.port || '4840'}${url.pathname.replace(/\/$/, '')}`
}

function checkSecurity(document: ConfigDocument, link: LinkDraft, path: Path, url: URL): void {
  if (link.security !== 'None') {
    if (link.unprotected !== undefined)
      document.fault(
        [...path, 'unprotected'],
        'unknown-key',
        `"unprotected" means nothing with security ${link.security}`,
        'remove it, or write security: None',
        'key',
      )
    return
  }
  if (link.unprotected !== undefined) {
    document.note(
      [...path, 'unprotected'],
      'opcua-open',
      `${url.hostname} is read without security, so whoever is on that network can change what is read and billed`,
      'keep that network apart, and use SignAndEncrypt as soon as the device offers it',
    )
  } else if (!isLoopback(url.hostname)) {
    document.fault(
      [...path, 'security'],
      'opcua-insecure',
      `security is None, and ${url.hostname} is another host`,
      'use SignAndEncrypt, and trust each other’s certificates; for a device that offers none, add unprotected: read-only',
    )
  }
  if (link.user !== undefined) {
    document.fault(
      [...path, 'user'],
      'opcua-user-plain',
      'a user name and password with security None would cross in the clear',
      'use SignAndEncrypt, or remove user',
      'key',
    )
  }
}
