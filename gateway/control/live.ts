/**
 * What is shown of a machine and decides nothing: its readings go into the image of values, and on to the sinks as
 * samples when they changed, and at least every `sampleEveryMs`. Both may be lost; neither waits for the ledger.
 * Read next: live/image.ts, live/ring.ts, loops/machine-loop.ts (the caller).
 */
import type { MachineConfig, SignalConfig } from '../core/ground/config.ts'
import type { Moment } from '../core/ground/moment.ts'
import type { MeterState } from '../core/meter/meter.ts'
import { maxAgeMs } from '../core/reading/condition.ts'
import { type Quality, type Reading, scaled } from '../core/reading/reading.ts'
import { type ImageMemory, imageRoom, imageWriter, type Times } from '../live/image.ts'
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
  /** `everyMs`: how often a signal is read in fact. `decides`: whether anything is decided by it. */
  of(
    machine: MachineConfig,
    everyMs: (signal: SignalConfig) => number,
    decides: (signal: string) => boolean,
  ): LiveMachine
  /**
   * Takes a good value as it came, if nothing is decided by the signal and its scale is all that is missing; whether
   * it did. `everyMs`: how often it is read in fact.
   */
  show(id: string, value: number | boolean, at: Moment, everyMs: number, sourceAtMs?: number): boolean
  /** Whether there is room for the points of these machines. */
  hasRoom(machines: readonly MachineConfig[]): boolean
  /** Takes up the points of these machines that are new. */
  grow(machines: readonly MachineConfig[]): void
  /** Calls `tell` when there are samples; once, until they are taken. */
  onSamples(tell: () => void): void
  /** Samples taken since the start. */
  readonly count: number
}

type Known = { readonly signal: SignalConfig; readonly point: number }

type LiveMachine = {
  /** Readings that the core has taken, and the meters as they are now. */
  take(readings: readonly Reading[], meters: ReadonlyMap<string, MeterState>): void
}

export function createLive({ machines, image: memory, ring, sampleEveryMs }: LiveDeps): Live {
  const points = openPoints(machines, imageRoom(memory))
  const image = imageWriter(memory)
  const writer = ring && ringWriter(ring)
  const sample = writer === undefined ? () => undefined : sampler(writer, imageRoom(memory), sampleEveryMs)
  /** The signals that `show` takes, of all machines. */
  const plain = new Map<string, Known>()
  const timesOf = timesByAnswer()
  let tell: () => void = () => undefined

  return {
    show(id, value, at, everyMs, sourceAtMs) {
      const known = plain.get(id)
      if (known === undefined) return false
      const { signal, point } = known
      const shows = typeof value === 'number' ? scaled(value, signal) : value
      const times = timesOf(at, everyMs, sourceAtMs)
      if (!image.putPlain(point, shows, times)) return true
      sample(point, 'good', shows, times)
      if (writer?.mustTell()) tell()
      return true
    },
    of(machine, everyMs, decides) {
      const signals = new Map(
        machine.signals.map((signal) => [signal.id, { signal, point: points.numberOf('signal', signal) }]),
      )
      const meters = machine.meters.map((meter) => ({ meter, point: points.numberOf('meter', meter) }))
      for (const [id, known] of signals)
        if (decides(id) || known.signal.unavailable !== undefined) plain.delete(id)
        else plain.set(id, known)
      return {
        take(readings, states) {
          for (const reading of readings) {
            const known = signals.get(reading.point)
            if (known === undefined) continue
            const { readAtMs, readAtNs, sourceAtMs } = reading
            if (!image.put(known.point, reading, maxAgeMs(everyMs(known.signal)))) continue
            const times = { readAtMs, readAtMonoMs: Number(readAtNs) / 1e6, sourceAtMs }
            sample(known.point, reading.quality, scalar(reading), times)
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
          sample(point, 'good', state.total, { readAtMs: state.atMs, readAtMonoMs: Number(state.atNs) / 1e6 })
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

type Sampler = (point: number, quality: Quality, value: LiveValue | undefined, times: Omit<Times, 'maxAgeMs'>) => void

/** Passes on what a point did not show before, and now and then what it still shows. */
function sampler(writer: ReturnType<typeof ringWriter>, room: number, everyMs: number): Sampler {
  /** What each point showed when it was sampled last, of numbers (else NaN) and of the rest; when, monotonic ms. */
  const numbers = new Float64Array(room).fill(Number.NaN)
  const others = new Map<number, LiveValue>()
  const sampledMs = new Float64Array(room)

  /** Whether a point did not show this before; from now on it does. A number is kept without an object. */
  function isNew(point: number, shows: LiveValue): boolean {
    const number = typeof shows === 'number' ? shows : Number.NaN
    const before = Number.isNaN(number) ? others.get(point) : numbers[point]
    if (before === shows) return false
    if (Number.isNaN(numbers[point]!)) others.delete(point)
    if (Number.isNaN(number)) others.set(point, shows)
    numbers[point] = number
    return true
  }

  return (point, quality, value, { readAtMs, readAtMonoMs, sourceAtMs }) => {
    if (!isNew(point, value ?? quality) && readAtMonoMs - sampledMs[point]! < everyMs) return
    sampledMs[point] = readAtMonoMs
    writer.put(point, quality, value, readAtMs, sourceAtMs)
  }
}

/** The times of a value; those of the value before, as long as it is of the same answer. */
function timesByAnswer(): (at: Moment, everyMs: number, sourceAtMs: number | undefined) => Times {
  let last: { readonly at: Moment; readonly everyMs: number; readonly times: Times } | undefined
  return (at, everyMs, sourceAtMs) => {
    if (last?.at === at && last.everyMs === everyMs && last.times.sourceAtMs === sourceAtMs) return last.times
    const times = { readAtMs: at.ms, readAtMonoMs: Number(at.ns) / 1e6, sourceAtMs, maxAgeMs: maxAgeMs(everyMs) }
    last = { at, everyMs, times }
    return times
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
