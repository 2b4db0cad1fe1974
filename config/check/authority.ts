/** A file with the certificate authority of the other side: of the broker, of devices. */
import { X509Certificate } from 'node:crypto'
import type { ConfigDocument, Path } from '../document/document.ts'
import { readBeside } from './beside.ts'

export function checkAuthority(document: ConfigDocument, name: string, path: Path, folder: string): void {
  const pem = readBeside(document, name, path, folder, 'ca-missing')
  if (pem === undefined || isCertificate(pem)) return
  document.fault(
    path,
    'ca-invalid',
    `${name} holds no certificate`,
    'use the PEM file of the certificate authority (-----BEGIN CERTIFICATE-----)',
  )
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== ''
  } catch {
    return false
  }
}
