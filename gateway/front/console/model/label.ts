/**
 * The short code and the picture of a machine: the same on its label and on its page, so that a code that was pasted
 * over is noticed. Both follow from the site and the machine alone and are no secret. Pure.
 */

/** None that people confuse. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const CODE = 4
const SIDE = 5

type Label = {
  /** Four letters and digits, to be read aloud. */
  readonly code: string
  /** Rows of a picture that is the same left and right. */
  readonly picture: readonly (readonly boolean[])[]
}

export function labelOf(site: string, machine: string): Label {
  let rest = hash(`${site}/${machine}`)
  const take = (count: bigint): number => {
    const value = rest % count
    rest /= count
    return Number(value)
  }
  const code = Array.from({ length: CODE }, () => LETTERS[take(BigInt(LETTERS.length))]).join('')
  const picture = Array.from({ length: SIDE }, () => {
    const half = Array.from({ length: (SIDE + 1) / 2 }, () => take(2n) === 1)
    return [...half, ...half.slice(0, -1).reverse()]
  })
  return { code, picture }
}

/** FNV-1a of 64 bits, stirred once more, so that ids that differ in one letter differ everywhere. */
function hash(text: string): bigint {
  const mask = (1n << 64n) - 1n
  let value = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) value = ((value ^ BigInt(byte)) * 0x100000001b3n) & mask
  value = ((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn) & mask
  value = ((value ^ (value >> 33n)) * 0xc4ceb9fe1a85ec53n) & mask
  return value ^ (value >> 33n)
}
