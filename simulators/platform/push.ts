/** Pushes bookings to the gateway, one request per booking, and returns its answer. Next: simulators/platform.ts. */
import { type Answer, asJson, refuse } from '../faces/http-face.ts'
import type { TokenMaker } from './tokens.ts'

/** How long a token of the platform itself is valid. */
export const serviceTtlSeconds = 300
const gatewayTimeoutMs = 10_000

export type Pusher = Readonly<{
  /** Sends to this gateway from now on. */
  use(url: string): void
  /** The answer carries the status and the body of the gateway; 502 when it is silent, 503 when none is named. */
  send(method: 'PUT' | 'DELETE', id: string, body: unknown): Promise<Answer>
}>

export function createPusher(first: string | undefined, tokens: TokenMaker, log: (text: string) => void): Pusher {
  let gateway = first
  return {
    use(url) {
      gateway = url
    },
    async send(method, id, body) {
      if (!gateway) return refuse(503, 'name the gateway first: --gateway <url>, or PUT /gateway {"url":"…"}')
      const url = `${gateway.replace(/\/+$/, '')}/v1/bookings/${encodeURIComponent(id)}`
      const authorization = `Bearer ${await tokens.service(serviceTtlSeconds)}`
      const content = body === undefined ? {} : { 'content-type': 'application/json' }
      const payload = body === undefined ? {} : { body: JSON.stringify(body) }
      const signal = AbortSignal.timeout(gatewayTimeoutMs)
      try {
        const response = await fetch(url, { method, headers: { authorization, ...content }, signal, ...payload })
        const text = await response.text()
        log(`${method} ${url}: ${response.status}`)
        // 204 may not carry a body, but the caller needs the status of the gateway in one.
        const status = response.status === 204 ? 200 : response.status
        return { status, body: { status: response.status, body: asJson(text) } }
      } catch (error) {
        const reason = error instanceof Error && error.cause !== undefined ? error.cause : error
        log(`${method} ${url}: ${String(reason)}`)
        return refuse(502, `the gateway did not answer: ${String(reason)}`)
      }
    },
  }
}
