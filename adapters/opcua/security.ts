/**
 * Who we are and whom we trust: our own key and certificate, and a store in which nothing is trusted by itself.
 * Also what a refused connection means, and what a person has to do about it. Read next: connection.ts.
 */
import { randomUUID } from 'node:crypto'
import { access, chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { DAY_MS } from '../../gateway/core/ground/moment.ts'
import { LinkError, type Logger } from '../adapter.ts'
import { endsSoon, readCertificate } from './certificate.ts'
import type { OpcuaOptions } from './options.ts'

export const APPLICATION_NAME = 'Latchkey'

export type Identity = {
  /** Made per connection: it reads the store then, so that a file that a person moved counts. */
  readonly manager: OPCUACertificateManager
  readonly applicationUri: string
  readonly certificateFile: string
}

const VALID_DAYS = 3650

/** Why these options must not be used, whatever the server offers; undefined when they may. */
export function insecure(options: OpcuaOptions): LinkError | undefined {
  if (options.security !== 'None') return undefined
  const refuse = (why: string) => new LinkError(`${options.endpoint}: ${why}`, { retriable: false, outcome: 'unsent' })
  if (!isLoopback(options.endpoint) && options.unprotected === undefined) {
    return refuse('security None is for this host alone; set `security: SignAndEncrypt` and trust the certificates')
  }
  if (options.user)
    return refuse('a password would be sent unprotected; set `security: SignAndEncrypt` or leave out `user`')
  return undefined
}

/** Reads the store in `stateDir`. The first time it makes the store, a key and a self-signed certificate. */
export async function openIdentity(stateDir: string): Promise<Identity> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const rootFolder = join(stateDir, 'pki')
  await mkdir(rootFolder, { recursive: true, mode: 0o700 })
  const manager = new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: true,
  })
  try {
    await manager.initialize()
    await chmod(manager.privateKey, 0o600)
    const applicationUri = await ownUri(join(stateDir, 'application-uri.txt'))
    const certificateFile = ownFile(stateDir)
    if (!(await exists(certificateFile))) {
      await manager.createSelfSignedCertificate({
        applicationUri,
        dns: [hostname()],
        outputFile: certificateFile,
        subject: { commonName: APPLICATION_NAME },
        // From yesterday on, for a server whose clock is behind ours.
        startDate: new Date(Date.now() - DAY_MS),
        validity: VALID_DAYS,
      })
    }
    return { manager, applicationUri, certificateFile }
  } catch (cause) {
    await manager.dispose()
    throw cause
  }
}

/** Says when our certificate ends soon: the server will refuse it then, and the machine with it. */
export async function warnOfEnd(stateDir: string, log: Logger): Promise<void> {
  const file = ownFile(stateDir)
  const own = readCertificate(await readFile(file).catch(() => Buffer.alloc(0)))
  if (own === undefined || !endsSoon(own, Date.now())) return
  log.warn(
    { file, ends: new Date(own.toMs).toISOString() },
    'our certificate ends soon: run `latchkey trust renew`, and trust the new one on the server',
  )
}

/** Puts our certificate aside and makes another, with the same key and name. The next connection uses it. */
export async function renewOwn(stateDir: string): Promise<string> {
  const file = ownFile(stateDir)
  const before = readCertificate(await readFile(file).catch(() => Buffer.alloc(0)))
  if (before !== undefined) await rename(file, join(dirname(file), `before-${before.thumbprint}.pem`))
  const { manager, certificateFile } = await openIdentity(stateDir)
  await manager.dispose()
  return certificateFile
}

const ownFile = (stateDir: string) => join(stateDir, 'pki', 'own', 'certs', 'client_certificate.pem')

/** Whether a failure to connect is the server's word on our certificate. */
export function refusesUs(cause: unknown): boolean {
  const message = cause instanceof Error ? cause.message : String(cause)
  return ['BadSecurityChecksFailed', 'BadCertificateUntrusted', 'BadCertificateUriInvalid'].some((word) =>
    message.includes(word),
  )
}

/**
 * What a failure to connect means. What only a person can change is not retriable, and the text says where to change
 * it.
 */
export function openError(cause: unknown, options: OpcuaOptions, identity: Identity | undefined): LinkError {
  if (cause instanceof LinkError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  const final = (advice: string) =>
    new LinkError(`${options.endpoint}: ${advice}`, { retriable: false, outcome: 'unsent', detail: message, cause })
  const waits = (advice: string) =>
    new LinkError(`${options.endpoint}: ${advice}`, { outcome: 'unsent', detail: message, cause })
  const says = (...words: string[]) => words.some((word) => message.includes(word))

  if (refusesUs(cause) && identity) {
    return final(`the server refuses our certificate; trust ${identity.certificateFile} on the server`)
  }
  if (
    says(
      'BadIdentityToken',
      'BadUserAccessDenied',
      'BadUserSignatureInvalid',
      'Cannot find ANONYMOUS',
      'user token policy',
    )
  ) {
    return final('the server refuses this user; correct `user` (name, password), or add it if anonymous use is off')
  }
  if (/cannot find (an )?endpoint|BadSecurityModeRejected|BadSecurityPolicyRejected/i.test(message)) {
    const wanted = options.security === 'None' ? 'None' : `${options.security} with ${options.policy}`
    return final(`the server does not offer ${wanted}; correct \`security\` and \`policy\`, or enable it on the server`)
  }
  if (says('BadTooManySessions'))
    return waits(
      'all sessions of the server are taken; one that this gateway left behind ends within a minute, one of another client when that is closed',
    )
  if (says('BadServerTooBusy', 'BadTcpServerTooBusy', 'BadTcpNotEnoughResources', 'BadServerHalted', 'BadShutdown'))
    return waits('the server is busy, or still starting')
  if (says('ENOTFOUND')) return final('this host name is not known; correct `endpoint` or the name server')
  if (says('ECONNREFUSED')) return waits('nothing accepts connections there')
  return waits(message.replaceAll(/\s+/g, ' ').trim())
}

/** Made once and kept; a host name would change with each start of a container. */
async function ownUri(file: string): Promise<string> {
  if (await exists(file)) return (await readFile(file, 'utf8')).trim()
  const uri = `urn:latchkey:${randomUUID()}`
  await writeFile(file, `${uri}\n`, { mode: 0o600 })
  return uri
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** The library cannot dial an address of IPv6; that of this host has a name everywhere. */
export function dialled(endpoint: string): string {
  return endpoint.replace(/^opc\.tcp:\/\/\[::1\]/i, 'opc.tcp://localhost')
}

function isLoopback(endpoint: string): boolean {
  // The URL parser brings every spelling of an address to one form, but only for schemes it knows.
  const host = URL.parse(endpoint.replace(/^opc\.tcp:/, 'http:'))?.hostname ?? ''
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
