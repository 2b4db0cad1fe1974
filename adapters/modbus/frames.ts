/**
 * What every framing does: it knows the requests that wait, puts a request into a frame, and finds their answers in
 * what arrives. It holds no socket and no timer. Read next: mbap.ts (TCP, TLS, UDP), rtu.ts (serial lines).
 */
import type { Request } from './pdu.ts'

/** One request on the wire. `Exchange` of connection.ts is one. */
export type Asked = {
  readonly request: Request
  /** The transaction on the wire, where the framing has any. */
  id: number
  /** What came meanwhile and was not the answer. */
  strange?: string
}

export type Framing<A extends Asked> = {
  /** The frame of a request, which waits from now on. */
  put(asked: A): Buffer
  /** What has arrived. The chunk is valid during the call: what is kept of it is copied. */
  take(chunk: Buffer): void
  /** It waits no longer: its answer, should it still come, belongs to nobody. */
  giveUp(asked: A): void
}

/** What a framing says of what arrives. */
export type Found<A extends Asked> = {
  /** `body`: unit, code and data, of a whole frame. It is valid during the call. */
  answer(asked: A, body: Buffer): void
  /** The answer to a request is spoilt, or cannot be told from that to another. */
  spoilt(asked: A, detail: string): void
  /** Where one answer ends and the next begins cannot be told any more. */
  torn(reason: string): void
  /** Nothing that comes after this can be understood. */
  broken(reason: string): void
}
