/**
 * A running gateway, asked over its HTTP interface with the key of a person, as the commands that go through it do.
 * Read next: drill.ts, bench/link.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { isLoopback } from '../../config/document/endpoint.ts'
import { readBounded } from '../front/download.ts'

const TIMEOUT_MS = 15_000
/** Of one answer; a drill with all its steps is far below. */
const MOST_ANSWER_BYTES = 1_000_000
const MOST_WAITS = 5
const MOST_WAIT_S = 60

export type Gateway = <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>

/** Each answer is bounded in time and size; a refusal rejects with its text. */
export function createClient(url: string, key: string): Gateway {
  /** A gateway that has heard too much from this key is asked again when it says so. */
  const ask = async <T>(method: string, path: string, body: unknown, waits: number): Promise<T> => {
    const response = await fetch(`${url.replace(/\/$/, '')}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new Error(`${url} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`)
    })
    const bytes = response.body === null ? new Uint8Array() : await readBounded(response.body, MOST_ANSWER_BYTES)
    if (bytes === undefined) throw new Error(`${url} answers more than a gateway says`)
    const text = Buffer.from(bytes).toString('utf8')
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T
    if (response.status === 429 && waits < MOST_WAITS) {
      await pause(1000 * Math.min(Number(response.headers.get('retry-after')) || 1, MOST_WAIT_S))
      return ask(method, path, body, waits + 1)
    }
    throw new Error(problemText(text, response.status))
  }
  return (method, path, body) => ask(method, path, body, 0)
}

function problemText(text: string, status: number): string {
  try {
    const { title, detail, advice } = JSON.parse(text) as Record<string, unknown>
    const hint = typeof advice === 'string' ? advice : (advice as { en?: string } | undefined)?.en
    return [title, detail, hint].filter((part) => typeof part === 'string').join('. ')
  } catch {
    return `the gateway answered ${status}`
  }
}

/** Read by whoever is on the way: plain http to another host than this one. */
export function isPlain(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed?.protocol === 'http:' && !isLoopback(parsed.hostname)
}
