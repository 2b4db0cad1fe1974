/**
 * A peer that means harm: a TCP server on loopback that does one thing to everybody who connects. What it does is data,
 * so that a test and the later proof run the same. Nothing of the gateway is imported here.
 * Read next: influx-behaviours.ts, broker-behaviours.ts; `main.ts` runs one as a program.
 */
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

/** Called once the peer has said its first word. */
export type Behaviour = (socket: Socket) => void

export type Hostile = { readonly port: number; close(): void }

export async function startHostile(behaviour: Behaviour, port = 0): Promise<Hostile> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', () => behaviour(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Writes `piece` for as long as the peer reads, at the peer's speed. */
export function flood(socket: Socket, piece: Buffer | string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on('drain', more)
  more()
}

/** Writes `piece` every so often, for ever. */
export function drip(socket: Socket, piece: Buffer | string, everyMs = 20): void {
  const timer = setInterval(() => socket.write(piece), everyMs)
  socket.on('close', () => clearInterval(timer))
}
