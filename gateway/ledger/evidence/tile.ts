/**
 * The tree and its entries as static files (C2SP tlog-tiles): tiles of 256 hashes, bundles of 256 entries, their paths.
 * A full file never changes, so any web server or cache can serve it.
 * Pure: it touches no file. Read next: merkle.ts.
 */
import { ok, type Parsed, refused } from './canonical.ts'
import { HASH_BYTES, type HashSource, nodeHash, type Sha256 } from './merkle.ts'

/** Hashes in a full tile, entries in a full bundle; a tile is a subtree of this many levels. */
export const TILE_WIDTH = 256
const TILE_LEVELS = 8
/** The length of an entry in a bundle has 16 bits. */
export const MAX_ENTRY_BYTES = 65_535
const MAX_LEVEL = 63

export type Tile = {
  /** 0 to 63, or the entries themselves. */
  readonly level: number | 'entries'
  readonly index: number
  /** 1 to 256; below 256 it is partial. */
  readonly width: number
}

/** A tile of hashes, not of entries. */
export type HashTile = Tile & { readonly level: number }

/** `tile/<L>/<N>[.p/<W>]` with N as `x001/x234/067`. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g)!
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** The tile of a path. Refuses every spelling but the one that tilePath gives. */
export function parseTilePath(path: string): Parsed<Tile> {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (match === null) return refused('it is not the path of a tile')
  const level = match[1] === 'entries' ? 'entries' : Number(match[1])
  const tile: Tile = {
    level,
    index: Number(match[2]!.replace(/[x/]/g, '')),
    width: match[3] === undefined ? TILE_WIDTH : Number(match[3]),
  }
  const good =
    (level === 'entries' || level <= MAX_LEVEL) &&
    Number.isSafeInteger(tile.index) &&
    tile.width >= 1 &&
    tile.width <= TILE_WIDTH
  return good && tilePath(tile) === path ? ok(tile) : refused('it is not the path of a tile')
}

/**
 * The files that a tree of `newer` leaves has and one of `older` leaves lacked: full tiles and bundles, and the partial
 * ones at the right edge. From 0: all files of the tree.
 */
export function tilesBetween(older: number, newer: number): Tile[] {
  const tiles: Tile[] = []
  const add = (level: number | 'entries', before: number, after: number) => {
    if (before === after) return
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < after; index++)
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, after - index * TILE_WIDTH) })
  }
  add('entries', older, newer)
  for (let level = 0, width = 1; Math.floor(newer / width) > 0; level++, width *= TILE_WIDTH)
    add(level, Math.floor(older / width), Math.floor(newer / width))
  return tiles
}

/** The content of a tile: its hashes one after another. */
export function encodeTile(tile: HashTile, source: HashSource): Uint8Array {
  const bytes = new Uint8Array(tile.width * HASH_BYTES)
  for (let at = 0; at < tile.width; at++)
    bytes.set(source(tile.level * TILE_LEVELS, tile.index * TILE_WIDTH + at), at * HASH_BYTES)
  return bytes
}

/**
 * Hashes out of tiles, for proofs in a tree of `size` leaves. `read` gives the content of a tile (partial ones as wide
 * as this size demands), and is asked once per tile. Throws when a tile has another length.
 */
export function tileSource(sha256: Sha256, size: number, read: (tile: HashTile) => Uint8Array): HashSource {
  const known = new Map<string, Uint8Array>()
  function tileOf(level: number, index: number): Uint8Array {
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)
    const path = tilePath({ level, index, width })
    let bytes = known.get(path)
    if (bytes === undefined) {
      bytes = read({ level, index, width })
      if (bytes.length !== width * HASH_BYTES) throw new Error(`${path} has ${bytes.length} bytes`)
      known.set(path, bytes)
    }
    return bytes
  }
  return function hash(level, index): Uint8Array {
    if (level % TILE_LEVELS !== 0) return nodeHash(sha256, hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1))
    const at = (index % TILE_WIDTH) * HASH_BYTES
    return tileOf(level / TILE_LEVELS, Math.floor(index / TILE_WIDTH)).slice(at, at + HASH_BYTES)
  }
}

/** An entry bundle: each entry after its length as big-endian uint16. Throws when an entry has over 65,535 bytes. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new Error(`an entry of ${entry.length} bytes does not fit a bundle`)
    view.setUint16(at, entry.length)
    bytes.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bytes
}

export function decodeEntries(bytes: Uint8Array): Parsed<Uint8Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 <= bytes.length ? at + 2 + view.getUint16(at) : bytes.length + 1
    if (end > bytes.length) return refused('the bundle ends inside an entry')
    entries.push(bytes.slice(at + 2, end))
    at = end
  }
  return ok(entries)
}
