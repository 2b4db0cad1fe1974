/**
 * A small JSON server on node:http for the control faces and the platform: a table of routes, strict bodies, refusals
 * as sentences. It refuses bodies over 64 kB, content other than JSON and unknown paths.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What a route answers. `body` is sent as JSON. */
export type Answer = Readonly<{ status: number; body: unknown; headers?: Readonly<Record<string, string>> }>

/**
 * `parts` are the values of the `:name` pieces of the path, in order; `query` is what follows the `?`; `body` is
 * undefined without one.
 */
export type Route = (
  body: unknown,
  parts: readonly string[],
  headers: IncomingMessage['headers'],
  query: URLSearchParams,
) => Answer | Promise<Answer>

/** Keys such as `POST /bookings` or `DELETE /bookings/:id`. */
export type Routes = Readonly<Record<string, Route>>

export type HttpFace = Readonly<{ port: number; url: string; close(): Promise<void> }>

const maxBodyBytes = 65_536

export async function openHttpFace(host: string, port: number, routes: Routes): Promise<HttpFace> {
  const server = createServer((request, response) => {
    answerRequest(routes, request)
      .catch((error: unknown): Answer => ({ status: 500, body: { error: String(error) } }))
      .then((answer) => send(response, answer))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the HTTP server has no port')
  return {
    port: address.port,
    url: urlOf(host, address.port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The base URL of a server, with brackets round an IPv6 address. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** A refusal of what the caller sent. */
export function refuse(status: number, error: string): Answer {
  return { status, body: { error } }
}

/** What a body means, or a sentence about what is wrong with it. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; error: string }

export const good = <T>(value: T): Parsed<T> => ({ ok: true, value })
export const bad = (error: string): Parsed<never> => ({ ok: false, error })

/** The body as a plain object, or undefined. */
export function asRecord(body: unknown): Readonly<Record<string, unknown>> | undefined {
  return body !== null && typeof body === 'object' && !Array.isArray(body) ? { ...body } : undefined
}

/** The value of a JSON text, or the text itself when it is no JSON. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function answerRequest(routes: Routes, request: IncomingMessage): Promise<Answer> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?')
  const matches = Object.entries(routes).flatMap(([key, route]) => {
    const [method, pattern] = key.split(' ')
    const parts = matchPath(pattern ?? '', path)
    return parts && method ? [{ method, route, parts }] : []
  })
  if (matches.length === 0) return refuse(404, `no such path; there are: ${Object.keys(routes).join(', ')}`)
  const match = matches.find(({ method }) => method === request.method)
  if (!match) return refuse(405, `${path} takes ${matches.map(({ method }) => method).join(', ')}`)
  const text = await readBody(request)
  if (text === undefined) return refuse(413, `the body is over ${maxBodyBytes} bytes`)
  const parsed = parseJson(text)
  return 'error' in parsed
    ? refuse(400, parsed.error)
    : match.route(parsed.value, match.parts, request.headers, new URLSearchParams(query))
}

function parseJson(text: string): { value: unknown } | { error: string } {
  if (text === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { error: `the body is not JSON: ${String(error)}` }
  }
}

function matchPath(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parts: string[] = []
  for (const [index, piece] of wanted.entries()) {
    const value = given[index] ?? ''
    if (piece.startsWith(':') && value !== '') parts.push(decode(value))
    else if (piece !== value) return undefined
  }
  return parts
}

/** The text percent-decoded, or unchanged when that fails. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += buffer.length
    if (bytes <= maxBodyBytes) chunks.push(buffer)
  }
  return bytes > maxBodyBytes ? undefined : Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, answer: Answer): void {
  const { status, body, headers } = answer
  if (body === undefined) {
    response.writeHead(status, headers)
    response.end()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}
