/** What a careful person writes with node:http alone: each event is made once and written to every listener. */
import { createServer, type ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { entry } from './entry.ts'

const listeners = new Set<ServerResponse>()
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.write('retry: 2000\n\n')
  listeners.add(response)
  response.once('close', () => listeners.delete(response))
})

let seq = 0
let timer: NodeJS.Timeout | undefined
/** `rate N`: events per second from now on; 0 ends it. */
createInterface(process.stdin)
  .on('line', (line) => {
    clearInterval(timer)
    start(Number(line.split(' ')[1]))
    process.stdout.write('{}\n')
  })
  .on('close', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`)
})

/** A timer that comes late is followed by as many events as are due. */
function start(rate: number): void {
  if (rate === 0) return
  const beganMs = performance.now()
  let sent = 0
  timer = setInterval(() => {
    for (const due = ((performance.now() - beganMs) * rate) / 1000; sent < due; sent += 1) send()
  }, 1000 / rate)
}

function send(): void {
  const data = entry(seq++)
  const text = `id: ${data.seq}\nevent: ${data.kind}\ndata: ${JSON.stringify(data)}\n\n`
  for (const listener of listeners) listener.write(text)
}
