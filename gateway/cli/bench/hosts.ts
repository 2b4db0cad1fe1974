/** Hosts and units that a person names for a scan, ranges among them; nothing else is ever asked. Bounded. Pure. */
import { splitHost } from './link.ts'

export type Host = { readonly host: string; readonly port: number }

const MOST_HOSTS = 256
const LAST_UNIT = 255
/** The last number of an address. */
const LAST_HOST = 255

/** `10.1.0.20`, `10.1.0.20-29`, `10.1.0.20-10.1.0.29:1502`; or what is wrong. */
export function readHosts(texts: readonly string[]): Host[] | string {
  const hosts: Host[] = []
  for (const text of texts) {
    const [, net, first, other, last, port] = /^(\d+\.\d+\.\d+\.)(\d+)-(\d+\.\d+\.\d+\.)?(\d+)(:\d+)?$/.exec(text) ?? []
    if (net === undefined) hosts.push(splitHost(text))
    else {
      const [from, to] = [Number(first), Number(last)]
      if (to < from || to > LAST_HOST || (other ?? net) !== net)
        return `"${text}" is no range of hosts; write 10.1.0.20-29`
      for (let at = from; at <= to && hosts.length <= MOST_HOSTS; at++)
        hosts.push(splitHost(`${net}${at}${port ?? ''}`))
    }
    if (hosts.length > MOST_HOSTS) return `more than ${MOST_HOSTS} hosts; name fewer`
  }
  const wrong = hosts.find(({ port }) => port < 1 || port > 65_535)
  return wrong === undefined ? hosts : `${wrong.port} is no port`
}

/** `1`, `1-10,20`; or what is wrong. */
export function readUnits(text: string): number[] | string {
  const units = new Set<number>()
  for (const part of text.split(',')) {
    const [, from, to = from] = /^\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*$/.exec(part) ?? []
    if (from === undefined || Number(to) < Number(from) || Number(to) > LAST_UNIT)
      return `"${part.trim()}" names no units; write 1 or 1-10,20, none above ${LAST_UNIT}`
    for (let unit = Number(from); unit <= Number(to); unit++) units.add(unit)
  }
  return [...units]
}
