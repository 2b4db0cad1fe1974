/**
 * Publishes of QoS 1 on one connection: so many under way at once, in order, each until its acknowledgement, which may
 * not be late. Those that may leave in one turn leave in one write. The library would keep a copy of each, arm a timer
 * for it, and write it in six pieces.
 * Read next: mqtt-connection.ts, the only caller; mqtt-bytes.ts.
 */
import type { Message, Packet } from './mqtt-bytes.ts'
import type { SinkError } from './sink.ts'

export type Window = {
  /** Resolves when the broker has the message. */
  publish(message: Message): Promise<void>
  /** The broker has answered the message of this id; `refusal` says what a refusal on a topic means. */
  take(id: number, refusal: ((topic: string) => SinkError) | undefined): void
  /** Refuses what is on its way, and what has not left yet. */
  end(onItsWay: SinkError, waiting: SinkError): void
}

type WindowDeps = {
  /** Messages under way at most. */
  most(): number
  /** From the write to the acknowledgement, ms. */
  readonly ackTimeoutMs: number
  write(packets: readonly Packet[]): void
  onLate(): void
}

type Publish = {
  readonly message: Message
  id: number
  sentMs: number
  resolve(): void
  reject(error: SinkError): void
}

const MAX_ID = 65_535

export function openWindow({ most, ackTimeoutMs, write, onLate }: WindowDeps): Window {
  const queue: Publish[] = []
  /** The one that left first is first. */
  const underWay = new Map<number, Publish>()
  let lastId = 0
  let isPumping = false
  let timer: NodeJS.Timeout | undefined

  function pumpSoon(): void {
    if (isPumping) return
    isPumping = true
    queueMicrotask(() => {
      isPumping = false
      pump()
    })
  }

  function pump(): void {
    const leaving = queue.splice(0, most() - underWay.size)
    if (leaving.length === 0) return
    const sentMs = performance.now()
    for (const publish of leaving) {
      publish.id = freeId()
      publish.sentMs = sentMs
      underWay.set(publish.id, publish)
    }
    timer ??= setTimeout(look, ackTimeoutMs)
    write(leaving)
  }

  function freeId(): number {
    do lastId = (lastId % MAX_ID) + 1
    while (underWay.has(lastId))
    return lastId
  }

  function look(): void {
    timer = undefined
    const [oldest] = underWay.values()
    if (oldest === undefined) return
    const leftMs = oldest.sentMs + ackTimeoutMs - performance.now()
    if (leftMs > 0) timer = setTimeout(look, leftMs)
    else onLate()
  }

  return {
    publish: (message) =>
      new Promise((resolve, reject) => {
        queue.push({ message, id: 0, sentMs: 0, resolve, reject })
        pumpSoon()
      }),
    take(id, refusal) {
      const publish = underWay.get(id)
      if (publish === undefined) return
      underWay.delete(id)
      if (refusal === undefined) publish.resolve()
      else publish.reject(refusal(publish.message.topic))
      pumpSoon()
    },
    end(onItsWay, waiting) {
      clearTimeout(timer)
      for (const { reject } of underWay.values()) reject(onItsWay)
      underWay.clear()
      for (const { reject } of queue.splice(0)) reject(waiting)
    },
  }
}
