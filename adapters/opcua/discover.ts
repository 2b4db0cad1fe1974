/**
 * Before a secure channel: which endpoints a server offers, and whether its certificate is one that a person has
 * trusted here. Nothing secret is sent. What is wrong is said in full, since only a person can mend it. Read next:
 * certificate.ts (what may be wrong), security.ts (who we are), connection.ts (what follows).
 */
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { type EndpointDescription, MessageSecurityMode, type OPCUAClient, SecurityPolicy } from 'node-opcua-client'
import { type LinkDeps, LinkError } from '../adapter.ts'
import { type Certificate, type CertificateFault, faultsOf, faultText, readCertificate } from './certificate.ts'
import { distrustOf } from './distrust.ts'
import type { OpcuaOptions } from './options.ts'
import { isSamePlace, placeOf } from './place.ts'
import { acceptedFaults, byThumbprint, noteSeen, seenIn, storedIn } from './store.ts'

/**
 * The certificate of the endpoint that is configured, DER, with those of its authorities behind it. `finder` is a
 * client without security. Rejects with LinkError, or with what the library says.
 */
export async function trustedCertificate(
  finder: OPCUAClient,
  options: OpcuaOptions,
  manager: OPCUACertificateManager,
  { stateDir, log }: Pick<LinkDeps, 'stateDir' | 'log'>,
): Promise<Buffer> {
  await finder.connect(options.endpoint)
  const endpoints = await finder.getEndpoints()
  const mode = MessageSecurityMode[options.security]
  const policy = SecurityPolicy[options.policy ?? 'Aes256_Sha256_RsaPss']
  const found = endpoints.find(
    ({ securityMode, securityPolicyUri }) => securityMode === mode && securityPolicyUri === policy,
  )
  if (!found?.serverCertificate) throw refused(options, notOffered(options, endpoints))
  const chain = found.serverCertificate
  const certificate = readCertificate(chain)
  if (certificate === undefined) throw refused(options, 'what the server sends as its certificate is none')
  noteServer(options, found, certificate, stateDir, log)
  const status = await manager.checkCertificate(chain)
  const faults = faultsHere(options, found, certificate, stateDir)
  const distrust = await distrustOf(status.name, certificate, manager)
  const reasons = [...faults, ...(distrust === undefined ? [] : [distrust])].map(faultText)
  if (reasons.length === 0) return chain
  throw refused(options, reasons.join('. Also, '))
}

/** What is wrong with it and was not accepted. One that a person has trusted by itself stands for its host as well. */
function faultsHere(
  { endpoint }: OpcuaOptions,
  { server }: EndpointDescription,
  certificate: Certificate,
  stateDir: string,
): CertificateFault[] {
  const accepted = acceptedFaults(stateDir, certificate.thumbprint)
  const isPinned = byThumbprint(storedIn(stateDir), certificate.thumbprint).some(({ place }) => place === 'trusted')
  const context = { nowMs: Date.now(), host: placeOf(endpoint).host, applicationUri: server.applicationUri ?? '' }
  return faultsOf(certificate, context).filter(
    ({ kind }) => !accepted.includes(kind) && !(kind === 'host-differs' && isPinned),
  )
}

/**
 * A server names an address of its own, which may be a name that nobody knows here, or one behind a port map. Only that
 * of the site file is ever dialled; the difference is said once, and kept for `latchkey trust list`.
 */
function noteServer(
  { endpoint }: OpcuaOptions,
  { endpointUrl, server }: EndpointDescription,
  { thumbprint }: Certificate,
  stateDir: string,
  log: LinkDeps['log'],
): void {
  const named = endpointUrl !== null && !isSamePlace(endpointUrl, endpoint) ? endpointUrl.slice(0, MAX_NAME) : undefined
  if (named !== undefined && seenIn(stateDir).namedEndpoint !== named)
    log.info({ named, dialled: endpoint }, 'the server says that it is elsewhere; it is reached as the site file says')
  noteSeen(stateDir, {
    atMs: Date.now(),
    applicationUri: server.applicationUri?.slice(0, MAX_NAME) ?? '',
    namedEndpoint: named ?? '',
    thumbprint,
  })
}

const MAX_NAME = 256

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
