/**
 * The definition of a meter: what decides how many units a count is worth, and of which counter. Another definition
 * begins another epoch. It is stored with the meter as a JSON list: the kind, then its parts in the order below. A part
 * that is added here stands last, and a stored definition without it is taken as unchanged. Pure.
 * Read next: meter/meter.ts (`stateFor`), config/resolve/meter.ts (which makes definitions).
 */
import type { MeterConfig } from './config.ts'

export const DEFINED = {
  register: ['address', 'unit', 'perCount', 'wrapAt', 'resolution', 'link', 'device'],
  duration: ['while'],
  edges: ['address', 'unit', 'perEdge', 'link', 'device'],
  integral: ['address', 'unit', 'per', 'link', 'device', 'scale', 'offset'],
} as const satisfies Record<MeterConfig['kind'], readonly string[]>

/** A part of a definition that was something else; both as a person would write them, `none` when it was not there. */
export type Redefined = { readonly what: string; readonly from: string; readonly to: string }

/** What differs from one stored definition to another; empty when nothing does. */
export function redefined(before: string, after: string): Redefined[] {
  if (before === after) return []
  const [was, is] = [partsOf(before), partsOf(after)]
  if (was === undefined || is === undefined) return [{ what: 'definition', from: before, to: after }]
  if (was[0] !== is[0]) return [{ what: 'kind', from: word(was[0]), to: word(is[0]) }]
  const names: readonly string[] = DEFINED[was[0] as MeterConfig['kind']] ?? []
  return was.slice(1, is.length).flatMap((part, index) => {
    const [from, to] = [word(part), word(is[index + 1])]
    return from === to ? [] : [{ what: names[index] ?? `part ${index}`, from, to }]
  })
}

/** `unit from Wh to kWh, perCount from 10 to 1`. */
export const redefinedWords = (parts: readonly Redefined[]): string =>
  parts.map(({ what, from, to }) => `${what} from ${from} to ${to}`).join(', ')

function partsOf(definition: string): readonly unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(definition)
    return Array.isArray(parts) ? parts : undefined
  } catch {
    return undefined
  }
}

function word(part: unknown): string {
  if (part === null || part === undefined) return 'none'
  if (typeof part !== 'object') return String(part)
  const fields = Object.entries(part).map(([name, value]) => `${name} ${word(value)}`)
  return fields.length === 0 ? 'none' : fields.join(' ')
}
