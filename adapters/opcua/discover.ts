/**
 * Before a secure channel: which endpoints a server offers, and whether its certificate is one that a person has
 * trusted here. Nothing secret is sent. What is wrong is said in full, since only a person can mend it. Read next:
 * security.ts (who we are), connection.ts (what follows).
 */
import { X509Certificate } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { type EndpointDescription, MessageSecurityMode, type OPCUAClient, SecurityPolicy } from 'node-opcua-client'
import { LinkError } from '../adapter.ts'
import type { OpcuaOptions } from './options.ts'

/**
 * The certificate of the endpoint that is configured, DER, with those of its authorities behind it. `finder` is a
 * client without security. Rejects with LinkError, or with what the library says.
 */
export async function trustedCertificate(
  finder: OPCUAClient,
  options: OpcuaOptions,
  manager: OPCUACertificateManager,
): Promise<Buffer> {
  await finder.connect(options.endpoint)
  const endpoints = await finder.getEndpoints()
  const mode = MessageSecurityMode[options.security]
  const policy = SecurityPolicy[options.policy ?? 'Aes256_Sha256_RsaPss']
  const found = endpoints.find(
    ({ securityMode, securityPolicyUri }) => securityMode === mode && securityPolicyUri === policy,
  )
  if (!found?.serverCertificate) throw refused(options, notOffered(options, endpoints))
  const certificate = found.serverCertificate
  const untimely = outsideItsTime(certificate, Date.now())
  if (untimely !== undefined) throw refused(options, untimely)
  const status = await manager.checkCertificate(certificate)
  if (status.isGood()) return certificate
  throw refused(options, await distrust(status.name, certificate, manager))
}

function refused({ endpoint }: OpcuaOptions, why: string): LinkError {
  return new LinkError(`${endpoint}: ${why}`, { retriable: false, outcome: 'unsent' })
}

const MAX_OFFERS = 12

function notOffered({ security, policy }: OpcuaOptions, endpoints: readonly EndpointDescription[]): string {
  const name = (uri: string | null) => (uri ?? '').slice((uri ?? '').lastIndexOf('#') + 1).slice(0, 40)
  const offers = endpoints.map(({ securityMode, securityPolicyUri }) =>
    securityMode === MessageSecurityMode.None
      ? 'None'
      : `${MessageSecurityMode[securityMode]} with ${name(securityPolicyUri)}`,
  )
  const listed = [...new Set(offers)].slice(0, MAX_OFFERS).join(', ') || 'nothing'
  return (
    `the server does not offer ${security} with ${policy ?? 'Aes256_Sha256_RsaPss'}, it offers ${listed}; ` +
    'correct `security` and `policy`, or enable it on the server'
  )
}

function outsideItsTime(certificate: Buffer, nowMs: number): string | undefined {
  const parsed = parse(certificate)
  if (parsed === undefined) return undefined
  const [from, to] = [new Date(parsed.validFrom), new Date(parsed.validTo)]
  const clock = `the clock here shows ${new Date(nowMs).toISOString()}`
  if (nowMs > to.getTime())
    return `the certificate of the server has expired on ${to.toISOString()}, and ${clock}: renew it on the server, or set the clock`
  if (nowMs < from.getTime())
    return `the certificate of the server is not valid before ${from.toISOString()}, and ${clock}: set the clock that is wrong, then make the certificate anew if it was the server's`
  return undefined
}

/** What a person has to do, by the status of the store. */
async function distrust(status: string, certificate: Buffer, manager: OPCUACertificateManager): Promise<string> {
  const authority = parse(certificate)?.issuer.replaceAll('\n', ', ').slice(0, 120) ?? 'an unknown authority'
  const rejected = (await newestFile(manager.rejectedFolder)) ?? `its file in ${manager.rejectedFolder}`
  switch (status) {
    case 'BadCertificateChainIncomplete':
      return (
        `the certificate of the server is signed by an authority that is not known here (${authority}). ` +
        `Put the certificate of that authority into ${manager.issuersCertFolder} and its revocation list into ` +
        `${manager.issuersCrlFolder}; both come from whoever runs it, for a PLC from its engineering tool. ` +
        `Then move ${rejected} to ${manager.trustedFolder}`
      )
    case 'BadCertificateRevocationUnknown':
    case 'BadCertificateIssuerRevocationUnknown':
      return (
        `there is no revocation list of the authority that signed the certificate of the server (${authority}). ` +
        `Put it into ${manager.issuersCrlFolder}; it comes from whoever runs that authority, and may be empty`
      )
    case 'BadCertificateRevoked':
    case 'BadCertificateIssuerRevoked':
      return `the certificate of the server has been revoked by its authority (${authority}); give the server another one`
    default:
      return (
        `the certificate of the server is not trusted (${status}). ` +
        `Compare its fingerprint with the one the server shows, then move ${rejected} to ${manager.trustedFolder}`
      )
  }
}

/** The first of the chain. */
function parse(certificate: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(firstOf(certificate))
  } catch {
    return undefined
  }
}

/** A sequence of DER says how long it is. */
function firstOf(chain: Buffer): Buffer {
  const short = chain.readUInt8(1)
  if (short < 0x80) return chain.subarray(0, 2 + short)
  const digits = short & 0x7f
  return chain.subarray(0, 2 + digits + chain.readUIntBE(2, digits))
}

async function newestFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), atMs: (await stat(join(folder, name))).mtimeMs })),
  )
  return files.sort((a, b) => b.atMs - a.atMs)[0]?.path
}
