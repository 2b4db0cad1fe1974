/** A certificate that we show to others, and its key, as files: of the API, of a link. Read next: certificate.ts. */
import type { ConfigDocument, Path } from '../document/document.ts'
import { readBeside } from './beside.ts'
import { expiryWarning, readCertificate } from './certificate.ts'

/** `cert` and `key` stand below `path`. Whoever reads them does so again when they have changed. */
export function checkShown(document: ConfigDocument, cert: string, key: string, path: Path, folder: string): void {
  const certText = readBeside(document, cert, [...path, 'cert'], folder, 'tls-missing')
  const keyText = readBeside(document, key, [...path, 'key'], folder, 'tls-missing')
  if (certText === undefined || keyText === undefined) return
  const read = readCertificate(certText, keyText)
  if (read.fault !== undefined)
    return document.fault(
      [...path, read.fault.of],
      'tls-invalid',
      `${read.fault.of === 'cert' ? cert : key} ${read.fault.why}`,
      'give the certificate and its unencrypted private key, both as PEM',
    )
  const warning = expiryWarning(read.expiresMs, Date.now())
  if (warning !== undefined)
    document.note(
      [...path, 'cert'],
      'tls-expires',
      `${cert} ${warning}`,
      'replace it by a newer one; the gateway loads it without a restart',
    )
}
