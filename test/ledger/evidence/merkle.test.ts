import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  consistencyProof,
  createTree,
  emptyRoot,
  type HashSource,
  inclusionProof,
  leafHash,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
} from '../../../gateway/ledger/evidence/merkle.ts'
import { nodeSha256 } from '../../../gateway/ledger/log/native.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const sha256 = nodeSha256

/* Known answers: transparency-dev/merkle, rfc6962/rfc6962_test.go and proof/verify_test.go. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
/** Leaf index (from 0), size, path. */
const INCLUSION: readonly [number, number, readonly string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
]
const CONSISTENCY: readonly [number, number, readonly string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
  [
    6,
    7,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
]

const leafHashes = LEAVES.map((leaf) => leafHash(sha256, bytes(leaf)))

/** Full subtrees of these leaves, each hashed once. */
function sourceOf(leaves: readonly Uint8Array[]): HashSource {
  const known = new Map<string, Uint8Array>()
  return function hash(level, index): Uint8Array {
    if (level === 0) return leaves[index]!
    const key = `${level}/${index}`
    const found = known.get(key) ?? nodeHash(sha256, hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1))
    known.set(key, found)
    return found
  }
}

/** RFC 6962 §2.1 to the letter. */
function root(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot(sha256)
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (2 * k < leaves.length) k *= 2
  return nodeHash(sha256, root(leaves.slice(0, k)), root(leaves.slice(k)))
}

describe('the known answers of RFC 6962', () => {
  it('hold for the empty tree, a leaf and a node', () => {
    expect(hex(emptyRoot(sha256))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hex(leafHash(sha256, new Uint8Array(0)))).toBe(ROOTS[0])
    expect(hex(leafHash(sha256, Buffer.from('L123456')))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    )
    expect(hex(nodeHash(sha256, Buffer.from('N123'), Buffer.from('N456')))).toBe(
      'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
    )
  })

  it('hold for the root of each size', () => {
    const tree = createTree(sha256)
    expect(hex(tree.root())).toBe(hex(emptyRoot(sha256)))
    for (const [index, leaf] of leafHashes.entries()) {
      tree.append(leaf)
      expect(hex(tree.root())).toBe(ROOTS[index])
    }
  })

  it.each(INCLUSION)('hold for the path of leaf %i in a tree of %i', (index, size, path) => {
    expect(inclusionProof(sha256, index, size, sourceOf(leafHashes)).map(hex)).toEqual(path)
    expect(verifyInclusion(sha256, leafHashes[index]!, index, size, path.map(bytes), bytes(ROOTS[size - 1]!))).toBe(
      true,
    )
  })

  it.each(CONSISTENCY)('hold for the consistency of %i with %i', (older, newer, proof) => {
    expect(consistencyProof(sha256, older, newer, sourceOf(leafHashes)).map(hex)).toEqual(proof)
    expect(
      verifyConsistency(
        sha256,
        { size: older, root: bytes(ROOTS[older - 1]!) },
        { size: newer, root: bytes(ROOTS[newer - 1]!) },
        proof.map(bytes),
      ),
    ).toBe(true)
  })
})

describe('what a proof may not be', () => {
  const other = bytes('abacaba000000000000000000000000000000000000000000060061e00123456')
  const empty = new Uint8Array(0)
  const flip = (hash: Uint8Array) => Uint8Array.from(hash, (byte, at) => (at === 0 ? byte ^ 8 : byte))

  it.each(INCLUSION)('an altered path of leaf %i in a tree of %i', (index, size, path) => {
    const proof = path.map(bytes)
    const top = bytes(ROOTS[size - 1]!)
    const leaf = leafHashes[index]!
    const wrong: [number, number, Uint8Array, Uint8Array, Uint8Array[]][] = [
      [index - 1, size, leaf, top, proof],
      [index + 1, size, leaf, top, proof],
      [index ^ 2, size, leaf, top, proof],
      [index, size * 2, leaf, top, proof],
      [index, Math.floor(size / 2), leaf, top, proof],
      [index, size, other, top, proof],
      [index, size, leaf, other, proof],
      [index, size, leaf, emptyRoot(sha256), proof],
      [index, size, empty, top, proof],
      [index, size, leaf, top, [...proof, empty]],
      [index, size, leaf, top, [...proof, top]],
      [index, size, leaf, top, [top, ...proof]],
      ...proof.map((_hash, at): [number, number, Uint8Array, Uint8Array, Uint8Array[]] => [
        index,
        size,
        leaf,
        top,
        proof.map((each, here) => (here === at ? flip(each) : each)),
      ]),
      ...(proof.length > 0
        ? [[index, size, leaf, top, proof.slice(0, -1)] as [number, number, Uint8Array, Uint8Array, Uint8Array[]]]
        : []),
    ]
    for (const [at, of, item, rootHash, each] of wrong)
      expect(verifyInclusion(sha256, item, at, of, each, rootHash)).toBe(false)
  })

  it('anything for no leaf, and anything between other sizes than those signed', () => {
    for (const [index, size] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [-1, 1],
      [Number.NaN, 1],
    ] as const)
      expect(verifyInclusion(sha256, other, index, size, [], other)).toBe(false)
    const [one, two] = [bytes(ROOTS[0]!), bytes(ROOTS[1]!)]
    const check = (older: number, a: Uint8Array, newer: number, b: Uint8Array, proof: Uint8Array[] = []) =>
      verifyConsistency(sha256, { size: older, root: a }, { size: newer, root: b }, proof)
    expect(check(0, emptyRoot(sha256), 1, one)).toBe(true)
    expect(check(0, emptyRoot(sha256), 0, emptyRoot(sha256))).toBe(true)
    expect(check(0, other, 1, one)).toBe(false)
    expect(check(0, emptyRoot(sha256), 1, one, [one])).toBe(false)
    expect(check(1, one, 1, two)).toBe(false)
    expect(check(1, one, 1, one, [one])).toBe(false)
    expect(check(1, one, 0, emptyRoot(sha256))).toBe(false)
    expect(check(2, two, 1, one)).toBe(false)
    expect(check(1, one, 2, two)).toBe(false)
  })

  it.each(CONSISTENCY.filter(([, , proof]) => proof.length > 0))(
    'an altered proof between %i and %i',
    (older, newer, path) => {
      const proof = path.map(bytes)
      const [a, b] = [bytes(ROOTS[older - 1]!), bytes(ROOTS[newer - 1]!)]
      const check = (sizeA: number, rootA: Uint8Array, sizeB: number, rootB: Uint8Array, each: Uint8Array[]) =>
        verifyConsistency(sha256, { size: sizeA, root: rootA }, { size: sizeB, root: rootB }, each)
      expect(check(older, a, newer, b, proof)).toBe(true)
      for (const size of [older - 1, older + 1, older ^ 2]) expect(check(size, a, newer, b, proof)).toBe(false)
      for (const size of [newer * 2, Math.floor(newer / 2)]) expect(check(older, a, size, b, proof)).toBe(false)
      expect(check(older, other, newer, b, proof)).toBe(false)
      expect(check(older, a, newer, other, proof)).toBe(false)
      expect(check(older, b, newer, a, proof)).toBe(false)
      for (const each of [
        [],
        [...proof, empty],
        [...proof, a],
        [...proof, b],
        [empty, ...proof],
        [a, ...proof],
        [b, ...proof],
        [proof[0]!, ...proof],
        proof.slice(0, -1),
        ...proof.map((_hash, at) => proof.map((hash, here) => (here === at ? flip(hash) : hash))),
      ])
        expect(check(older, a, newer, b, each)).toBe(false)
    },
  )
})

describe('a tree of up to 300 leaves', () => {
  const leaves = Array.from({ length: 300 }, (_, index) => leafHash(sha256, Buffer.from(`leaf ${index}`)))
  const source = sourceOf(leaves)
  const roots = [emptyRoot(sha256)]
  const tree = createTree(sha256)
  for (const leaf of leaves) {
    tree.append(leaf)
    roots.push(tree.root())
  }

  it('has the root that RFC 6962 defines, at each size, also when it goes on from a frontier', () => {
    for (let size = 0; size <= leaves.length; size++) expect(hex(roots[size]!)).toBe(hex(root(leaves.slice(0, size))))
    for (const size of [1, 2, 7, 8, 255, 256, 257, 299]) {
      const half = createTree(sha256)
      for (const leaf of leaves.slice(0, size)) half.append(leaf)
      const rest = createTree(sha256, { size, frontier: half.frontier() })
      for (const leaf of leaves.slice(size)) rest.append(leaf)
      expect(hex(rest.root())).toBe(hex(roots[300]!))
    }
    expect(() => createTree(sha256, { size: 3, frontier: [leaves[0]!] })).toThrow()
  })

  it('proves each of its leaves at each size, and no other', () => {
    for (let size = 1; size <= leaves.length; size++)
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(sha256, index, size, source)
        if (!verifyInclusion(sha256, leaves[index]!, index, size, proof, roots[size]!))
          expect.fail(`leaf ${index} of ${size}`)
        const wrong = (index + 1) % leaves.length
        if (verifyInclusion(sha256, leaves[wrong]!, index, size, proof, roots[size]!))
          expect.fail(`leaf ${wrong} for ${index} of ${size}`)
      }
  })

  it('proves that each smaller one is its beginning, and no other is', () => {
    for (let newer = 0; newer <= leaves.length; newer++)
      for (let older = 0; older <= newer; older++) {
        const proof = consistencyProof(sha256, older, newer, source)
        const check = (a: Uint8Array) =>
          verifyConsistency(sha256, { size: older, root: a }, { size: newer, root: roots[newer]! }, proof)
        if (!check(roots[older]!)) expect.fail(`${older} in ${newer}`)
        if (check(roots[older === 0 ? 1 : older - 1]!)) expect.fail(`another root for ${older} in ${newer}`)
      }
  })

  it('is found out by any bit of a proof that is another one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.boolean(),
        (size, pick, which, bit, inclusion) => {
          const index = pick % size
          const proof = inclusion
            ? inclusionProof(sha256, index, size, source)
            : consistencyProof(sha256, index + 1, size, source)
          if (proof.length === 0) return
          const at = which % proof.length
          const altered = proof.map((hash, here) =>
            here === at ? Uint8Array.from(hash, (byte, n) => (n === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)) : hash,
          )
          expect(
            inclusion
              ? verifyInclusion(sha256, leaves[index]!, index, size, altered, roots[size]!)
              : verifyConsistency(
                  sha256,
                  { size: index + 1, root: roots[index + 1]! },
                  { size, root: roots[size]! },
                  altered,
                ),
          ).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
