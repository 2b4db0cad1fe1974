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
    const rate = Number(line.split(' ')[1])
    clearInterval(timer)
    if (rate > 0) timer = setInterval(send, 1000 / rate)
    process.stdout.write('{}\n')
  })
  .on('close', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`)
})

function send(): void {
  const data = entry(seq++)
  const text = `id: ${data.seq}\nevent: ${data.kind}\ndata: ${JSON.stringify(data)}\n\n`
  for (const listener of listeners) listener.write(text)
}
