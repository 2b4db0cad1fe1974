/**
 * The folder of a link in which a person says whom to trust, and what the link has noted there for that person: which
 * server it saw, and what that server thought of our certificate. Whatever trusts anybody is called by a person; a
 * running link only reads, and notes. Read next: certificate.ts, trust.ts (which notices changes).
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ACCEPTABLE, type Certificate, readCertificate } from './certificate.ts'

/** Where certificates lie, below the folder of the link's state. */
const FOLDERS = {
  own: 'pki/own/certs',
  trusted: 'pki/trusted/certs',
  rejected: 'pki/rejected',
  issuer: 'pki/issuers/certs',
} as const

export type Stored = { readonly place: keyof typeof FOLDERS; readonly file: string; readonly certificate: Certificate }

/** Every certificate in the store; a file that is none is left out. */
export function storedIn(stateDir: string): Stored[] {
  return (Object.keys(FOLDERS) as Stored['place'][]).flatMap((place) => {
    const folder = join(stateDir, FOLDERS[place])
    return namesIn(folder).flatMap((name) => {
      const file = join(folder, name)
      const certificate = readCertificate(readFileSync(file))
      return certificate === undefined ? [] : [{ place, file, certificate }]
    })
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

/** As a person writes it: the beginning of a thumbprint, with or without colons, in any case. */
export function byThumbprint(stored: readonly Stored[], text: string): Stored[] {
  const wanted = text.replaceAll(/[:\s]/g, '').toUpperCase()
  return wanted.length < 4 ? [] : stored.filter(({ certificate }) => certificate.thumbprint.startsWith(wanted))
}

/** Puts the certificate among those that are trusted; `bytes`: one that came as a file. */
export function trust(stateDir: string, what: Stored | Certificate): string {
  const certificate = 'certificate' in what ? what.certificate : what
  const folder = join(stateDir, FOLDERS.trusted)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${certificate.thumbprint}.pem`)
  if ('file' in what) renameSync(what.file, file)
  else writeFileSync(file, pemOf(certificate), { mode: 0o600 })
  return file
}

/** Takes it from where it is to those that are refused. */
export function distrust(stateDir: string, { file, certificate }: Stored): string {
  const folder = join(stateDir, FOLDERS.rejected)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const to = join(folder, `${certificate.thumbprint}.pem`)
  renameSync(file, to)
  return to
}

function pemOf({ der }: Certificate): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/* ── faults that a person has accepted, by thumbprint ── */

const ACCEPTED = 'accepted-faults.json'

export function acceptedFaults(stateDir: string, thumbprint: string): readonly string[] {
  const kinds = readJson(join(stateDir, ACCEPTED))[thumbprint]
  return Array.isArray(kinds) ? kinds.filter((kind) => typeof kind === 'string' && ACCEPTABLE.has(kind)) : []
}

export function acceptFaults(stateDir: string, thumbprint: string, kinds: readonly string[]): void {
  const all = { ...readJson(join(stateDir, ACCEPTED)), [thumbprint]: kinds }
  writeJson(join(stateDir, ACCEPTED), all)
}

/* ── what a link saw ── */

/** What the last connection found out, for `latchkey trust list`. */
type Seen = {
  readonly atMs: number
  /** As the server names itself. */
  readonly applicationUri?: string
  /** Where the server says that it is, where that is not what the site file says. */
  readonly namedEndpoint?: string
  readonly thumbprint?: string
  /** What the server thought of our certificate. */
  readonly ours?: 'accepted' | 'refused'
}

const SEEN = 'seen.json'

export const seenIn = (stateDir: string): Partial<Seen> => readJson(join(stateDir, SEEN))

/** Keeps what is known beside what is new. */
export function noteSeen(stateDir: string, seen: Seen): void {
  const before = seenIn(stateDir)
  const after = { ...before, ...seen }
  const same = JSON.stringify({ ...before, atMs: 0 }) === JSON.stringify({ ...after, atMs: 0 })
  if (!same) writeJson(join(stateDir, SEEN), after)
}

function readJson(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Whole or not at all. */
function writeJson(file: string, value: unknown): void {
  const next = `${file}.next`
  writeFileSync(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(next, file)
}
