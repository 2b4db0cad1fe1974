/**
 * A composed signal: its parts by their ids, and the floats among them with their steps. Pure. Read next: machine.ts.
 */
import type { Composition, FloatSteps } from '../../gateway/core/ground/config.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import { idOf, type Part } from './part.ts'

type Signal = ProfileFile['signals'][string]
type ComposedFile = NonNullable<Signal['from']>

/** The signals it is made of, by name, in the order in which they stand. */
export function partNames(from: ComposedFile): string[] {
  switch (from.kind) {
    case 'sum':
      return [...(from.add ?? []), ...(from.subtract ?? [])]
    case 'product':
      return [from.of, ...(from.times ?? []), from.tenTo, from.tenToMinus, from.by?.signal].filter(isThere)
    case 'sign':
      return [from.of, from.negative]
    case 'time':
      return [from.year, from.month, from.day, from.hour, from.minute, from.second].filter(isThere)
    case 'text':
      return from.of
  }
}

const isThere = (name: string | undefined) => name !== undefined

export function composedOf(part: Part, from: ComposedFile): Composition {
  const id = (name: string) => idOf(part, name)
  const named = <Key extends string>(fields: Partial<Record<Key, string | undefined>>) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([key, name]) => (name === undefined ? [] : [[key, id(name as string)]])),
    ) as Record<Key, string>
  const instant = from.instant!
  if (from.kind === 'text') return { kind: 'text', instant, of: from.of.map(id) }
  if (from.kind === 'time') {
    const { year, month, day, hour, minute, second } = from
    return { kind: 'time', instant, at: named({ year, month, day, hour, minute, second }) }
  }
  const numeric = { instant, ...(from.step !== undefined && { step: from.step }), ...floatsOf(part, from) }
  switch (from.kind) {
    case 'sum':
      return { ...numeric, kind: 'sum', add: from.add!.map(id), subtract: from.subtract!.map(id) }
    case 'sign':
      return { ...numeric, kind: 'sign', of: id(from.of), negative: id(from.negative), when: from.when! }
    case 'product': {
      const { by, tenTo, tenToMinus } = from
      return {
        ...numeric,
        kind: 'product',
        of: id(from.of),
        times: from.times!.map(id),
        ...(by && { by: { signal: id(by.signal), factors: by.factors } }),
        ...named({ tenTo, tenToMinus }),
      }
    }
  }
}

function floatsOf(part: Part, from: Extract<ComposedFile, { readonly step?: string }>): Pick<Composition, 'floats'> {
  const { resolution, finer } = from
  if (resolution === undefined) return {}
  const floats = partNames(from).flatMap((name) => {
    const type = typeOf(part.profile.signals[name])
    return type === 'f32' || type === 'f64'
      ? [[idOf(part, name), { ...stepsOf(resolution, type, finer), step: resolution }] as const]
      : []
  })
  return { floats: Object.fromEntries(floats) }
}

const typeOf = (signal: Signal | undefined) => (signal?.address as { readonly type?: string } | undefined)?.type

/** The steps of a float register. */
export function stepsOf(text: string, type: string | undefined, finer: boolean | undefined): FloatSteps {
  const [whole, digits = ''] = text.split('.')
  return {
    numerator: BigInt(`${whole}${digits}`),
    denominator: 10n ** BigInt(digits.length),
    bits: type === 'f64' ? 53 : 24,
    ...(finer === true && { finer }),
  }
}

/** What decides what a count of a composed signal is worth: how it is made, and of which registers. */
export function composedAddress(signals: ProfileFile['signals'], from: ComposedFile): unknown {
  const parts = partNames(from).map((name) => {
    const { address, scale, offset, from: inner } = signals[name]!
    return [name, inner === undefined ? { address, scale, offset } : composedAddress(signals, inner)]
  })
  return { ...from, parts: Object.fromEntries(parts) }
}
