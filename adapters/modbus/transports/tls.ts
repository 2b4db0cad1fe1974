/**
 * Modbus/TCP Security: the same frames within TLS, where both sides show a certificate. Files are read at each connect,
 * so that a new certificate needs no restart. What fails is said in words. MODBUS/TCP Security V36, 8 and 9.
 * Read next: stream.ts.
 */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { openStream } from './stream.ts'
import type { Ears, Wire } from './transport.ts'

/** Paths of PEM files; `serverName`: the name in the certificate of the device, where that is not its host. */
type TlsFiles = {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly serverName?: string
}

export async function openTls(
  host: string,
  port: number,
  { serverName, ...paths }: TlsFiles,
  signal: AbortSignal,
  ears: Ears,
): Promise<Wire> {
  const name = serverName ?? host
  const named = isIP(name) === 0 ? { servername: name } : {}
  let isHeard = false
  try {
    const [ca, cert, key] = await Promise.all([paths.ca, paths.cert, paths.key].map((path) => readFile(path)))
    signal.throwIfAborted()
    const socket = connect({ host, port, ca, cert, key, minVersion: 'TLSv1.2', ...named })
    return await openStream(socket, 'secureConnect', signal, {
      data(chunk) {
        isHeard = true
        ears.data(chunk)
      },
      lost: (reason, by) => ears.lost(adviceOn(reason) ?? (isHeard ? reason : `${reason}; ${UNHEARD}`), by),
    })
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException
    const advice = adviceOn(`${code} ${message}`)
    throw advice === undefined ? cause : new Error(advice, { cause })
  }
}

/** With TLS 1.3 a certificate is judged after the connect, and some devices close without a word. */
const UNHEARD = 'perhaps the device does not take our certificate'

const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    'the certificate of the device is not signed by `tls.ca`; put the authority of the device into that file',
  ],
  [/CERT_HAS_EXPIRED/, 'the certificate of the device has expired; renew it there, and look at both clocks'],
  [/CERT_NOT_YET_VALID/, 'the certificate of the device is not valid yet; look at both clocks'],
  [
    /ALTNAME_INVALID/,
    'the certificate of the device names another host; write the name in it as `tls.serverName`, or renew it there',
  ],
  [
    /alert (unknown ca|bad certificate|certificate unknown|unsupported certificate|access denied)|certificate required/i,
    'the device does not take our certificate; make it trust the authority of `tls.cert`, and look at its list of roles',
  ],
  [/alert certificate expired/i, 'the device says that our certificate has expired; renew `tls.cert`'],
  [
    /alert handshake failure|unsupported protocol|alert protocol version|no shared cipher/i,
    'the device and this gateway agree on no version or cipher of TLS; it has to speak TLS 1.2 or newer',
  ],
  [
    /wrong version number|packet length too long/i,
    'what listens there speaks no TLS; correct `port` (mostly 802) or `transport`',
  ],
  [/key values mismatch/i, '`tls.key` is not the key of `tls.cert`'],
  [/ENOENT|EACCES/, 'a file of `tls` cannot be read; correct its path or its rights'],
]

function adviceOn(reason: string): string | undefined {
  const text = reason.replaceAll('_', ' ')
  const found = ADVICE.find(([pattern]) => pattern.test(reason) || pattern.test(text))
  return found && `${found[1]} (${reason.trim()})`
}
