/** Hosts and addresses: what is this host, what is open to others, what is a complete address. Pure. */
import { BlockList, isIP } from 'node:net'
import type { ConfigDocument, Path } from './document.ts'

/** A link as the checks see it: the options of one protocol, or what is left of them. */
export type LinkDraft = {
  readonly protocol?: string
  readonly host?: string
  readonly port?: number
  readonly endpoint?: string
  readonly security?: string
  readonly user?: unknown
  readonly timeoutMs?: number
  readonly maxRegisters?: number
}

export function splitListen(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(':')
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) }
}

export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** Whether a link can be written to by anyone on the network: OPC UA without security, off this host. */
export function isOpen(link: LinkDraft): boolean {
  return link.protocol === 'opcua' && link.security === 'None' && !isLoopback(hostOf(link))
}

export function hostOf(link: LinkDraft): string {
  if (link.host !== undefined) return link.host
  return link.endpoint !== undefined && URL.canParse(link.endpoint) ? new URL(link.endpoint).hostname : ''
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost') return true
  const family = isIP(name)
  return family !== 0 && loopback.check(name, family === 6 ? 'ipv6' : 'ipv4')
}

export function checkUrl(
  document: ConfigDocument,
  text: string,
  path: Path,
  schemes: readonly string[],
): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    document.fault(
      path,
      'url-credentials',
      'the address holds a user name or a password',
      'take it out; secrets have keys of their own, filled from the environment',
    )
    return undefined
  }
  if (url === undefined || url.hostname === '' || !schemes.includes(url.protocol)) {
    document.fault(
      path,
      'bad-url',
      'this is not a complete address',
      `write ${schemes.map((scheme) => `${scheme}//host:port`).join(' or ')}`,
    )
    return undefined
  }
  return url
}
