/**
 * What is shown of a machine and decides nothing: its readings go into the image of values, and on to the sinks as
 * samples when they changed, and at least every `sampleEveryMs`. Both may be lost; neither waits for the ledger.
 * Read next: live/image.ts, live/ring.ts, loops/machine-loop.ts (the caller).
 */
import type { MachineConfig, SignalConfig } from '../core/ground/config.ts'
import type { MeterState } from '../core/meter/meter.ts'
import { maxAgeMs } from '../core/reading/condition.ts'
import type { Quality, Reading } from '../core/reading/reading.ts'
import { type ImageMemory, imageRoom, imageWriter } from '../live/image.ts'
import { type LivePoint, newPoints, pointKey } from '../live/point.ts'
import { type RingMemory, ringWriter } from '../live/ring.ts'
import type { LiveValue } from '../live/sample.ts'

type LiveDeps = {
  readonly machines: readonly MachineConfig[]
  readonly image: ImageMemory
  /** Absent where no sink is configured. */
  readonly ring?: RingMemory
  readonly sampleEveryMs: number
}

export type Live = {
  /** `everyMs`: how often a signal is read in fact. */
  of(machine: MachineConfig, everyMs: (signal: SignalConfig) => number): LiveMachine
  /** Whether there is room for the points of these machines. */
  hasRoom(machines: readonly MachineConfig[]): boolean
  /** Takes up the points of these machines that are new. */
  grow(machines: readonly MachineConfig[]): void
  /** Calls `tell` when there are samples; once, until they are taken. */
  onSamples(tell: () => void): void
  /** Samples taken since the start. */
  readonly count: number
}

type LiveMachine = {
  /** Readings that the core has taken, and the meters as they are now. */
  take(readings: readonly Reading[], meters: ReadonlyMap<string, MeterState>): void
}

export function createLive({ machines, image: memory, ring, sampleEveryMs }: LiveDeps): Live {
  const points = openPoints(machines, imageRoom(memory))
  const image = imageWriter(memory)
  const writer = ring && ringWriter(ring)
  /** What each point showed when it was sampled last, and when that was, monotonic ms. */
  const shown: (LiveValue | undefined)[] = []
  const sampledMs = new Float64Array(imageRoom(memory))
  let tell: () => void = () => undefined

  function sample(
    point: number,
    quality: Quality,
    value: LiveValue | undefined,
    readAtMs: number,
    monoMs: number,
    sourceAtMs?: number,
  ): void {
    const shows = value ?? quality
    if (writer === undefined || (shown[point] === shows && monoMs - sampledMs[point]! < sampleEveryMs)) return
    shown[point] = shows
    sampledMs[point] = monoMs
    writer.put(point, quality, value, readAtMs, sourceAtMs)
  }

  return {
    of(machine, everyMs) {
      const signals = new Map(
        machine.signals.map((signal) => [signal.id, { signal, point: points.numberOf('signal', signal) }]),
      )
      const meters = machine.meters.map((meter) => ({ meter, point: points.numberOf('meter', meter) }))
      return {
        take(readings, states) {
          for (const reading of readings) {
            const known = signals.get(reading.point)
            if (known === undefined) continue
            const monoMs = Number(reading.readAtNs) / 1e6
            if (!image.put(known.point, reading, maxAgeMs(everyMs(known.signal)))) continue
            sample(known.point, reading.quality, scalar(reading), reading.readAtMs, monoMs, reading.sourceAtMs)
          }
          if (meters.length > 0) sampleMeters(readings, states)
          if (writer?.mustTell()) tell()
        },
      }

      function sampleMeters(readings: readonly Reading[], states: ReadonlyMap<string, MeterState>): void {
        const came = new Set(readings.map(({ point }) => point))
        for (const { meter, point } of meters) {
          const state = states.get(meter.id)
          if (state === undefined || state.atMs === 0 || (meter.kind !== 'duration' && !came.has(meter.signal)))
            continue
          sample(point, 'good', state.total, state.atMs, Number(state.atNs) / 1e6)
        }
      }
    },
    hasRoom: points.hasRoom,
    grow: points.grow,
    onSamples(listener) {
      tell = listener
    },
    get count() {
      return writer?.count ?? 0
    },
  }
}

/** The numbers of points, of which some may come while the gateway runs. */
function openPoints(machines: readonly MachineConfig[], room: number) {
  const points: LivePoint[] = []
  const numbers = new Map<string, number>()
  function grow(next: readonly MachineConfig[]): void {
    for (const point of newPoints(points, next)) {
      numbers.set(pointKey(point.kind, point), points.length)
      points.push(point)
    }
  }
  grow(machines)
  return {
    grow,
    hasRoom: (next: readonly MachineConfig[]) => points.length + newPoints(points, next).length <= room,
    numberOf: (...named: Parameters<typeof pointKey>) => numbers.get(pointKey(...named))!,
  }
}

/** The 16-bit words of a block are nothing to show. */
function scalar({ value }: Reading): LiveValue | undefined {
  return Array.isArray(value) ? undefined : (value as LiveValue | undefined)
}
