/**
 * A line to an OPC UA server that changes what comes back: it passes everything on, until it is told to put a frame in
 * the place of the next one, or before it. Without a server it answers the hello with what it is told.
 */
import { createServer, connect as dial, type Socket } from 'node:net'

export type Liar = {
  readonly port: number
  /** What goes out in the place of the next frame of the server. */
  replaceNext(change: (frame: Buffer) => Buffer): void
  close(): Promise<void>
}

export async function startLiar(target: { readonly port: number } | { readonly greeting: Buffer }): Promise<Liar> {
  const sockets = new Set<Socket>()
  let change: ((frame: Buffer) => Buffer) | undefined
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((client) => {
    keep(client)
    if ('greeting' in target) {
      client.once('data', () => client.write(target.greeting))
      return
    }
    const upstream = keep(dial(target.port, '127.0.0.1'))
    client.pipe(upstream)
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
    let received: Buffer = Buffer.alloc(0)
    upstream.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= 8 && received.length >= received.readUInt32LE(4)) {
        const frame = received.subarray(0, received.readUInt32LE(4))
        received = received.subarray(frame.length)
        client.write(change ? change(Buffer.from(frame)) : frame)
        change = undefined
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    replaceNext(next) {
      change = next
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
