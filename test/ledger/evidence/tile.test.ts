import { describe, expect, it } from 'vitest'
import {
  createTree,
  inclusionProof,
  leafHash,
  leafSource,
  rangeHash,
  verifyInclusion,
} from '../../../gateway/ledger/evidence/merkle.ts'
import {
  decodeEntries,
  encodeEntries,
  encodeTile,
  parseTilePath,
  type Tile,
  tilePath,
  tileSource,
  tilesBetween,
} from '../../../gateway/ledger/evidence/tile.ts'
import { nodeSha256 as sha256 } from '../../../gateway/ledger/log/native.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('the path of a tile', () => {
  // C2SP tlog-tiles; transparency-dev/tessera, api/layout/paths_test.go.
  it.each<[Tile, string]>([
    [{ level: 0, index: 1234067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 0, index: 1234067, width: 89 }, 'tile/0/x001/x234/067.p/89'],
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 0, width: 255 }, 'tile/0/000.p/255'],
    [{ level: 1, index: 0, width: 4 }, 'tile/1/000.p/4'],
    [{ level: 15, index: 455667, width: 256 }, 'tile/15/x455/667'],
    [{ level: 3, index: 1234567, width: 256 }, 'tile/3/x001/x234/567'],
    [{ level: 15, index: 123456789, width: 256 }, 'tile/15/x123/x456/789'],
    [{ level: 63, index: 999, width: 1 }, 'tile/63/999.p/1'],
    [{ level: 'entries', index: 0, width: 8 }, 'tile/entries/000.p/8'],
    [{ level: 'entries', index: 255, width: 253 }, 'tile/entries/255.p/253'],
    [{ level: 'entries', index: 123456789000, width: 256 }, 'tile/entries/x123/x456/x789/000'],
  ])('%o is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path)
    expect(parseTilePath(path)).toEqual({ kind: 'ok', value: tile })
  })

  it.each([
    'tile/0/x001/x234/067.p/',
    'tile/0/x001/x234/067.p',
    'tile/0/x001/x234/',
    'tile/0/x001/x234',
    'tile/0/x001',
    'tile/1/x001/.p/abc',
    'tile/64/x001/002',
    'tile/-1/x001/002',
    'tile/abc/x001/002',
    'tile/8/001/002',
    'tile/8/x001/0002',
    'tile/8/x001/-002',
    'tile/8/x001/002.p/256',
    'tile/8/x001/002.p/0',
    'tile/8/x001/002.p/01',
    'tile/08/x001/002',
    'tile/8/x000/002',
    'tile/63/x999/x999/x999/x999/x999/x999/999.p/255',
    'tile/data/000',
    '/tile/0/000',
    'tile/0/000/../../secret',
    '',
  ])('is not %j', (path) => {
    expect(parseTilePath(path).kind).toBe('refused')
  })
})

describe('the tiles of a tree', () => {
  it('of 70,000 leaves are those of the specification', () => {
    // C2SP tlog-tiles: 273 full level 0 tiles and one of 112, one full level 1 tile and one of 17, one level 2 tile of
    // 1.
    const tiles = tilesBetween(0, 70_000)
    const of = (level: Tile['level']) => tiles.filter((tile) => tile.level === level).map(({ width }) => width)
    expect(of(0)).toEqual([...Array(273).fill(256), 112])
    expect(of(1)).toEqual([256, 17])
    expect(of(2)).toEqual([1])
    expect(of('entries')).toEqual([...Array(273).fill(256), 112])
    expect(tilesBetween(0, 256).filter(({ level }) => level !== 'entries')).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ])
    expect(tilesBetween(70_000, 70_001).map(tilePath)).toEqual(['tile/entries/273.p/113', 'tile/0/273.p/113'])
    expect(tilesBetween(0, 0)).toEqual([])
  })

  it('hold every hash that proofs need, whatever the size', () => {
    const leaves = Array.from({ length: 66_100 }, (_, index) => leafHash(sha256, Buffer.from(String(index))))
    const memo = new Map<string, Uint8Array>()
    const plain = leafSource(sha256, leaves)
    const source = (level: number, index: number): Uint8Array => {
      const key = `${level}/${index}`
      const found = memo.get(key) ?? plain(level, index)
      memo.set(key, found)
      return found
    }
    for (const size of [1, 255, 256, 257, 65_535, 65_536, 65_793, 66_100]) {
      const tree = createTree(sha256)
      for (const leaf of leaves.slice(0, size)) tree.append(leaf)
      const files = new Map(
        tilesBetween(0, size)
          .filter((tile): tile is Tile & { level: number } => tile.level !== 'entries')
          .map((tile) => [tilePath(tile), encodeTile(tile, source)]),
      )
      const tiled = tileSource(sha256, size, (tile) => files.get(tilePath(tile))!)
      expect(hex(rangeHash(sha256, 0, size, tiled))).toBe(hex(tree.root()))
      for (const index of [0, Math.floor(size / 2), size - 1]) {
        const proof = inclusionProof(sha256, index, size, tiled)
        expect(verifyInclusion(sha256, leaves[index]!, index, size, proof, tree.root())).toBe(true)
      }
      expect(() => tileSource(sha256, size, () => new Uint8Array(5))(0, 0)).toThrow()
    }
  })
})

describe('an entry bundle', () => {
  it('holds each entry behind its length in two bytes', () => {
    const entries = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(65_535, 7)]
    const bundle = encodeEntries(entries)
    expect(hex(bundle.slice(0, 7))).toBe('0001610000ffff')
    expect(decodeEntries(bundle)).toEqual({ kind: 'ok', value: entries.map((entry) => new Uint8Array(entry)) })
    expect(decodeEntries(new Uint8Array(0))).toEqual({ kind: 'ok', value: [] })
    expect(decodeEntries(bundle.slice(0, -1)).kind).toBe('refused')
    expect(decodeEntries(Uint8Array.of(0)).kind).toBe('refused')
    expect(() => encodeEntries([Buffer.alloc(65_536)])).toThrow()
  })
})
