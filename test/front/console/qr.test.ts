/** QR codes, read back by a reader of the test's own: format, mask, blocks; each block leaves no remainder. */
import { expect, it } from 'vitest'
import { qrOf } from '../../../gateway/front/console/model/qr.ts'

type Code = readonly (readonly boolean[])[]

/** Data and correction words of a block, and blocks, of versions 1 to 6 with error correction M. */
const BLOCKS = [
  [16, 10, 1],
  [28, 16, 1],
  [44, 26, 1],
  [32, 18, 2],
  [43, 24, 2],
  [27, 16, 4],
] as const

const masked = [
  (r: number, c: number) => (r + c) % 2,
  (r: number) => r % 2,
  (_: number, c: number) => c % 3,
  (r: number, c: number) => (r + c) % 3,
  (r: number, c: number) => ((r >> 1) + Math.trunc(c / 3)) % 2,
  (r: number, c: number) => ((r * c) % 2) + ((r * c) % 3),
  (r: number, c: number) => (((r * c) % 2) + ((r * c) % 3)) % 2,
  (r: number, c: number) => (((r + c) % 2) + ((r * c) % 3)) % 2,
]

/** What the fifteen format bits beside the first corner say, and whether the second copy says the same. */
function formatOf(code: Code): { mask: number; level: number } {
  const n = code.length
  const near = [
    [0, 8],
    [1, 8],
    [2, 8],
    [3, 8],
    [4, 8],
    [5, 8],
    [7, 8],
    [8, 8],
    [8, 7],
    [8, 5],
    [8, 4],
    [8, 3],
    [8, 2],
    [8, 1],
    [8, 0],
  ]
  const far = Array.from({ length: 15 }, (_, i) => (i < 8 ? [8, n - 1 - i] : [n - 15 + i, 8]))
  const read = (places: number[][]) => places.reduce((sum, [r, c], i) => sum + (code[r!]![c!] ? 2 ** i : 0), 0) ^ 0x5412
  expect(read(near)).toBe(read(far))
  return { mask: (read(near) >> 10) & 7, level: read(near) >> 13 }
}

function isFixed(r: number, c: number, n: number): boolean {
  if (r === 6 || c === 6) return true
  if ((r < 9 && c < 9) || (r < 9 && c >= n - 8) || (r >= n - 8 && c < 9)) return true
  return n > 21 && Math.abs(r - (n - 7)) <= 2 && Math.abs(c - (n - 7)) <= 2
}

function wordsIn(code: Code, mask: number): number[] {
  const n = code.length
  const bits: number[] = []
  const rights = Array.from({ length: (n - 1) / 2 }, (_, i) => (n - 1 - 2 * i <= 6 ? n - 2 - 2 * i : n - 1 - 2 * i))
  rights.forEach((right, turn) => {
    for (let i = 0; i < n; i++) {
      const r = turn % 2 === 0 ? n - 1 - i : i
      for (const c of [right, right - 1])
        if (!isFixed(r, c, n)) bits.push(Number(code[r]![c]! !== (masked[mask]!(r, c) === 0)))
    }
  })
  return Array.from({ length: Math.trunc(bits.length / 8) }, (_, i) =>
    Number.parseInt(bits.slice(8 * i, 8 * i + 8).join(''), 2),
  )
}

/** By logarithms, which the code itself does not use. */
const exp = [1]
for (let i = 1; i < 255; i++) exp.push((exp[i - 1]! << 1) ^ (exp[i - 1]! > 127 ? 0x11d : 0))
const syndrome = (block: readonly number[], root: number) =>
  block.reduce((sum, word, i) => {
    if (word === 0) return sum
    return sum ^ exp[(exp.indexOf(word) + root * (block.length - 1 - i)) % 255]!
  }, 0)

function read(code: Code): string {
  const { mask, level } = formatOf(code)
  expect(level).toBe(0)
  const [data, correction, blocks] = BLOCKS[(code.length - 21) / 4]!
  const words = wordsIn(code, mask)
  const parts = Array.from({ length: blocks }, (_, b) => [
    ...Array.from({ length: data }, (_, i) => words[i * blocks + b]!),
    ...Array.from({ length: correction }, (_, i) => words[data * blocks + i * blocks + b]!),
  ])
  for (const part of parts) for (let root = 0; root < correction; root++) expect(syndrome(part, root)).toBe(0)
  const bits = parts
    .flatMap((part) => part.slice(0, data))
    .map((word) => word.toString(2).padStart(8, '0'))
    .join('')
  expect(bits.slice(0, 4)).toBe('0100')
  const length = Number.parseInt(bits.slice(4, 12), 2)
  const bytes = Array.from({ length }, (_, i) => Number.parseInt(bits.slice(12 + 8 * i, 20 + 8 * i), 2))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

it.each([
  'a',
  'http://10.0.0.9/m/a',
  'http://192.168.1.20:8080/m/booth-1',
  'http://192.168.1.20:8080/m/spray-booth-1-of-hall-b',
  'https://gateway.shop.example.com:8443/m/edge-bander-opcua-of-hall-two',
  `https://gateway.some-long-shop-name.example.com:8443/m/${'b'.repeat(32)}`,
])('%s is read back', (text) => {
  expect(read(qrOf(text)!)).toBe(text)
})

it('what does not fit is no code', () => {
  expect(qrOf('a'.repeat(106))).toBeDefined()
  expect(qrOf('a'.repeat(107))).toBeUndefined()
})
