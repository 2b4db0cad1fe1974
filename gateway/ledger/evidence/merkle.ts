/**
 * The Merkle tree of the ledger (RFC 6962 §2.1): a tree that grows by one leaf hash at a time, proofs that a leaf is in
 * it and that an older tree is its beginning, and the checks of both. The hash function is an argument. Sizes and
 * indexes are whole numbers below 2^53.
 * Pure. Read next: tile.ts (the tree as files), checkpoint.ts (its signed root).
 */
import { sameBytes } from './canonical.ts'

/** SHA-256 of the bytes: 32 bytes, a new array each time. The input may be changed after the call. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

export const HASH_BYTES = 32
const LEAF = 0
const NODE = 1

/** RFC 6962 §2.1: MTH({d}) = SHA-256(0x00 || d). */
export function leafHash(sha256: Sha256, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + body.length)
  bytes[0] = LEAF
  bytes.set(body, 1)
  return sha256(bytes)
}

/** RFC 6962 §2.1: SHA-256(0x01 || left || right). */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + left.length + right.length)
  bytes[0] = NODE
  bytes.set(left, 1)
  bytes.set(right, 1 + left.length)
  return sha256(bytes)
}

/** RFC 6962 §2.1: MTH({}) = SHA-256(). */
export const emptyRoot = (sha256: Sha256): Uint8Array => sha256(new Uint8Array(0))

export type Tree = {
  readonly size: number
  append(leaf: Uint8Array): void
  /** Root of the tree as it is now. */
  root(): Uint8Array
  /**
   * Roots of the full subtrees from left to right, one for each bit set in `size`, highest first: all a tree needs to
   * grow on.
   */
  frontier(): Uint8Array[]
}

/**
 * A tree that keeps only its frontier. `from`: where another one stopped. Throws when the frontier does not fit the
 * size.
 */
export function createTree(sha256: Sha256, from?: { size: number; frontier: readonly Uint8Array[] }): Tree {
  // The hash input of each level: 0x01, the left child once it is known, the right child when it comes.
  const levels: Uint8Array[] = []
  let size = 0
  if (from !== undefined) {
    const bits = levelsOf(from.size)
    if (bits.length !== from.frontier.length) throw new Error(`a tree of ${from.size} has ${bits.length} subtrees`)
    for (const [index, level] of bits.entries()) slot(level).set(from.frontier[index]!, 1)
    size = from.size
  }

  function slot(level: number): Uint8Array {
    while (levels.length <= level) {
      const bytes = new Uint8Array(1 + 2 * HASH_BYTES)
      bytes[0] = NODE
      levels.push(bytes)
    }
    return levels[level]!
  }

  return {
    get size() {
      return size
    },
    append(leaf) {
      let hash = leaf
      let level = 0
      for (let left = size; left % 2 === 1; left = half(left)) {
        const input = levels[level]!
        input.set(hash, 1 + HASH_BYTES)
        hash = sha256(input)
        level += 1
      }
      slot(level).set(hash, 1)
      size += 1
    },
    root() {
      const parts = this.frontier()
      let root = parts.pop()
      if (root === undefined) return emptyRoot(sha256)
      for (const left of parts.reverse()) root = nodeHash(sha256, left, root)
      return root
    },
    frontier() {
      return levelsOf(size).map((level) => levels[level]!.slice(1, 1 + HASH_BYTES))
    },
  }
}

/** Levels of the full subtrees of a tree, from left to right. */
function levelsOf(size: number): number[] {
  const levels: number[] = []
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) levels.push(level)
  return levels.reverse()
}

/* ── proofs ── */

/** Root of the full subtree over the leaves from index × 2^level up to (index + 1) × 2^level, exclusive. */
export type HashSource = (level: number, index: number) => Uint8Array

/** A source over leaf hashes held in memory: for tests and small logs. A large one reads tiles (tile.ts). */
export function leafSource(sha256: Sha256, leaves: readonly Uint8Array[]): HashSource {
  return function hash(level, index): Uint8Array {
    return level === 0 ? leaves[index]! : nodeHash(sha256, hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1))
  }
}

/** RFC 6962 §2.1.1, PATH(index, D[size]): siblings from the leaf up. Throws when the index is not in the tree. */
export function inclusionProof(sha256: Sha256, index: number, size: number, source: HashSource): Uint8Array[] {
  if (!(index >= 0 && index < size)) throw new Error(`leaf ${index} is not in a tree of ${size}`)
  const path = (low: number, high: number): Uint8Array[] => {
    if (high - low === 1) return []
    const middle = low + split(high - low)
    return index < middle
      ? [...path(low, middle), rangeHash(sha256, middle, high, source)]
      : [...path(middle, high), rangeHash(sha256, low, middle, source)]
  }
  return path(0, size)
}

/** RFC 6962 §2.1.2, PROOF(older, D[newer]): that the tree of `older` leaves is the beginning of that of `newer`. */
export function consistencyProof(sha256: Sha256, older: number, newer: number, source: HashSource): Uint8Array[] {
  if (!(older >= 0 && older <= newer)) throw new Error(`a tree of ${older} does not begin one of ${newer}`)
  if (older === 0) return []
  const path = (low: number, high: number, whole: boolean): Uint8Array[] => {
    if (high === older) return whole ? [] : [rangeHash(sha256, low, high, source)]
    const middle = low + split(high - low)
    return older <= middle
      ? [...path(low, middle, whole), rangeHash(sha256, middle, high, source)]
      : [...path(middle, high, false), rangeHash(sha256, low, middle, source)]
  }
  return path(0, newer, true)
}

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}

/** Root over the leaves from low up to high; low must be a multiple of the power of two that the range fits in. */
export function rangeHash(sha256: Sha256, low: number, high: number, source: HashSource): Uint8Array {
  const count = high - low
  for (let level = 0, width = 1; ; level++, width *= 2) {
    if (width === count) return source(level, low / width)
    if (width > count) {
      const middle = low + width / 2
      return nodeHash(sha256, source(level - 1, (2 * low) / width), rangeHash(sha256, middle, high, source))
    }
  }
}

/* ── checks ── */

/** RFC 9162 §2.1.3.2. */
export function verifyInclusion(
  sha256: Sha256,
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!(index >= 0 && index < size) || !allHashes([leaf, root, ...proof])) return false
  let hash = leaf
  let node = index
  let last = size - 1
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sha256, sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else hash = nodeHash(sha256, hash, sibling)
    node = half(node)
    last = half(last)
  }
  return last === 0 && sameBytes(hash, root)
}

/** RFC 9162 §2.1.4.2; the tree of size 0 has the empty root, and its proof is empty. */
export function verifyConsistency(
  sha256: Sha256,
  older: { readonly size: number; readonly root: Uint8Array },
  newer: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (!(older.size >= 0 && older.size <= newer.size) || !allHashes([older.root, newer.root, ...proof])) return false
  if (older.size === newer.size) return proof.length === 0 && sameBytes(older.root, newer.root)
  if (older.size === 0) return proof.length === 0 && sameBytes(older.root, emptyRoot(sha256))
  let node = older.size - 1
  let last = newer.size - 1
  while (node % 2 === 1) {
    node = half(node)
    last = half(last)
  }
  // A whole left subtree is not in the proof: it is the older root itself.
  const path = node === 0 ? [older.root, ...proof] : [...proof]
  let oldHash = path.shift()
  if (oldHash === undefined) return false
  let newHash = oldHash
  for (const sibling of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sha256, sibling, oldHash)
      newHash = nodeHash(sha256, sibling, newHash)
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else newHash = nodeHash(sha256, newHash, sibling)
    node = half(node)
    last = half(last)
  }
  return last === 0 && sameBytes(oldHash, older.root) && sameBytes(newHash, newer.root)
}

/** Whole numbers up to 2^53; small ones by a shift, which is faster. */
const half = (n: number) => (n < 0x8000_0000 ? n >>> 1 : Math.floor(n / 2))
const allHashes = (list: readonly Uint8Array[]) => list.every((hash) => hash.length === HASH_BYTES)
