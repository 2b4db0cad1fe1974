/**
 * What has a live value: signals and meters, numbered by their place in this list. Both threads make the same list of
 * the same site file, so that a number is all that goes from one to the other. Pure.
 * Read next: sample.ts, image.ts, ring.ts.
 */
import type { MachineConfig } from '../core/ground/config.ts'

export type LivePoint = {
  readonly kind: 'signal' | 'meter'
  readonly machine: string
  /** `machine/alias.name` */
  readonly id: string
  readonly unit?: string
}

/** The signals of all machines, then their meters. */
export function livePoints(machines: readonly MachineConfig[]): readonly LivePoint[] {
  const points = (kind: LivePoint['kind'], list: readonly Named[]) =>
    list.map(({ machine, id, unit }): LivePoint => ({ kind, machine, id, ...(unit === undefined ? {} : { unit }) }))
  return [
    ...machines.flatMap(({ signals }) => points('signal', signals)),
    ...machines.flatMap(({ meters }) => points('meter', meters)),
  ]
}

type Named = { readonly machine: string; readonly id: string; readonly unit?: string | undefined }
