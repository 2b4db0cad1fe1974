/**
 * Posts one message to an address that a site file names. No redirect is followed, of the answer only the status is
 * taken, and unless the site says otherwise no address of a private network is spoken to, whatever a name leads to: the
 * address that was looked at is the one that is connected.
 * Read next: webhook.ts, the caller.
 */
import { lookup as lookUp } from 'node:dns'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

type Post = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly mayBePrivate: boolean
}

/** Not on the public internet: RFC 6890 and what followed it. */
const PRIVATE = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6')

/** Of a text that is an address; those of IPv4 within IPv6 count as what they are. */
export function isPrivate(address: string): boolean {
  const within = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = within ?? address
  return PRIVATE.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}

/** The status of the answer. Rejects when there is none in time. */
export function post({ url, headers, body, timeoutMs, mayBePrivate }: Post): Promise<number> {
  const address = new URL(url)
  const host = address.hostname.replace(/^\[|\]$/g, '')
  if (!mayBePrivate && isIP(host) !== 0 && isPrivate(host)) return Promise.reject(refusedAddress(host))
  const request = address.protocol === 'https:' ? requestSecure : requestPlain
  return new Promise((resolve, reject) => {
    const asked = request(
      address,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'latchkey' },
        signal: AbortSignal.timeout(timeoutMs),
        agent: false,
        ...(mayBePrivate ? {} : { lookup: publicOnly }),
      },
      (response) => {
        resolve(response.statusCode ?? 0)
        response.destroy()
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

const publicOnly: LookupFunction = (hostname, options, done) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '')
    const bad = addresses.find(({ address }) => isPrivate(address))
    if (bad !== undefined) return done(refusedAddress(bad.address), '')
    if (options.all === true) return done(null, addresses)
    const [{ address, family } = { address: '', family: 0 }] = addresses
    done(null, address, family)
  })
}

const refusedAddress = (address: string) =>
  new Error(`${address} is in a private network; write privateNetwork: accepted if that is meant`)
