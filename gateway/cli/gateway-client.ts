/**
 * A running gateway, asked over its HTTP interface with the key of a person, as the commands that go through it do.
 * Read next: drill.ts, apply.ts, bench/link.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { isLoopback } from '../../config/document/endpoint.ts'
import { readBounded } from '../front/download.ts'

/** Of one answer; a drill with all its steps is far below. */
const BOUNDS = { timeoutMs: 15_000, mostBytes: 1_000_000 } as const
const MOST_WAITS = 5
const MOST_WAIT_S = 60

type Headers = Readonly<Record<string, string>>
export type Gateway = <T = unknown>(method: string, path: string, body?: unknown, headers?: Headers) => Promise<T>

/** What a gateway answered instead. */
export class GatewayRefusal extends Error {
  readonly code: string | undefined
  /** Faults one by one, where there are some. */
  readonly errors: readonly { readonly path: string; readonly message: string }[]
  constructor(message: string, { code, errors }: { readonly code?: unknown; readonly errors?: unknown } = {}) {
    super(message)
    this.name = 'GatewayRefusal'
    this.code = typeof code === 'string' ? code : undefined
    this.errors = Array.isArray(errors)
      ? errors.map((each) => ({ path: String(each?.path), message: String(each?.message) }))
      : []
  }
}

/** Each answer is bounded in time and size; a refusal rejects with its text, as a GatewayRefusal. */
export function createClient(url: string, key: string, { timeoutMs, mostBytes } = BOUNDS as Bounds): Gateway {
  /** A gateway that has heard too much from this key is asked again when it says so. */
  const ask = async <T>(method: string, path: string, body: unknown, headers: Headers, waits: number): Promise<T> => {
    const response = await fetch(`${url.replace(/\/$/, '')}/v1${path}`, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: Error) => {
      throw new Error(`${url} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`)
    })
    const bytes = response.body === null ? new Uint8Array() : await readBounded(response.body, mostBytes)
    if (bytes === undefined) throw new Error(`${url} answers more than a gateway says`)
    const text = Buffer.from(bytes).toString('utf8')
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T
    if (response.status === 429 && waits < MOST_WAITS) {
      await pause(1000 * Math.min(Number(response.headers.get('retry-after')) || 1, MOST_WAIT_S))
      return ask(method, path, body, headers, waits + 1)
    }
    throw refusalOf(text, response.status)
  }
  return (method, path, body, headers = {}) => ask(method, path, body, headers, 0)
}

type Bounds = { readonly timeoutMs: number; readonly mostBytes: number }

function refusalOf(text: string, status: number): GatewayRefusal {
  try {
    const problem = JSON.parse(text) as Record<string, unknown>
    const { title, detail, advice } = problem
    const hint = typeof advice === 'string' ? advice : (advice as { en?: string } | undefined)?.en
    return new GatewayRefusal([title, detail, hint].filter((part) => typeof part === 'string').join('. '), problem)
  } catch {
    return new GatewayRefusal(`the gateway answered ${status}`)
  }
}

/** Read by whoever is on the way: plain http to another host than this one. */
export function isPlain(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed?.protocol === 'http:' && !isLoopback(parsed.hostname)
}
