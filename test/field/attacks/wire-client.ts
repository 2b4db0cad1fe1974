/**
 * HTTP as bytes: a request may hold anything, one connection each, and an answer is taken apart by hand. No client
 * library would send what an attacker sends. Nothing of the gateway is imported here.
 */
import { connect } from 'node:net'

export type Wire = {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string | Buffer>>
  readonly body?: Buffer
}

export type WireAnswer = {
  /** 0: no answer came before the end or the deadline. */
  readonly status: number
  readonly type: string
  readonly body: Buffer
  readonly late: boolean
}

export function bytesOf({ method, target, headers = {}, body }: Wire): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    connection: 'close',
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }),
    ...headers,
  }).map(([name, value]) => Buffer.concat([Buffer.from(`${name}: `), Buffer.from(value as string), EOL]))
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n`), ...lines, EOL, body ?? Buffer.alloc(0)])
}

const EOL = Buffer.from('\r\n')
const HEAD_END = Buffer.from('\r\n\r\n')

/** Resolves with what came until the far end closed, a stream began, or the deadline passed. */
export function exchange(port: number, bytes: Buffer, deadlineMs: number): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port })
    let late = false
    const timer = setTimeout(() => {
      late = true
      socket.destroy()
    }, deadlineMs)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      if (chunks.length === 1 && /\r\ncontent-type: text\/event-stream/i.test(chunk.toString('latin1')))
        socket.destroy()
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve({ ...answerOf(Buffer.concat(chunks)), late })
    })
    socket.write(bytes)
  })
}

function answerOf(bytes: Buffer): Omit<WireAnswer, 'late'> {
  const at = bytes.indexOf(HEAD_END)
  const head = bytes.subarray(0, Math.max(0, at)).toString('latin1')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  const type = /\r\ncontent-type: ([^\r;]+)/i.exec(head)?.[1] ?? ''
  const rest = bytes.subarray(at + HEAD_END.length)
  if (/\r\ntransfer-encoding: chunked/i.test(head)) return { status, type, body: unchunked(rest) }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  return { status, type, body: length === undefined ? rest : rest.subarray(0, Number(length)) }
}

function unchunked(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let rest = bytes; ; ) {
    const end = rest.indexOf(EOL)
    const size = Number.parseInt(rest.subarray(0, Math.max(0, end)).toString('latin1'), 16)
    if (end < 0 || !(size > 0)) return Buffer.concat(pieces)
    pieces.push(rest.subarray(end + 2, end + 2 + size))
    rest = rest.subarray(end + 4 + size)
  }
}

const PROBLEM = 'application/problem+json'

/** Why an answer is none that a person can use; undefined for a success, and for a refusal with its sentence. */
export function faultOf({ status, type, body, late }: WireAnswer): string | undefined {
  if (late) return 'no answer within the deadline'
  if (status === 0) return 'the connection ended without an answer'
  if (status >= 500) return `${status} ${body.toString('utf8').slice(0, 300)}`
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return `${status} with bytes that are no text`
  }
  if (status < 400) return undefined
  if (type !== PROBLEM) return `${status} as ${type === '' ? 'nothing' : type}`
  return sentenceFault(status, text)
}

function sentenceFault(status: number, text: string): string | undefined {
  let problem: { readonly title?: unknown; readonly detail?: unknown; readonly advice?: { readonly en?: unknown } }
  try {
    problem = JSON.parse(text)
  } catch {
    return `${status} that is no JSON: ${text.slice(0, 200)}`
  }
  const words = [problem.title, problem.advice?.en]
  if (!words.every((word) => typeof word === 'string' && word.length > 3))
    return `${status} without a sentence: ${text}`
  return /\^\[|\\\\x00/.test(text) ? `${status} that says a pattern: ${text.slice(0, 300)}` : undefined
}
