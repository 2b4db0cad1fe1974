/**
 * Signed notes (C2SP signed-note): text signed by one or more Ed25519 keys, and the keys as text. Signature types 0x01
 * (the log's own) and 0x04 (a witness, C2SP tlog-cosignature).
 *
 *   text ends in a newline, then an empty line, then: — <key name> <base64(4-byte key id || signature)>
 *
 * Pure. Read next: checkpoint.ts, trust.ts.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { fromBase64, ok, type Parsed, refused, sameBytes, toBase64, toUtf8 } from './canonical.ts'

const { Point } = ed25519

const TYPE = { log: 0x01, witness: 0x04 } as const
const MAX_SIGNATURES = 100
const MAX_CHARS = 1_000_000
const DASH = '\u2014'
/** The end of the year 9999, UTC s; a later time of a witness is refused. */
const LAST_SECOND = 253_402_300_799n

export type VerifierKey = {
  readonly name: string
  /** Eight hex digits. */
  readonly id: string
  /** `log` signs the text. `witness` signs the text and a time, and so states that it saw a consistent log. */
  readonly kind: 'log' | 'witness'
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array
}

export type NoteSignature = { readonly name: string; readonly id: string; readonly signature: Uint8Array }
type SignedNote = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/** Whether the signature (64 bytes) of the message fits the public key (32 bytes). Never throws. */
export type Ed25519Verify = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean

/** How the 32-byte seed of a key is used. */
export type Ed25519Signing = {
  /** 32 bytes. */
  publicKey(seed: Uint8Array): Uint8Array
  /** 64 bytes. */
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array
}

export type Signer = {
  readonly key: VerifierKey
  /** Ed25519 over the message; 64 bytes. */
  sign(message: Uint8Array): Uint8Array
}

/* ── keys ── */

/** SHA-256(name || 0x0A || type || public key), the first four bytes. */
function keyId(name: string, kind: VerifierKey['kind'], publicKey: Uint8Array): string {
  const head = toUtf8(`${name}\n`)
  const bytes = new Uint8Array(head.length + 1 + publicKey.length)
  bytes.set(head)
  bytes[head.length] = TYPE[kind]
  bytes.set(publicKey, head.length + 1)
  return toHex(sha256(bytes).subarray(0, 4))
}

/** `<name>+<key id>+<base64(type || public key)>`. */
export function formatVkey({ name, id, kind, publicKey }: VerifierKey): string {
  return `${name}+${id}+${toBase64(Uint8Array.of(TYPE[kind], ...publicKey))}`
}

export function parseVkey(text: string): Parsed<VerifierKey> {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text)
  const bytes = match === null ? undefined : fromBase64(match[3]!)
  if (match === null || bytes === undefined || !isName(match[1]!))
    return refused('a key is written name+8 hex digits+base64')
  const kind = bytes[0] === TYPE.log ? 'log' : bytes[0] === TYPE.witness ? 'witness' : undefined
  if (kind === undefined || bytes.length !== 33) return refused('it is not an Ed25519 key (type 0x01 or 0x04)')
  const publicKey = bytes.slice(1)
  if (!isKey(publicKey)) return refused('its bytes are no Ed25519 key')
  return keyId(match[1]!, kind, publicKey) === match[2]
    ? ok({ name: match[1]!, id: match[2]!, kind, publicKey })
    : refused('its id does not fit its name and bytes')
}

const builtIn: Ed25519Signing = { publicKey: ed25519.getPublicKey, sign: ed25519.sign }

/**
 * A signer from the 32-byte seed of an Ed25519 key (RFC 8032 §5.1.5). `signing`: a faster way than the built-in one.
 * Throws on a name no key can have.
 */
export function createSigner(
  name: string,
  seed: Uint8Array,
  kind: VerifierKey['kind'] = 'log',
  signing: Ed25519Signing = builtIn,
): Signer {
  if (!isName(name)) throw new Error(`a key cannot be named ${JSON.stringify(name)}`)
  const publicKey = signing.publicKey(seed)
  return {
    key: { name, id: keyId(name, kind, publicKey), kind, publicKey },
    sign: (message) => signing.sign(message, seed),
  }
}

/** `PRIVATE+KEY+<name>+<key id>+<base64(0x01 || seed)>`, as golang.org/x/mod/sumdb/note writes it. */
export function parseSkey(text: string, signing?: Ed25519Signing): Parsed<Signer> {
  const match = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text)
  const bytes = match === null ? undefined : fromBase64(match[3]!)
  if (match === null || bytes === undefined || bytes.length !== 33 || bytes[0] !== TYPE.log || !isName(match[1]!))
    return refused('it is not a private key of a note signer')
  const signer = createSigner(match[1]!, bytes.slice(1), 'log', signing)
  return signer.key.id === match[2] ? ok(signer) : refused('its id does not fit its name and bytes')
}

export function formatSkey(name: string, seed: Uint8Array, signing?: Ed25519Signing): string {
  return `PRIVATE+KEY+${name}+${createSigner(name, seed, 'log', signing).key.id}+${toBase64(Uint8Array.of(TYPE.log, ...seed))}`
}

/** Not empty, no space of any kind, no plus. */
function isName(name: string): boolean {
  return /^[^\s\u0085+]+$/u.test(name) && !hasControl(name)
}

/* ── notes ── */

/** Signs the text; a witness also signs `at` (UTC s). Throws when the text cannot be a note. */
export function signNote(text: string, signers: readonly { readonly signer: Signer; readonly at?: number }[]): string {
  const signatures = signers.map(({ signer, at = 0 }) => {
    const signature = signer.sign(toUtf8(signedText(signer.key.kind, text, String(at))))
    return {
      name: signer.key.name,
      id: signer.key.id,
      signature: signer.key.kind === 'log' ? signature : timed(at, signature),
    }
  })
  const note = encodeNote({ text, signatures })
  const again = parseNote(note)
  if (again.kind === 'refused' || again.value.text !== text) throw new Error('this text cannot be signed as a note')
  return note
}

export function encodeNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(({ name, id, signature }) => `${DASH} ${name} ${toBase64(Uint8Array.of(...fromHex(id), ...signature))}\n`).join('')}`
}

export function parseNote(note: string): Parsed<SignedNote> {
  if (note.length > MAX_CHARS) return refused('it is too long')
  if (hasControl(note)) return refused('it holds control characters')
  const gap = note.lastIndexOf('\n\n')
  if (gap < 0 || !note.endsWith('\n') || gap + 2 >= note.length) return refused('it has no signatures')
  const lines = note.slice(gap + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) return refused('it has too many signatures')
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const match = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line)
    const bytes = match === null ? undefined : fromBase64(match[2]!)
    if (match === null || bytes === undefined || bytes.length < 5 || !isName(match[1]!))
      return refused('a signature line is not in its form')
    signatures.push({ name: match[1]!, id: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) })
  }
  return ok({ text: note.slice(0, gap + 1), signatures })
}

/** Undefined when the signature does not fit. `at`: when a witness signed, UTC s; absent for a key of the log. */
export function verifySignature(
  key: VerifierKey,
  text: string,
  signature: Uint8Array,
  ed25519Verify: Ed25519Verify = strictVerify,
): { readonly at?: number } | undefined {
  const fits = (message: string, bytes: Uint8Array) =>
    bytes.length === 64 && ed25519Verify(bytes, toUtf8(message), key.publicKey)
  if (key.kind === 'log') return fits(signedText('log', text, ''), signature) ? {} : undefined
  if (signature.length !== 72) return undefined
  const at = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  if (at > LAST_SECOND || !fits(signedText('witness', text, at.toString()), signature.subarray(8))) return undefined
  return { at: Number(at) }
}

/**
 * RFC 8032 §5.1.7 without the cofactor, as OpenSSL does: R is the one encoding of [S]B − [k]A, and S is below the
 * order. With the cofactor, the owner of the key could sign what one of the two takes and the other refuses.
 */
const strictVerify: Ed25519Verify = (signature, message, publicKey) => {
  const r = signature.subarray(0, 32)
  const digest = sha512.create().update(r).update(publicKey).update(message).digest()
  const k = Point.Fn.create(fromLittleEndian(digest))
  try {
    const sB = Point.BASE.multiplyUnsafe(fromLittleEndian(signature.subarray(32)))
    return sameBytes(sB.subtract(Point.fromBytes(publicKey).multiplyUnsafe(k)).toBytes(), r)
  } catch {
    return false
  }
}

const fromLittleEndian = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes.slice().reverse())}`)

/** Whether the 32 bytes are a point of the curve in its one form, and none of those that sign whatever one likes. */
function isKey(publicKey: Uint8Array): boolean {
  try {
    return !Point.fromBytes(publicKey).isSmallOrder()
  } catch {
    return false
  }
}

function signedText(kind: VerifierKey['kind'], text: string, at: string): string {
  return kind === 'log' ? text : `cosignature/v1\ntime ${at}\n${text}`
}

function timed(at: number, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + signature.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at))
  bytes.set(signature, 8)
  return bytes
}

/** Below U+0020, other than the newline. */
function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 && code !== 0x0a) return true
  }
  return false
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const fromHex = (text: string) => text.match(/../g)!.map((pair) => Number.parseInt(pair, 16))
