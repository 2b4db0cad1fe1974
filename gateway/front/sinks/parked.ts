/**
 * What the sinks have set aside, for people: seen, sent again, and forgotten. Nothing is decided here.
 * Read next: released.ts, front/api/sinks/sinks.ts (who asks).
 */
import type { Reader } from '../../ledger/store/reader.ts'
import { createChain } from './chain.ts'
import type { Sink } from './sink.ts'
import type { SinkHandle } from './sink-loop.ts'

/** An entry that a sink has set aside. */
export type ParkedEntry = {
  readonly entry: number
  readonly kind: string
  readonly machine?: string
  readonly atMs: number
  readonly parkedAtMs: number
  readonly reason: string
  /** What is sent of it, where that can be mended. */
  readonly lines?: string
}

export type ParkedDesk = {
  /** The first ones, oldest first. */
  list(sink: string, most: number): readonly ParkedEntry[]
  find(sink: string, entry: number): ParkedEntry | undefined
  /** Sends it, or these lines in its place; resolves with why it is not taken. */
  send(sink: string, entry: number, lines?: string): Promise<string | undefined>
  /** It is set aside no more. */
  forget(sink: string, entry: number): Promise<void>
}

type Desked = { readonly sink: Sink; readonly handle: SinkHandle }

export function createParkedDesk(reader: Reader, sinks: readonly Desked[]): ParkedDesk {
  const deskOf = (name: string) => sinks.find(({ sink }) => sink.name === name)
  function itemsOf(name: string, only?: number): ReturnType<Reader['parkedItems']> {
    return reader.parkedItems().filter(({ sink, seq }) => sink === name && (only ?? seq) === seq)
  }
  function shown(name: string, { seq, reason, atMs: parkedAtMs }: ReturnType<Reader['parkedItems']>[number]) {
    const entry = reader.entries(seq, 1)[0]
    const { sink } = deskOf(name) ?? {}
    if (entry === undefined) return []
    const { kind, machine, atMs } = entry
    const made = sink?.mend === undefined ? undefined : attempt(() => sink.make(createChain(reader)(entry)))
    return [
      {
        ...{ entry: seq, kind, atMs, parkedAtMs, reason },
        ...(machine === undefined ? {} : { machine }),
        ...(typeof made === 'string' ? { lines: made } : {}),
      } satisfies ParkedEntry,
    ]
  }
  return {
    list: (name, most) =>
      itemsOf(name)
        .slice(0, most)
        .flatMap((item) => shown(name, item)),
    find: (name, seq) => itemsOf(name, seq).flatMap((item) => shown(name, item))[0],
    send: async (name, seq, lines) => deskOf(name)?.handle.again(seq, lines) ?? 'the site file has no such sink',
    forget: async (name, seq) => deskOf(name)?.handle.forget(seq),
  }
}

/** Of an entry of which nothing can be made there is nothing to show. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
