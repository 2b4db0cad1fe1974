/** Hosts and addresses: which host an endpoint is on, whether it is this host, whether others can write to it. Pure. */
import { BlockList, isIP } from 'node:net'

/** A link under check: the options of one protocol, as far as they are good. */
export type LinkDraft = {
  readonly protocol?: string
  /** Of Modbus, as are `serial` and `tls`. */
  readonly transport?: string
  readonly host?: string
  readonly port?: number
  readonly serial?: SerialDraft
  readonly tls?: TlsDraft
  readonly endpoint?: string
  readonly security?: string
  readonly unprotected?: string
  readonly user?: unknown
  readonly timeoutMs?: number
  readonly maxRegisters?: number
}

type SerialDraft = {
  readonly path?: string
  readonly baudRate?: number
  readonly parity?: string
  readonly stopBits?: number
}
export type TlsDraft = { readonly ca?: string; readonly cert?: string; readonly key?: string }

/** What a Modbus link goes to, `host:port` or a serial port: all links that name it share one bus. */
export function busOf({ transport, host, port, serial }: LinkDraft): string | undefined {
  if (transport === 'rtu') return serial?.path
  return host === undefined || port === undefined ? undefined : `${host.toLowerCase()}:${port}`
}

export function splitListen(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(':')
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) }
}

export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** Whether anyone on the network can write to a link: OPC UA without security, to another host. We never do. */
export function isOpen(link: LinkDraft): boolean {
  if (link.protocol !== 'opcua' || link.security !== 'None') return false
  return link.unprotected !== undefined || !isLoopback(hostOf(link))
}

export function hostOf(link: LinkDraft): string {
  if (link.host !== undefined) return link.host
  return link.endpoint !== undefined && URL.canParse(link.endpoint) ? new URL(link.endpoint).hostname : ''
}

/** A host name or an address that could be one: 192.168.1.300 and 10.1.1 are neither, and a port is written apart. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || (HOST_NAME.test(text) && URL.canParse(`http://${text}`))
}

const HOST_NAME = /^[\p{L}\p{N}_.-]*[\p{L}_][\p{L}\p{N}_.-]*$/u

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost') return true
  const family = isIP(name)
  return family !== 0 && loopback.check(name, family === 6 ? 'ipv6' : 'ipv4')
}
