/**
 * A client of the library and its session, opened without retries and with nothing of it hidden from us.
 * Read next: discover.ts (what comes first), connection.ts (what follows).
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type ClientSession,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client'
import type { IClientTransportFactory } from 'node-opcua-transport'
import { type LinkDeps, LinkError } from '../adapter.ts'
import { readCertificate } from './certificate.ts'
import { trustedCertificate } from './discover.ts'
import type { CertifiedUser, OpcuaOptions } from './options.ts'
import { APPLICATION_NAME, type Identity } from './security.ts'

const SESSION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_MS = 5000
/** The library's own timer of what it does by itself; its floor. */
const LIBRARY_TIMEOUT_MS = 5000

/**
 * Every client goes through `keep`, so that it can be ended when this takes too long. A client of the library that
 * looks for the certificate of the server by itself would do so over a socket that nobody checks.
 */
export async function openSession(
  options: OpcuaOptions,
  identity: Identity,
  deps: Pick<LinkDeps, 'log' | 'stateDir'>,
  transports: IClientTransportFactory,
  keep: (client: OPCUAClient) => OPCUAClient,
): Promise<{ readonly client: OPCUAClient; readonly session: ClientSession }> {
  let certificate: Buffer | undefined
  if (options.security !== 'None') {
    const finder = keep(createClient({ ...options, security: 'None' }, identity, transports))
    certificate = await trustedCertificate(finder, options, identity.manager, deps)
    await finder.disconnect()
  }
  const client = keep(createClient(options, identity, transports, certificate))
  await client.connect(options.endpoint)
  return { client, session: await createSession(client, options, deps.stateDir) }
}

async function createSession(client: OPCUAClient, options: OpcuaOptions, stateDir: string): Promise<ClientSession> {
  if (!options.user) return client.createSession()
  if ('certificate' in options.user) return client.createSession(await certifiedUser(options.user, stateDir))
  // A token policy of its own may turn encryption off; on a channel that only signs the password would be readable.
  const endpoint = client.findEndpointForSecurity(client.securityMode, client.securityPolicy)
  const sendsPlain = endpoint?.userIdentityTokens?.some(
    ({ tokenType, securityPolicyUri }) =>
      tokenType === UserTokenType.UserName && securityPolicyUri === SecurityPolicy.None,
  )
  if (options.security === 'Sign' && sendsPlain) {
    throw new LinkError(
      `${options.endpoint}: this server takes the password unencrypted; set \`security: SignAndEncrypt\``,
      {
        retriable: false,
        outcome: 'unsent',
      },
    )
  }
  const user: UserIdentityInfo = {
    type: UserTokenType.UserName,
    userName: options.user.name,
    password: options.user.password,
  }
  return client.createSession(user)
}

/** Files beside the link's own, PEM or DER for the certificate, PEM for the key. */
async function certifiedUser(
  { certificate, key }: CertifiedUser,
  stateDir: string,
): Promise<Extract<UserIdentityInfo, { type: UserTokenType.Certificate }>> {
  const [file, keyFile] = [resolve(stateDir, certificate), resolve(stateDir, key)]
  const missing = (what: string) =>
    new LinkError(`${what} cannot be read; correct \`user\``, { retriable: false, outcome: 'unsent' })
  const found = readCertificate(await readFile(file).catch(() => Buffer.alloc(0)))
  if (found === undefined) throw missing(`the certificate of the user, ${file},`)
  const privateKey = await readFile(keyFile, 'latin1').catch(() => {
    throw missing(`the key of the user, ${keyFile},`)
  })
  return { type: UserTokenType.Certificate, certificateData: found.der, privateKey }
}

function createClient(
  options: OpcuaOptions,
  identity: Identity,
  transportFactory: IClientTransportFactory,
  serverCertificate?: Buffer,
): OPCUAClient {
  const isOpen = options.security === 'None'
  return OPCUAClient.create({
    applicationName: APPLICATION_NAME,
    applicationUri: identity.applicationUri,
    clientName: APPLICATION_NAME,
    transportFactory,
    ...(serverCertificate === undefined ? {} : { serverCertificate }),
    clientCertificateManager: identity.manager,
    certificateFile: identity.certificateFile,
    securityMode: MessageSecurityMode[options.security],
    securityPolicy: isOpen ? SecurityPolicy.None : SecurityPolicy[options.policy ?? 'Aes256_Sha256_RsaPss'],
    // Behind a port map the server has another name; its certificate says who it is.
    endpointMustExist: false,
    // All four, since a partial strategy is filled with retries.
    connectionStrategy: { initialDelay: 100, maxDelay: 1000, maxRetry: 0, randomisationFactor: 0 },
    keepSessionAlive: true,
    keepAliveInterval: KEEP_ALIVE_MS,
    requestedSessionTimeout: Math.max(SESSION_TIMEOUT_MS, 3 * options.publishingIntervalMs),
    defaultTransactionTimeout: LIBRARY_TIMEOUT_MS,
  })
}
