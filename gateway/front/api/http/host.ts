/**
 * The name by which a request calls this gateway. A page in a browser can have a name of its own lead to this host (DNS
 * rebinding) and then speak as if it were served here; what rests on where a caller is, or on few digits, is refused
 * under a name that anybody could have registered. Pure.
 */
import { isIP } from 'node:net'

/** One label, or a suffix that the public DNS never serves (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`). */
const LOCAL_NAME = /^(?:[a-z0-9-]+|(?:[a-z0-9-]+\.)+(?:localhost|local|lan|internal|home\.arpa))$/

/** `names`: what the site file adds. Without a header it is no browser that asks. */
export function isKnownHost(header: string | undefined, names: readonly string[]): boolean {
  if (header === undefined) return true
  const host = header.toLowerCase().replace(/:\d+$/, '')
  return isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0 || LOCAL_NAME.test(host) || names.includes(host)
}
