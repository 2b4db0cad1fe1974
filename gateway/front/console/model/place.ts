/** Where a machine stands on the picture of the floor, percent from left and top, and how keys move it. Pure. */

export type Place = { readonly x: number; readonly y: number }

const STEP = 1
const LEAP = 5
const MIDDLE: Place = { x: 50, y: 50 }
const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** By an arrow key, further with `leap`; one that stands nowhere begins in the middle. Undefined: it is another key. */
export function moved(place: Place | undefined, key: string, leap: boolean): Place | undefined {
  const way = Object.hasOwn(WAYS, key) ? WAYS[key] : undefined
  if (way === undefined) return undefined
  if (place === undefined) return MIDDLE
  const by = leap ? LEAP : STEP
  return { x: within(place.x + way[0] * by), y: within(place.y + way[1] * by) }
}

/** Of a press on a picture of this size. */
export function pressedAt(at: { x: number; y: number }, size: { width: number; height: number }): Place {
  return { x: within((at.x / size.width) * 100), y: within((at.y / size.height) * 100) }
}

/** With one decimal; a float of a screen would show more than anybody meant. */
const within = (percent: number) => Math.round(Math.min(100, Math.max(0, percent)) * 10) / 10

export const samePlace = (a: Place | undefined, b: Place | undefined): boolean => a?.x === b?.x && a?.y === b?.y
