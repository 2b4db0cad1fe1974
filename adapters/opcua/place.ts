/** Where an endpoint is: its host and port. Pure. */

type Place = { readonly host: string; readonly port: number }

/** OPC UA Part 6, 7.2: the port of opc.tcp where none is written. */
const PORT = 4840

/** An address has one spelling only in a scheme that the URL parser knows; such a scheme hides its own port. */
export function placeOf(endpoint: string): Place {
  const host = URL.parse(endpoint.replace(/^opc\.tcp:/i, 'http:'))?.hostname ?? ''
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(URL.parse(endpoint)?.port || PORT) }
}

export function isSamePlace(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)]
  return a.host === b.host && a.port === b.port
}
