/**
 * `latchkey mirror <url> <dir> --key <vkey>`: keeps a copy of a log's checkpoints and hash tiles. It refuses a log that
 * does not continue what it holds: a shorter log, another past, a signature of a key it was not given. It needs no
 * credential and trusts the gateway in nothing. Layout of the folder: `checkpoint`, `checkpoints/<size>`, `tile/<L>/…`
 * (C2SP tlog-tiles), so that any web server can serve it; the tiles above the lowest level are made here.
 * Read next: ledger/evidence/checkpoint.ts, ledger/evidence/tile.ts.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readBounded, whyNot } from '../front/download.ts'
import type { Checkpoint } from '../ledger/evidence/checkpoint.ts'
import { createTree, HASH_BYTES } from '../ledger/evidence/merkle.ts'
import { TILE_WIDTH, tilePath } from '../ledger/evidence/tile.ts'
import { trustedKeys, verifyCheckpoint } from '../ledger/evidence/trust.ts'
import { nodeSha256 } from '../ledger/log/native.ts'
import { faultWords } from '../ledger/verify/words.ts'
import type { Io } from './site.ts'

/** Deadline of one request, ms. */
const TIMEOUT_MS = 10_000
const MOST_CHECKPOINT_BYTES = 10_000

type MirrorOptions = { readonly key: readonly string[]; readonly json: boolean }
type Ends = { readonly before: number; readonly after: number }

/** The exit code: 0 the log continues the copy, 1 it does not, or could not be fetched. */
export async function mirrorCommand(
  url: string,
  dir: string,
  options: MirrorOptions,
  io: Pick<Io, 'stdout' | 'stderr'>,
): Promise<number> {
  try {
    const { before, after } = await mirror(url, dir, options.key)
    io.stdout.write(
      options.json
        ? `${JSON.stringify({ ok: true, before, after })}\n`
        : `${dir}: ${after} entries vouched for${after > before ? `, ${after - before} more than before` : ', as before'}\n`,
    )
    return 0
  } catch (error) {
    const message = (error as Error).message
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: false, message })}\n`)
    else io.stderr.write(`${message}\n`)
    return 1
  }
}

/** Adds what is new; throws, and changes nothing that was held, when it does not fit. The sizes before and after. */
export async function mirror(url: string, dir: string, vkeys: readonly string[]): Promise<Ends> {
  const base = `${url.replace(/\/$/, '')}/v1/ledger`
  const held = existsSync(join(dir, 'checkpoint')) ? readFileSync(join(dir, 'checkpoint'), 'utf8') : undefined
  const older = held === undefined ? undefined : checked(held, vkeys, 'the checkpoint held here')
  const note = Buffer.from(await fetchBytes(`${base}/checkpoint`, MOST_CHECKPOINT_BYTES)).toString('utf8')
  const newer = checked(note, vkeys, 'the checkpoint of the log')
  if (older !== undefined) requireGrown(older, newer)
  const tree = createTree(nodeSha256)
  const fresh: File[] = []
  const subtrees: Uint8Array[] = []
  for await (const { path, bytes, isHeld } of lowestTiles(base, dir, newer.size)) {
    if (!isHeld) fresh.push({ path, bytes })
    const hashes = hashesIn(bytes)
    if (hashes.length === TILE_WIDTH) subtrees.push(rootOf(hashes))
    for (const hash of hashes) {
      tree.append(hash)
      if (tree.size === older?.size)
        requireRoot(tree.root(), older, 'The log has another past than the one vouched for')
    }
  }
  requireRoot(tree.root(), newer, 'The tiles do not make the tree that was signed')

  fresh.push(...upperTiles(subtrees).filter(({ path }) => !existsSync(join(dir, path))))
  for (const { path, bytes } of fresh) await put(join(dir, path), bytes)
  await put(join(dir, 'checkpoints', String(newer.size)), note)
  await put(join(dir, 'checkpoint'), note)
  return { before: older?.size ?? 0, after: newer.size }
}

function requireGrown(older: Checkpoint, newer: Checkpoint): void {
  if (older.origin !== newer.origin)
    throw new Error(`This is another log: ${newer.origin}, and the one held here is ${older.origin}.`)
  if (newer.size < older.size)
    throw new Error(
      `The log was cut: it has ${newer.size} entries, and ${older.size} were vouched for. Keep this folder: it proves it.`,
    )
}

/** In order; held here, or fetched. Their content is not checked yet. */
async function* lowestTiles(base: string, dir: string, size: number): AsyncGenerator<File & { isHeld: boolean }> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
    const path = tilePath({ level: 0, index, width })
    const isHeld = existsSync(join(dir, path))
    const bytes = isHeld ? readFileSync(join(dir, path)) : await fetchBytes(`${base}/${path}`, TILE_WIDTH * HASH_BYTES)
    if (bytes.length !== width * HASH_BYTES)
      throw new Error(`${path} has ${bytes.length} bytes instead of ${width * HASH_BYTES}.`)
    yield { path, bytes, isHeld }
  }
}

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  const width = bytes.length / HASH_BYTES
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}

/** A file of the folder. */
type File = { readonly path: string; readonly bytes: Uint8Array }

/** Each tile above the lowest level holds the roots of the full tiles below it. */
function upperTiles(subtrees: readonly Uint8Array[]): File[] {
  const files: File[] = []
  for (let level = 1, row = subtrees; row.length > 0; level++) {
    const above: Uint8Array[] = []
    for (let index = 0; index * TILE_WIDTH < row.length; index++) {
      const hashes = row.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)
      files.push({ path: tilePath({ level, index, width: hashes.length }), bytes: Buffer.concat(hashes) })
      if (hashes.length === TILE_WIDTH) above.push(rootOf(hashes))
    }
    row = above
  }
  return files
}

function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const tree = createTree(nodeSha256)
  for (const hash of hashes) tree.append(hash)
  return tree.root()
}

function checked(note: string, vkeys: readonly string[], what: string): Checkpoint {
  const trusted = trustedKeys(vkeys)
  const judged = verifyCheckpoint(note, trusted.keys)
  if (judged.signed !== undefined) return judged.signed.checkpoint
  const faults = [...trusted.faults, ...judged.faults].map(({ code, detail }) => `${faultWords[code].en} (${detail})`)
  throw new Error(`${what[0]!.toUpperCase()}${what.slice(1)} cannot be trusted: ${faults.join('; ')}.`)
}

function requireRoot(root: Uint8Array, { root: expected, size }: Checkpoint, message: string): void {
  if (!Buffer.from(root).equals(expected))
    throw new Error(`${message} (at ${size} entries). Keep this folder: it proves it.`)
}

/** `most` bytes are read, and not one more: the gateway may be anybody. */
async function fetchBytes(url: string, most: number): Promise<Uint8Array> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!answer.ok) throw new Error(`it answers ${answer.status}`)
    const bytes = answer.body === null ? new Uint8Array() : await readBounded(answer.body, most)
    if (bytes === undefined) throw new Error('it is larger than it may be')
    return bytes
  } catch (cause) {
    throw new Error(`${url} cannot be read: ${whyNot(cause)}.`, { cause })
  }
}

/** Whole or not at all, so that a mirror that is killed holds no half file. */
async function put(path: string, content: Uint8Array | string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  await writeFile(`${path}.part`, content, { flush: true })
  await rename(`${path}.part`, path)
}
