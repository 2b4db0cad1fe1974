/**
 * An address as a QR code (ISO/IEC 18004): bytes, error correction M, versions 1 to 6, which is enough for the address
 * of a machine. Pure. Read next: label.ts (the code and picture that stand beside it).
 */

/** By version from 1: codewords of error correction and of data in each block, and how many blocks (table 9). */
const VERSIONS = [
  { correction: 10, data: 16, blocks: 1 },
  { correction: 16, data: 28, blocks: 1 },
  { correction: 26, data: 44, blocks: 1 },
  { correction: 18, data: 32, blocks: 2 },
  { correction: 24, data: 43, blocks: 2 },
  { correction: 16, data: 27, blocks: 4 },
] as const
/** Mode and length stand before the bytes. */
const HEAD_BITS = 12

type Grid = (boolean | undefined)[][]

/** Rows of dark and light, without the quiet zone of four; undefined: the text is too long. */
export function qrOf(text: string): readonly (readonly boolean[])[] | undefined {
  const bytes = new TextEncoder().encode(text)
  const at = VERSIONS.findIndex(({ data, blocks }) => HEAD_BITS + 8 * bytes.length <= 8 * data * blocks)
  const version = VERSIONS[at]
  if (version === undefined) return undefined
  const frame = frameOf(at + 1)
  const bits = [...interleaved(codewords(bytes, version.data * version.blocks), version)].flatMap(bitsOf)
  const masked = MASKS.map((mask, number) => finished(frame, bits, mask, number))
  const penalties = masked.map(penaltyOf)
  return masked[penalties.indexOf(Math.min(...penalties))]
}

/* ── the codewords ── */

const bitsOf = (byte: number) => Array.from({ length: 8 }, (_, bit) => ((byte >> (7 - bit)) & 1) === 1)

function codewords(bytes: Uint8Array, count: number): number[] {
  const bits: number[] = [
    0,
    1,
    0,
    0,
    ...numberBits(bytes.length, 8),
    ...[...bytes].flatMap((byte) => numberBits(byte, 8)),
  ]
  const ended: number[] = [...bits, ...Array.from({ length: Math.min(4, 8 * count - bits.length) }, () => 0)]
  while (ended.length % 8 !== 0) ended.push(0)
  const words: number[] = Array.from({ length: ended.length / 8 }, (_, at) =>
    ended.slice(8 * at, 8 * at + 8).reduce((word, bit) => word * 2 + bit, 0),
  )
  for (let pad = 0; words.length < count; pad++) words.push(pad % 2 === 0 ? 0xec : 0x11)
  return words
}

const numberBits = (value: number, count: number) =>
  Array.from({ length: count }, (_, bit) => (value >> (count - 1 - bit)) & 1)

/** Blocks side by side: the first word of each, the second of each, and so on; then their corrections likewise. */
function interleaved(words: readonly number[], { correction, data, blocks }: (typeof VERSIONS)[number]): number[] {
  const parts = Array.from({ length: blocks }, (_, at) => words.slice(at * data, (at + 1) * data))
  const divisor = divisorOf(correction)
  const corrections = parts.map((part) => remainder(part, divisor))
  const across = (rows: readonly (readonly number[])[], length: number) =>
    Array.from({ length }, (_, at) => rows.map((row) => row[at]!)).flat()
  return [...across(parts, data), ...across(corrections, correction)]
}

/** In the field of 256 elements, by x⁸ + x⁴ + x³ + x² + 1. */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    product ^= ((b >> bit) & 1) * a
  }
  return product
}

/** Product of (x − 2ⁱ), without its leading 1. */
function divisorOf(degree: number): number[] {
  const divisor: number[] = Array.from({ length: degree }, (_, at) => (at === degree - 1 ? 1 : 0))
  for (let root = 1, done = 0; done < degree; done++, root = times(root, 2))
    for (let at = 0; at < degree; at++) divisor[at] = times(divisor[at]!, root) ^ (divisor[at + 1] ?? 0)
  return divisor
}

function remainder(words: readonly number[], divisor: readonly number[]): number[] {
  let rest: number[] = divisor.map(() => 0)
  for (const word of words) {
    const factor = word ^ rest[0]!
    rest = [...rest.slice(1), 0].map((each, at) => each ^ times(divisor[at]!, factor))
  }
  return rest
}

/* ── the picture ── */

/** What stands in every code of this version; undefined: room for data. */
function frameOf(version: number): Grid {
  const size = 17 + 4 * version
  const grid: Grid = Array.from({ length: size }, () => Array.from({ length: size }, () => undefined))
  const put = (x: number, y: number, dark: boolean) => {
    if (grid[y] !== undefined && x >= 0 && x < size) grid[y]![x] = dark
  }
  for (let at = 0; at < size; at++) {
    put(6, at, at % 2 === 0)
    put(at, 6, at % 2 === 0)
  }
  const square = (cx: number, cy: number, reach: number, isDark: (ring: number) => boolean) => {
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++) put(cx + dx, cy + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))))
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(x, y, 4, (ring) => ring !== 2 && ring !== 4)
  if (version > 1) square(size - 7, size - 7, 2, (ring) => ring !== 1)
  putFormat(grid, 0)
  return grid
}

/** Error correction M and the mask, protected by a code of their own (§7.9). */
function putFormat(grid: Grid, mask: number): void {
  let rest = mask << 10
  for (let bit = 14; bit >= 10; bit--) if ((rest >> bit) & 1) rest ^= 0x537 << (bit - 10)
  const bits = ((mask << 10) | rest) ^ 0x5412
  const size = grid.length
  const bit = (at: number) => ((bits >> at) & 1) === 1
  for (let at = 0; at < 15; at++) {
    const near = at < 6 ? at : at < 8 ? at + 1 : undefined
    if (near !== undefined) grid[near]![8] = bit(at)
    else grid[8]![at === 8 ? 7 : 14 - at] = bit(at)
    if (at < 8) grid[8]![size - 1 - at] = bit(at)
    else grid[size - 15 + at]![8] = bit(at)
  }
  grid[size - 8]![8] = true
}

type Mask = (x: number, y: number) => boolean

const MASKS: readonly Mask[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

/** Data goes up and down in columns of two, from the right, over the column of the timing. */
function finished(frame: Grid, bits: readonly boolean[], mask: Mask, number: number): boolean[][] {
  const size = frame.length
  const grid = frame.map((row) => [...row])
  let next = 0
  for (let right = size - 1, up = true; right > 0; right -= right === 8 ? 3 : 2, up = !up)
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step
      for (const x of [right, right - 1])
        if (frame[y]![x] === undefined) grid[y]![x] = (bits[next++] ?? false) !== mask(x, y)
    }
  putFormat(grid, number)
  return grid as boolean[][]
}

/** How hard it is to read (§7.8.3): runs, squares, what looks like a corner, and too much of one colour. */
function penaltyOf(grid: readonly (readonly boolean[])[]): number {
  const columns = grid.map((_, x) => grid.map((row) => row[x]!))
  const lines = [...grid, ...columns].map((line) => line.map((dark) => (dark ? '1' : '0')).join(''))
  const runs = lines.flatMap((line) => line.match(/0{5,}|1{5,}/g) ?? []).reduce((sum, run) => sum + run.length - 2, 0)
  const corners = lines.reduce((sum, line) => sum + (line.match(/(?=10111010000|00001011101)/g)?.length ?? 0), 0)
  let squares = 0
  for (let y = 1; y < grid.length; y++)
    for (let x = 1; x < grid.length; x++)
      if (new Set([grid[y]![x], grid[y]![x - 1], grid[y - 1]![x], grid[y - 1]![x - 1]]).size === 1) squares++
  const dark = grid.flat().filter(Boolean).length / grid.length ** 2
  return runs + 3 * squares + 40 * corners + 10 * Math.floor(Math.abs(dark - 0.5) * 20)
}
