/**
 * One Modbus TCP connection: requests with a deadline each, answers as values. It retries nothing and, once lost, is
 * thrown away; link.ts builds another. Read next: port.ts (the socket), watch.ts (what timeouts mean).
 */
import modbusSerial from 'modbus-serial'
import { isBitTable, type ReadRequest } from './plan.ts'
import { MbapPort } from './port.ts'

export type Answer =
  /** As many registers, or bits, as were asked. */
  | { readonly kind: 'data'; readonly data: readonly (number | boolean)[] }
  | { readonly kind: 'written' }
  | { readonly kind: 'exception'; readonly code: number; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  /** `detail`: what came instead. */
  | { readonly kind: 'timeout'; readonly detail?: string }
  /** The connection ended; `sent`: the request had left before. */
  | { readonly kind: 'lost'; readonly sent: boolean }

/** One request, by function code: 5 and 15 write bits, 6 and 16 registers; 5 and 6 exactly one. */
export type WriteRequest = {
  readonly unit: number
  readonly code: 5 | 6 | 15 | 16
  readonly start: number
  readonly words: readonly number[]
}

export type Connection = {
  read(request: ReadRequest): Promise<Answer>
  write(request: WriteRequest): Promise<Answer>
  /** Requests that were answered on it, with whatever. */
  answered(): number
  /** Why the connection is over, or undefined while it is up. */
  lostBecause(): string | undefined
  /** Ends it: every request under way answers `lost`. Idempotent; resolves when the socket is gone. */
  drop(reason: string): Promise<void>
}

type Reply = {
  readonly data?: readonly (number | boolean)[]
  readonly address?: number
  readonly length?: number
  readonly value?: number
  readonly state?: boolean
}
type Callback = (error: unknown, reply: Reply | undefined) => void

/**
 * Rejects with the socket's error, or with the signal's reason. `onLost` is called at most once; `byDevice`: the device
 * closed it.
 */
export async function connect(
  options: { host: string; port: number; timeoutMs: number },
  signal: AbortSignal,
  onLost: (reason: string, byDevice: boolean) => void,
): Promise<Connection> {
  let over: string | undefined
  let answered = 0
  const settlers = new Map<number, (answer: Answer) => void>()

  const end = (reason: string, byDevice = false) => {
    if (over !== undefined) return
    over = reason
    port.destroy()
    for (const settle of [...settlers.values()]) settle({ kind: 'lost', sent: true })
    onLost(reason, byDevice)
  }
  const port = new MbapPort({
    lost: end,
    mismatch: (wireId, detail) => settlers.get(wireId)?.({ kind: 'malformed', detail }),
  })
  await port.connect(options.host, options.port, signal)
  const client = new modbusSerial.default(port)
  client.on('error', () => {})
  client.open(() => {})

  /** The library's own timer stays off: it rejects with a plain object, and after `destroy` it never fires. */
  const ask = (send: (done: Callback) => void, check: (reply: Reply) => Answer): Promise<Answer> => {
    if (over !== undefined || !port.isOpen) return Promise.resolve({ kind: 'lost', sent: false })
    return new Promise((resolve) => {
      let wireId = -1
      const settle = (answer: Answer) => {
        clearTimeout(timer)
        if (answer.kind !== 'timeout' && answer.kind !== 'lost') answered += 1
        settlers.delete(wireId)
        port.forget(wireId)
        resolve(answer)
      }
      const late = () => {
        const detail = port.confusion(wireId)
        settle(detail === undefined ? { kind: 'timeout' } : { kind: 'timeout', detail })
      }
      const timer = setTimeout(late, options.timeoutMs)
      send((error, reply) => settle(error ? answerOf(error) : check(reply ?? {})))
      wireId = port.lastWireId
      settlers.set(wireId, settle)
    })
  }

  return {
    read: (request) =>
      ask(
        (done) => sendRead(client, request, done),
        (reply) => readAnswer(request, reply),
      ),
    write: (request) =>
      ask(
        (done) => sendWrite(client, request, done),
        (reply) => writeAnswer(request, reply),
      ),
    answered: () => answered,
    lostBecause: () => over,
    async drop(reason) {
      end(reason)
      await port.closed()
    },
  }
}

type Client = InstanceType<typeof modbusSerial.default>

function sendRead(client: Client, { unit, table, start, count }: ReadRequest, done: Callback): void {
  switch (table) {
    case 'coil':
      return client.writeFC1(unit, start, count, done)
    case 'discrete':
      return client.writeFC2(unit, start, count, done)
    case 'holding':
      return client.writeFC3(unit, start, count, done)
    case 'input':
      return client.writeFC4(unit, start, count, done)
  }
}

/** Bits come padded to whole bytes. */
function readAnswer({ table, count }: ReadRequest, { data }: Reply): Answer {
  const expected = isBitTable(table) ? Math.ceil(count / 8) * 8 : count
  return data?.length === expected
    ? { kind: 'data', data: data.slice(0, count) }
    : { kind: 'malformed', detail: `expected ${expected} values, got ${data?.length ?? 0}` }
}

function sendWrite(client: Client, { unit, code, start, words }: WriteRequest, done: Callback): void {
  const [first = 0] = words
  switch (code) {
    case 5:
      return client.writeFC5(unit, start, first !== 0, done)
    case 6:
      return client.writeFC6(unit, start, first, done)
    case 15:
      return client.writeFC15(
        unit,
        start,
        words.map((word) => word !== 0),
        done,
      )
    case 16:
      return client.writeFC16(unit, start, [...words], done)
  }
}

/** The device echoes the address, and the value or how many were written. */
function writeAnswer({ code, start, words }: WriteRequest, { address, length, value, state }: Reply): Answer {
  const [first = 0] = words
  const echoed = code === 5 ? state === (first !== 0) : code === 6 ? value === first : length === words.length
  if (address === start && echoed) return { kind: 'written' }
  return { kind: 'malformed', detail: `answer names ${length ?? value ?? state} at ${address}` }
}

/** Modbus Application Protocol V1.1b3, 7. */
const EXCEPTIONS: Record<number, string> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target did not respond',
}

function answerOf(error: unknown): Answer {
  const code = typeof error === 'object' && error !== null && 'modbusCode' in error ? error.modbusCode : undefined
  if (typeof code === 'number') {
    return { kind: 'exception', code, detail: `exception ${code} (${EXCEPTIONS[code] ?? 'unknown'})` }
  }
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
  return { kind: 'malformed', detail: message }
}
