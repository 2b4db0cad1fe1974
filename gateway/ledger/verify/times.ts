/** The times of a session by its four clocks, and how people read them. Pure. Imports nothing. */

/** ms */
export type Times = {
  readonly bookedMs: number
  readonly occupiedMs: number
  readonly poweredMs: number
  readonly executingMs: number
}

/** Their time elements in ISO 22400-2; core/session/clocks.ts says how they were measured. */
export const timeElements = {
  bookedMs: 'PBT',
  occupiedMs: 'AUBT',
  poweredMs: 'AUBT − ADOT',
  executingMs: 'APT',
} as const satisfies Record<keyof Times, string>

/** `1:02:03`, in whole seconds, rounded down. */
export function timeText(ms: number): string {
  const s = Math.floor(ms / 1000)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
}
