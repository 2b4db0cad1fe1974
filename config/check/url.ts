/** An address on the network, complete and without secrets in it. Read next: config/document/endpoint.ts. */
import type { ConfigDocument, Path } from '../document/document.ts'
import { isHost } from '../document/endpoint.ts'

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
  if (url === undefined || !isHost(url.hostname.replace(/^\[|\]$/g, '')) || !schemes.includes(url.protocol)) {
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
