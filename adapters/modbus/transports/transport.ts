/**
 * The seam between Modbus and what carries its bytes: open, send and be told, close. A transport knows no request and
 * no answer, repeats nothing and reconnects nothing. Read next: choose.ts (which there are), ../connection.ts (who
 * exchanges frames over it).
 */

export type Transport = {
  /** Host and port, or the path of a serial port: for people. */
  readonly where: string
  /** How a frame is built; `datagram`: one per packet. */
  readonly framing: 'mbap' | 'datagram' | 'rtu'
  /** Closing it forgets what is on its way; a serial line goes on all the same. */
  readonly isConnection: boolean
  /** Least time between an answer and the next request, ms. */
  readonly gapMs: number
  /** Rejects with what prevents it, or with the signal's reason; then nothing is left open. */
  open(signal: AbortSignal, ears: Ears): Promise<Wire>
}

export type Wire = {
  send(bytes: Buffer): void
  /** Idempotent. Bytes not yet with the kernel are dropped, so that nothing is sent late. */
  destroy(): void
  /** Resolves once it is gone, whatever ended it. */
  readonly closed: Promise<void>
}

/** `device`: the other side closed it, which is nothing bad by itself. */
export type EndedBy = 'device' | 'fault'

export type Ears = {
  /** The bytes are there during the call, and no longer. */
  data(chunk: Buffer): void
  /** It is over. Called at most once, and never after `destroy`. */
  lost(reason: string, by: EndedBy): void
}
