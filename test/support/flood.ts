/**
 * Requests at a rate of their own, answered or not, from a process of its own: what a flood is and a load generator
 * that waits for its answers is not. `node test/support/flood.ts <url> <bearer> <rate a second> <seconds>` prints what
 * it sent and what it got, as JSON; with a rate of 0 each connection does wait, which finds out how much can be
 * answered. It ends by itself.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const CONNECTIONS = 50
/** Of those that wait for their answers. */
const WAITING_CONNECTIONS = 8
const TICK_MS = 20
/** A connection that takes no more is passed over; what waits in it is bounded. */
const MOST_WAITING_BYTES = 65_536

export type Flooded = {
  readonly offered: number
  readonly sent: number
  readonly answers: Readonly<Record<string, number>>
}

async function flood(url: URL, bearer: string, rate: number, seconds: number): Promise<Flooded> {
  const request = Buffer.from(
    `GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${bearer}\r\n\r\n`,
  )
  const answers: Record<string, number> = {}
  const sockets: (Socket | undefined)[] = Array.from({ length: CONNECTIONS }, () => undefined)
  const open = (index: number) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) })
    socket.on('data', (bytes) => {
      for (const [, status] of bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        answers[status!] = (answers[status!] ?? 0) + 1
        if (rate === 0) ask(socket)
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets[index] = undefined
    })
    sockets[index] = socket
    return socket
  }
  const ask = (socket: Socket) => {
    offered += 1
    sent += 1
    socket.write(request)
  }
  let offered = 0
  let sent = 0
  const began = performance.now()
  if (rate === 0) {
    for (let index = 0; index < WAITING_CONNECTIONS; index += 1) ask(open(index))
    await pause(seconds * 1000)
  }
  for (let now = 0; rate > 0 && now < seconds * 1000; now = performance.now() - began) {
    for (const due = Math.floor((now * rate) / 1000); offered < due; offered += 1) {
      const index = offered % CONNECTIONS
      const socket = sockets[index] ?? open(index)
      if (socket.writableLength > MOST_WAITING_BYTES) continue
      socket.write(request)
      sent += 1
    }
    await pause(TICK_MS)
  }
  for (const socket of sockets) socket?.destroy()
  return { offered, sent, answers }
}

if (process.argv[1] === import.meta.filename) {
  const [url, bearer, rate, seconds] = process.argv.slice(2) as [string, string, string, string]
  console.log(JSON.stringify(await flood(new URL(url), bearer, Number(rate), Number(seconds))))
}
