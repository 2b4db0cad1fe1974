/**
 * A peer that means harm: a TCP server on loopback that does one thing to everybody who connects. What it does is data,
 * so that a test and the later proof run the same. Nothing of the gateway is imported here.
 * Read next: influx-behaviours.ts, broker-behaviours.ts, modbus-behaviours.ts, opcua-behaviours.ts,
 * issuer-behaviours.ts, mirror-behaviours.ts; `main.ts` runs one as a program.
 */
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

/** Called once the peer has said its first word, which is `first`. */
export type Behaviour = (socket: Socket, first: Buffer) => void

export type Hostile = { readonly port: number; close(): void }

export async function startHostile(behaviour: Behaviour, port = 0): Promise<Hostile> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', (first) => behaviour(socket, first))
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

export type Parade = {
  /** Each leads to the same. */
  readonly ports: readonly number[]
  /** Names of the behaviours that somebody has met. */
  readonly met: ReadonlySet<string>
  close(): void
}

/** Each who connects meets the next behaviour in turn, for so long. */
export async function startParade(
  behaviours: Readonly<Record<string, Behaviour>>,
  heldMs: number,
  doors: number,
): Promise<Parade> {
  const met = new Set<string>()
  const names = Object.keys(behaviours)
  let turn = 0
  const show: Behaviour = (socket, first) => {
    const name = names[turn++ % names.length]!
    met.add(name)
    behaviours[name]!(socket, first)
    setTimeout(() => socket.destroy(), heldMs).unref()
  }
  const all = await Promise.all(Array.from({ length: doors }, () => startHostile(show)))
  return {
    ports: all.map(({ port }) => port),
    met,
    close() {
      for (const { close } of all) close()
    },
  }
}

/** Answers each thing that is said, the first included. */
export function answering(answer: (said: Buffer, socket: Socket) => Buffer | undefined): Behaviour {
  return (socket, first) => {
    const say = (said: Buffer) => {
      const bytes = answer(said, socket)
      if (bytes !== undefined && !socket.destroyed) socket.write(bytes)
    }
    say(first)
    socket.on('data', say)
  }
}

/** Pieces in a row: a peer that reads at once would keep this process from everything else. */
const IN_A_ROW = 16

/** Writes `piece` for as long as the peer reads, at the peer's speed. */
export function flood(socket: Socket, piece: Buffer | string): void {
  const more = () => {
    for (let written = 0; written < IN_A_ROW; written += 1) if (socket.destroyed || !socket.write(piece)) return
    setImmediate(more)
  }
  socket.on('drain', more)
  more()
}

/** Writes `piece` every so often, for ever. */
export function drip(socket: Socket, piece: Buffer | string, everyMs = 20): void {
  const timer = setInterval(() => socket.write(piece), everyMs)
  socket.on('close', () => clearInterval(timer))
}
