/**
 * Pushes bookings to the gateway, one request per booking, and returns its answer. It calls the gateway as a platform
 * would, by the client that a gateway gives to programs. Next: simulators/platform.ts.
 */
import { createClient, type Schemas } from 'latchkey/client'
import { type Answer, refuse } from '../faces/http-face.ts'
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
      const { PUT, DELETE } = createClient({
        url: gateway.replace(/\/+$/, ''),
        token: () => tokens.service(serviceTtlSeconds),
        timeoutMs: gatewayTimeoutMs,
        // Whoever asks this program is told what became of one try.
        tries: 1,
      })
      const params = { path: { id } }
      try {
        const { data, error, response } =
          method === 'PUT'
            ? // What is wrong with it, the gateway is asked to say.
              await PUT('/v1/bookings/{id}', { params, body: body as Schemas['BookingInput'] })
            : await DELETE('/v1/bookings/{id}', { params })
        log(`${method} ${id} at ${gateway}: ${response.status}`)
        // 204 may not carry a body, but the caller needs the status of the gateway in one.
        const status = response.status === 204 ? 200 : response.status
        return { status, body: { status: response.status, body: data ?? error ?? '' } }
      } catch (error) {
        const reason = error instanceof Error && error.cause !== undefined ? error.cause : error
        log(`${method} ${id} at ${gateway}: ${String(reason)}`)
        return refuse(502, `the gateway did not answer: ${String(reason)}`)
      }
    },
  }
}
