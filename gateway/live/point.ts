/**
 * What has a live value: signals and meters, numbered by their place in this list. Both threads make the same list of
 * the same site file, so that a number is all that goes from one to the other. While the gateway runs the list only
 * grows: a number never means something else. Pure but for that.
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

/** Points that may come while the gateway runs. Memory that is never written costs nothing. */
const ROOM = 4096

/** How many points the memory of both threads is made for. */
export const roomFor = (points: readonly LivePoint[]): number => points.length + ROOM

/** What tells points apart: under another unit it is another one. */
export const pointKey = (kind: LivePoint['kind'], { id, unit = '' }: Pick<Named, 'id' | 'unit'>): string =>
  `${kind} ${id} ${unit}`

/** Those of these machines that the list lacks. */
export function newPoints(points: readonly LivePoint[], machines: readonly MachineConfig[]): LivePoint[] {
  const known = new Set(points.map((point) => pointKey(point.kind, point)))
  return livePoints(machines).filter((point) => !known.has(pointKey(point.kind, point)))
}

type Named = { readonly machine: string; readonly id: string; readonly unit?: string | undefined }
