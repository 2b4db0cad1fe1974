/**
 * The link of one gateway to the machine, in virtual time: it may be cut, silent, slow, or bring a write late; the
 * meter or the interlock alone may not answer. It keeps what was last shown, for the judge.
 */
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { Moment } from '../../../gateway/core/ground/moment.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { MACHINE } from '../../support/world.ts'
import type { Plant } from './plant.ts'

const TIMEOUT_MS = 1000
const LINK_MS = 4

export type Shown = ReturnType<Plant['show']>
export type Harm = 'cut' | 'silent' | 'interlock' | 'meter' | 'slow' | 'lateWrite' | 'disk'
type Result = 'accepted' | 'unsent' | 'unknown'

export type Wire = ReturnType<typeof createWire>

export type WireDeps = {
  readonly config: MachineConfig
  readonly plant: Plant
  readonly time: { readonly ms: number; later(delayMs: number, run: () => void): void }
  /** Runs if its gateway still lives then. */
  later(delayMs: number, run: () => void): void
  now(): Moment
  /** Before it is sent, or not because the link is down. */
  wrote(words: readonly number[], sent: boolean): void
}

export function createWire({ config, plant, time, later, now, wrote }: WireDeps) {
  /** Faults by the moment they end. */
  const harm: Record<Harm, number> = { cut: 0, silent: 0, interlock: 0, meter: 0, slow: 0, lateWrite: 0, disk: 0 }
  const much = { slowMs: 0, lateWriteMs: 0, diskMs: 0 }
  /** What was last delivered and good, by the moment it was shown; `block`: what it said. */
  const seen = { interlockMs: -1, meterMs: -1, stop: false, block: undefined as readonly number[] | undefined }
  /** When it was shown that the machine runs under nobody's token. */
  const ownerlessMs: number[] = []
  let firstParts: number | undefined
  let wireFreeMs = 0
  let closed = false

  /** One answer a point, or none within the timeout. */
  function read(deliver: (readings: Reading[]) => void): void {
    if (closed || time.ms < harm.cut) return later(1, () => deliver(bad()))
    if (time.ms < harm.silent || plant.frozen) return later(TIMEOUT_MS, () => deliver(bad()))
    const delayMs = time.ms < harm.slow ? Math.max(LINK_MS, much.slowMs) : LINK_MS
    if (delayMs > TIMEOUT_MS) return later(TIMEOUT_MS, () => deliver(bad()))
    const askedMs = time.ms
    time.later(delayMs / 2, () => {
      if (plant.frozen) return later(TIMEOUT_MS - delayMs / 2, () => deliver(bad()))
      const shown = plant.show()
      const answers = { interlock: time.ms >= harm.interlock, meter: time.ms >= harm.meter, atMs: time.ms }
      later(delayMs / 2, () =>
        deliver(closed || time.ms - askedMs > TIMEOUT_MS || time.ms < harm.cut ? bad() : readingsOf(shown, answers)),
      )
    })
  }

  function readingsOf(shown: Shown, from: { interlock: boolean; meter: boolean; atMs: number }): Reading[] {
    const { ms, ns } = now()
    const good = (point: string, value: Reading['value'], raw?: bigint): Reading => ({
      point,
      quality: 'good',
      ...(value === undefined ? {} : { value }),
      ...(raw === undefined ? {} : { raw }),
      readAtMs: ms,
      readAtNs: ns,
    })
    if (from.interlock) {
      Object.assign(seen, { interlockMs: from.atMs, block: shown.block })
      const [state, owner] = [shown.block[3]!, shown.block[6]! + shown.block[7]!]
      if (state === 5 || (state >= 1 && state <= 3 && owner === 0)) ownerlessMs.push(from.atMs)
    }
    if (from.meter) seen.meterMs = from.atMs
    if (from.meter) firstParts ??= shown.parts
    return [
      from.interlock ? good('#interlock', shown.block) : badOne('#interlock'),
      good(`${MACHINE}/plc.state`, shown.state, BigInt(shown.state)),
      from.meter ? good(`${MACHINE}/plc.parts`, shown.parts, BigInt(shown.parts)) : badOne(`${MACHINE}/plc.parts`),
      good(`${MACHINE}/plc.stop`, false),
    ]
  }

  function badOne(point: string): Reading {
    const { ms, ns } = now()
    return { point, quality: 'bad', cause: 'link-down', readAtMs: ms, readAtNs: ns }
  }

  const bad = () => ['#interlock', ...config.signals.map(({ id }) => id)].map(badOne)

  function write(words: readonly number[], written: (result: Result) => void): void {
    const answer = (delayMs: number, result: Result) => later(delayMs, () => written(result))
    if (closed) return answer(0, 'unsent')
    const sent = time.ms >= harm.cut
    wrote(words, sent)
    if (!sent) return answer(0, 'unsent')
    const delayMs = time.ms < harm.lateWrite ? Math.max(LINK_MS, much.lateWriteMs) : LINK_MS
    // Bytes on the wire arrive in their order, whether or not their sender lives.
    wireFreeMs = Math.max(wireFreeMs, time.ms + delayMs)
    const arrivesMs = wireFreeMs - time.ms
    time.later(arrivesMs, () => plant.write(words))
    const silent = plant.frozen || time.ms < harm.silent || arrivesMs > TIMEOUT_MS
    if (silent) answer(TIMEOUT_MS, 'unknown')
    else answer(arrivesMs, 'accepted')
  }

  return {
    read,
    write,
    harm,
    much,
    seen,
    ownerlessMs,
    get firstParts() {
      return firstParts
    },
    countsFrom(parts: number | undefined) {
      firstParts = parts
    },
    /** What was seen and not recorded is lost with who saw it. */
    forget(sinceMs: number) {
      while (ownerlessMs.length > 0 && ownerlessMs.at(-1)! > sinceMs) ownerlessMs.pop()
    },
    close() {
      closed = true
    },
    open() {
      closed = false
    },
    hurt(what: Harm, forMs: number, amountMs: number) {
      harm[what] = Math.max(harm[what], time.ms + forMs)
      if (what === 'slow') much.slowMs = amountMs
      if (what === 'lateWrite') much.lateWriteMs = amountMs
      if (what === 'disk') much.diskMs = amountMs
    },
    heal() {
      for (const what of Object.keys(harm) as Harm[]) harm[what] = Math.min(harm[what], time.ms)
      much.lateWriteMs = 0
      wireFreeMs = time.ms
    },
    /** When the last fault ended, if it has. */
    get hurtUntilMs() {
      return Math.min(
        Object.values(harm).reduce((latest, until) => Math.max(latest, until), 0),
        time.ms,
      )
    },
  }
}
