/**
 * Why a certificate is not trusted here, by the status of the library's store, and what a person has to do about it.
 * Read next: certificate.ts (what may be wrong with one by itself), discover.ts, desk.ts.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type { Certificate } from './certificate.ts'

/** As a CertificateFault. */
type Distrust = {
  readonly kind: 'unknown' | 'issuer-unknown' | 'no-revocation-list' | 'revoked'
  readonly what: string
  readonly todo: string
}

/** Undefined: it is trusted, or what is wrong is not a matter of trust. */
export async function distrustOf(
  status: string,
  { issuer }: Certificate,
  manager: OPCUACertificateManager,
): Promise<Distrust | undefined> {
  if (status === 'Good' || status.includes('TimeInvalid')) return undefined
  const authority = issuer || 'an unknown authority'
  const rejected = (await newestFile(manager.rejectedFolder)) ?? `its file in ${manager.rejectedFolder}`
  switch (status) {
    case 'BadCertificateChainIncomplete':
      return {
        kind: 'issuer-unknown',
        what: `is signed by an authority that is not known here (${authority})`,
        todo:
          `put the certificate of that authority into ${manager.issuersCertFolder} and its revocation list into ` +
          `${manager.issuersCrlFolder}; both come from whoever runs it, for a PLC from its engineering tool. ` +
          `Then move ${rejected} to ${manager.trustedFolder}`,
      }
    case 'BadCertificateRevocationUnknown':
    case 'BadCertificateIssuerRevocationUnknown':
      return {
        kind: 'no-revocation-list',
        what: `cannot be checked: there is no revocation list of the authority that signed it (${authority})`,
        todo: `it comes from whoever runs that authority, and may be empty. Put it into ${manager.issuersCrlFolder}`,
      }
    case 'BadCertificateRevoked':
    case 'BadCertificateIssuerRevoked':
      return {
        kind: 'revoked',
        what: `has been revoked by its authority (${authority})`,
        todo: 'give the server another one',
      }
    default:
      return {
        kind: 'unknown',
        what: `is not trusted (${status})`,
        todo:
          'compare its thumbprint with the one the server shows, then run `latchkey trust approve`, ' +
          `or move ${rejected} to ${manager.trustedFolder}`,
      }
  }
}

async function newestFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), atMs: (await stat(join(folder, name))).mtimeMs })),
  )
  return files.sort((a, b) => b.atMs - a.atMs)[0]?.path
}
