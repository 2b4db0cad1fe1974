/**
 * Whether anything listens at an endpoint again. A server that was off for an hour is then tried at once, and not when
 * the longest wait is over. A bare connect, no byte of OPC UA. Read next: link.ts (which asks after a refusal alone).
 */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { LinkError } from '../adapter.ts'
import { placeOf } from './place.ts'

const LOOK_MS = 1000
const CONNECT_MS = 1000

/** Nobody was there to say anything. */
export function wasUnreachable(error: unknown): boolean {
  const said = error instanceof LinkError ? (error.detail ?? '') : ''
  return /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/.test(said)
}

/** Resolves when somebody accepts connections there. Rejects when `signal` aborts. */
export async function reachable(endpoint: string, signal: AbortSignal): Promise<void> {
  const { host, port } = placeOf(endpoint)
  do await sleep(LOOK_MS, undefined, { signal })
  while (!(await accepts(host, port)))
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
