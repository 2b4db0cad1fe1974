/**
 * Whom a link trusts, for a person: shows every certificate with what is wrong with it, trusts and
 * refuses by thumbprint, and makes our own anew. A link that runs notices by itself. Opens no socket.
 * Read next: store.ts, certificate.ts, gateway/cli/trust.ts and
 * gateway/control/commands/trust.ts (who ask).
 */
import type { TrustItem, TrustReport } from '../../gateway/core/ground/trust.ts'
import { LinkError, type TrustDesk } from '../adapter.ts'
import { ACCEPTABLE, type Certificate, endsSoon, faultsOf, readCertificate } from './certificate.ts'
import { distrustOf } from './distrust.ts'
import type { OpcuaOptions } from './options.ts'
import { placeOf } from './place.ts'
import { type Identity, openIdentity, renewOwn } from './security.ts'
import { acceptedFaults, acceptFaults, byThumbprint, distrust, type Stored, seenIn, storedIn, trust } from './store.ts'

export const opcuaDesk: TrustDesk = { list, approve, reject, renew: (stateDir) => renewOwn(stateDir) }

async function list(options: unknown, stateDir: string, nowMs: number): Promise<TrustReport> {
  const identity = await openIdentity(stateDir)
  try {
    const items: TrustItem[] = []
    for (const stored of storedIn(stateDir))
      items.push(await itemOf(stored, options as OpcuaOptions, stateDir, identity, nowMs))
    const { ours, applicationUri, namedEndpoint, atMs } = seenIn(stateDir)
    return {
      items,
      ...(ours === undefined ? {} : { ours }),
      ...(applicationUri ? { applicationUri } : {}),
      ...(namedEndpoint ? { namedEndpoint } : {}),
      ...(atMs === undefined ? {} : { seenAtMs: atMs }),
    }
  } finally {
    await identity.manager.dispose()
  }
}

async function itemOf(
  { place, file, certificate }: Stored,
  { endpoint }: OpcuaOptions,
  stateDir: string,
  { manager }: Identity,
  nowMs: number,
): Promise<TrustItem> {
  const { der, subject, issuer, thumbprint, fromMs, toMs, applicationUri, hosts } = certificate
  const said = { place, file, subject, issuer, thumbprint, fromMs, toMs, applicationUri, hosts }
  if (place === 'own') return { ...said, isSeen: false, faults: endsSoon(certificate, nowMs) ? [ends(toMs)] : [] }
  if (place === 'issuer') return { ...said, isSeen: false, faults: [] }
  const seen = seenIn(stateDir)
  const isSeen = seen.thumbprint === thumbprint
  const context = {
    nowMs,
    host: placeOf(endpoint).host,
    ...(isSeen && seen.applicationUri ? { applicationUri: seen.applicationUri } : {}),
  }
  const accepted = acceptedFaults(stateDir, thumbprint)
  const found = faultsOf(certificate, context).filter(
    ({ kind }) => !accepted.includes(kind) && !(kind === 'host-differs' && place === 'trusted'),
  )
  // `checkCertificate` would move what it does not trust among those that are rejected: looking must change nothing.
  const status = await manager.verifyCertificate(der, { acceptCertificateWithValidIssuerChain: true })
  const untrusted = await distrustOf(status, certificate, manager)
  return { ...said, isSeen, faults: [...found, ...(untrusted === undefined ? [] : [untrusted])] }
}

function ends(toMs: number) {
  return {
    kind: 'ends-soon',
    what: `ends on ${new Date(toMs).toISOString()}`,
    todo: 'run `latchkey trust renew`, and trust the new one on the server',
  }
}

/** `which`: a thumbprint or its beginning, or the bytes of a file. */
function approve(stateDir: string, which: string | Buffer, despite: readonly string[]): string {
  const unknown = despite.find((kind) => !ACCEPTABLE.has(kind))
  if (unknown !== undefined) throw refused(`${unknown} cannot be accepted; only ${[...ACCEPTABLE].join(', ')} can`)
  const what = typeof which === 'string' ? theOne(stateDir, which, ['rejected', 'trusted']) : givenAs(which)
  const { thumbprint } = 'certificate' in what ? what.certificate : what
  acceptFaults(stateDir, thumbprint, despite)
  return 'place' in what && what.place === 'trusted' ? what.file : trust(stateDir, what)
}

function reject(stateDir: string, which: string): string {
  return distrust(stateDir, theOne(stateDir, which, ['trusted']))
}

function theOne(stateDir: string, which: string, places: readonly Stored['place'][]): Stored {
  const found = byThumbprint(storedIn(stateDir), which).filter(({ place }) => places.includes(place))
  const [first] = found
  const thumbprints = new Set(found.map(({ certificate }) => certificate.thumbprint))
  if (first === undefined) throw refused(`no certificate ${which} is there; \`latchkey trust list\` shows what is`)
  if (thumbprints.size > 1)
    throw refused(`${which} is the beginning of ${thumbprints.size} certificates: write more of it`)
  return first
}

function givenAs(bytes: Buffer): Certificate {
  const certificate = readCertificate(bytes)
  if (certificate === undefined) throw refused('the file holds no certificate, neither DER nor PEM')
  return certificate
}

const refused = (why: string) => new LinkError(why, { retriable: false, outcome: 'unsent' })
