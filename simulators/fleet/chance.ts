/** Chance that comes out the same for the same seed. Next: machine.ts. */

export type Chance = Readonly<{
  /** From 0 up to, not including, `most`; whole. */
  below(most: number): number
  /** After how long something happens that happens once in `meanMs` on average, ms. */
  wait(meanMs: number): number
  /** One of them, by their weights. */
  oneOf<T>(choices: readonly (readonly [T, number])[]): T
}>

/** Mulberry32, public domain, by Tommy Ettinger. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (most) => Math.floor(next() * most),
    wait: (meanMs) => -Math.log(1 - next()) * meanMs,
    oneOf(choices) {
      let left = next() * choices.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [choice, weight] of choices) {
        left -= weight
        if (left < 0) return choice
      }
      return choices.at(-1)![0]
    },
  }
}
