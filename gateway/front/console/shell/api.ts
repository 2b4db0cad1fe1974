/**
 * Asks the gateway that served the page. The cookie says who asks; nothing here ever holds a credential for longer than
 * the one request that signs in. What goes wrong is a value: a problem document, or no answer.
 */
import type { Problem } from '../model/wire.ts'

export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly body: T }
  | { readonly ok: false; readonly problem: Problem | undefined }

type Asked = {
  readonly body?: unknown
  readonly authorization?: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON comes as the text it is, because its bytes are checked. */
  readonly verbatim?: true
}

/** Longer than the gateway itself takes to say that it does not know. */
const WITHIN_MS = 30_000

export async function ask<T>(method: string, path: string, asked: Asked = {}): Promise<Answer<T>> {
  const { body, authorization, headers, verbatim } = asked
  try {
    const response = await fetch(path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(WITHIN_MS),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    if (response.ok && verbatim) return { ok: true, status: response.status, body: text as T }
    const value: unknown = isJson && text !== '' ? JSON.parse(text) : text
    return response.ok
      ? { ok: true, status: response.status, body: value as T }
      : { ok: false, problem: isJson ? (value as Problem) : undefined }
  } catch {
    return { ok: false, problem: undefined }
  }
}

/** A key that makes a repeat of the same press the same request. `crypto.randomUUID` is not there over plain http. */
export function pressKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Has the browser keep a text as a file. */
export function keepFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
